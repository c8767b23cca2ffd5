/** The few file operations of the log, so that tests hand in disks that fail. */

/** One file open for appending. */
export interface AppendFile {
  /** Writes at the end; resolves with the bytes taken, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>
  /** Makes what was written survive a power cut (fdatasync). */
  sync(): Promise<void>
  close(): void
}

/** Errors are those of node:fs. Paths are absolute. */
export interface FileSystem {
  makeDir(path: string): void
  /** Names in a folder. */
  list(dir: string): string[]
  /** The whole file. */
  read(path: string): Uint8Array
  /** Size in bytes. */
  size(path: string): number
  /** Makes a new file, open for appending; fails when the name is taken. */
  create(path: string): AppendFile
  remove(path: string): void
  /** Makes names made or removed in a folder survive a power cut. */
  syncDir(dir: string): Promise<void>
}
