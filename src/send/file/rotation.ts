/** A file of lines that makes room for the next when it is large; older ones have numbers. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'

/** How much is read at once when the last whole line is looked for. */
const TAIL_BYTES = 65_536
const NEWLINE = 0x0a

export interface RotationOptions {
  readonly path: string
  /** A file with more is not written to any more. */
  readonly fileSizeBytesMax: number
  /** Older files that are kept: `path.1` is the newest of them. */
  readonly filesMax: number
}

/** Appends whole lines. One call at a time. */
export class RotatedFile {
  readonly #options: RotationOptions
  #handle: FileHandle | undefined
  /** What is acknowledged of the file; 0 also while that is not known. */
  #sizeBytes = 0

  constructor(options: RotationOptions) {
    this.#options = options
  }

  /**
   * Appends lines; all of them, or none when it throws.
   *
   * @throws what the file system says
   */
  async append(lines: Uint8Array): Promise<void> {
    const { fileSizeBytesMax } = this.#options
    this.#handle ??= await this.#open()
    if (this.#sizeBytes > 0 && this.#sizeBytes + lines.length > fileSizeBytesMax) {
      await this.#rotate()
      this.#handle = await this.#open()
    }
    const handle = this.#handle
    try {
      let written = 0
      while (written < lines.length) {
        const at = this.#sizeBytes + written
        const { bytesWritten } = await handle.write(lines, written, lines.length - written, at)
        written += bytesWritten
      }
      this.#sizeBytes += lines.length
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  /** What was not acknowledged is cut off: a failed write, or what a crash left of a line. */
  async #open(): Promise<FileHandle> {
    const { path: file } = this.#options
    await mkdir(path.dirname(file), { recursive: true })
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o640)
    try {
      const { size } = await handle.stat()
      this.#sizeBytes = Math.min(this.#sizeBytes, size) || (await endOfLines(handle, size))
      if (this.#sizeBytes < size) await handle.truncate(this.#sizeBytes)
    } catch (error) {
      await handle.close()
      throw error
    }
    return handle
  }

  async #rotate(): Promise<void> {
    const { path: file, filesMax } = this.#options
    await this.close()
    this.#sizeBytes = 0
    if (filesMax === 0) {
      await rm(file, { force: true })
      return
    }
    for (let number = filesMax; number > 1; number--) {
      await renameIfThere(`${file}.${number - 1}`, `${file}.${number}`)
    }
    await renameIfThere(file, `${file}.1`)
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

/** One past the last newline. */
async function endOfLines(handle: FileHandle, sizeBytes: number): Promise<number> {
  const tail = new Uint8Array(TAIL_BYTES)
  let end = sizeBytes
  while (end > 0) {
    const from = Math.max(0, end - TAIL_BYTES)
    const { bytesRead } = await handle.read(tail, 0, end - from, from)
    const at = tail.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    if (at >= 0) return from + at + 1
    end = from
  }
  return 0
}
