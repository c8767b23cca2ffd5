/** Buffers of records between `append` and the disk. */
import { Cursor } from '../../base/bytes.ts'

/** A buffer holds so many bytes, or one larger record. */
export const BATCH_BYTES: number = 256 * 1024

/** Buffers kept for the next batches. */
const SPARE_MAX = 16

/** Records side by side, as they go to the disk. */
export interface Batch {
  /** Behind the last record. */
  readonly cursor: Cursor
  firstSequence: number
  lastSequence: number
  /** Takes no further record: it is being written, or was. */
  sealed: boolean
}

/** Hands out batches and takes their buffers back. */
export class BatchPool {
  readonly #spare: Uint8Array[] = []

  take(sequence: number, recordBytes: number): Batch {
    const bytes =
      recordBytes > BATCH_BYTES
        ? new Uint8Array(recordBytes)
        : (this.#spare.pop() ?? new Uint8Array(BATCH_BYTES))
    return {
      cursor: new Cursor(bytes),
      firstSequence: sequence,
      lastSequence: sequence,
      sealed: false,
    }
  }

  give(batch: Batch): void {
    if (batch.cursor.bytes.length === BATCH_BYTES && this.#spare.length < SPARE_MAX) {
      this.#spare.push(batch.cursor.bytes)
    }
  }
}
