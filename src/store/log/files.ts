/** The few file operations of the log, so that tests hand in disks that fail. */
import fs from 'node:fs'

/** One file open for appending. */
export interface AppendFile {
  /** Writes at the end; resolves with the bytes taken, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>
  /** The same at once, for few bytes: handing them to another thread costs more than writing them. */
  writeNow(bytes: Uint8Array): number
  /** Makes what was written survive a power cut (fdatasync). */
  sync(): Promise<void>
  close(): void
}

/** Errors are those of node:fs. Paths are absolute. */
export interface FileSystem {
  /** Makes a folder and the ones above it; fine when it is there. */
  makeDir(path: string): void
  /** Names in a folder. */
  list(dir: string): string[]
  /** The whole file. */
  read(path: string): Uint8Array
  /** Size in bytes. */
  size(path: string): number
  /** Writes a whole file, over an older one of that name. */
  write(path: string, bytes: Uint8Array): void
  /** Makes a new file, open for appending; fails when the name is taken. */
  create(path: string): AppendFile
  remove(path: string): void
  /** Makes names made or removed in a folder survive a power cut. */
  syncDir(dir: string): Promise<void>
}

/** The real disk. */
export const systemFiles: FileSystem = {
  makeDir: (path) => {
    fs.mkdirSync(path, { recursive: true })
  },
  list: (dir) => fs.readdirSync(dir),
  read: (path) => fs.readFileSync(path),
  size: (path) => fs.statSync(path).size,
  write: (path, bytes) => fs.writeFileSync(path, bytes),
  create: (path) => openAppendFile(fs.openSync(path, 'ax')),
  remove: (path) => fs.unlinkSync(path),
  syncDir: syncFolder,
}

function openAppendFile(descriptor: number): AppendFile {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        fs.write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
          if (error === null) resolve(written)
          else reject(error)
        })
      }),
    writeNow: (bytes) => fs.writeSync(descriptor, bytes),
    sync: () => settle((done) => fs.fdatasync(descriptor, done)),
    close: () => fs.closeSync(descriptor),
  }
}

async function syncFolder(dir: string): Promise<void> {
  const descriptor = fs.openSync(dir, 'r')
  try {
    await settle((done) => fs.fsync(descriptor, done))
  } finally {
    fs.closeSync(descriptor)
  }
}

function settle(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
