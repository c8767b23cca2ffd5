/** The writer of `type: file`: JSON lines in rotated files. */
import { messageOf } from '../../base/error.ts'
import type { FileDestination } from '../../config/destinations/file.ts'
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import {
  type OpenWriter,
  type SeriesView,
  WRITTEN,
  type WriteResult,
  type Writer,
} from '../writer.ts'
import { LineWriter } from './lines.ts'
import { RotatedFile } from './rotation.ts'

/** Opens writers of a file; the file itself is opened by the first write. */
export function openFile(config: FileDestination): OpenWriter {
  return (view) => new FileWriter(config, view)
}

class FileWriter implements Writer {
  readonly takesExemplars = true
  readonly #lines: LineWriter
  readonly #file: RotatedFile
  /** Writes follow each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(config: FileDestination, view: SeriesView) {
    this.#lines = new LineWriter(view)
    this.#file = new RotatedFile(config)
  }

  write(parcels: readonly Parcel[]): Promise<WriteResult> {
    const bytes = Buffer.from(this.#lines.write(parcels))
    const result = this.#last.then(() => this.#append(bytes))
    this.#last = result
    return result
  }

  forget(ids: readonly SeriesId[]): void {
    this.#lines.forget(ids)
  }

  async close(): Promise<void> {
    await this.#last
    await this.#file.close()
  }

  async #append(bytes: Uint8Array): Promise<WriteResult> {
    try {
      await this.#file.append(bytes)
      return WRITTEN
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      return {
        outcome: 'retry',
        reason: isFull ? 'disk_full' : 'file',
        message: messageOf(error),
        afterMs: 0,
      }
    }
  }
}
