/** Buffers of records between `append` and the disk, kept until a sync has covered them. */
import { Cursor } from '../../base/bytes.ts'

/** A buffer holds so many bytes, or one larger record. */
const BATCH_BYTES: number = 256 * 1024

/** Buffers kept for the next batches. */
const SPARE_MAX = 16

/**
 * Records side by side, as they go to the disk: first those that are synced, then those that are
 * written, then those that wait. All three ends lie between records.
 */
export interface Batch {
  /** Behind the last record. */
  readonly cursor: Cursor
  lastSequence: number
  writtenBytes: number
  syncedBytes: number
}

/** Batches from the oldest to the one being filled. */
export class BatchQueue {
  readonly #spare: Uint8Array[] = []
  readonly #batches: Batch[] = []

  /** The batch that has room for a record, a new one where the last has none. */
  withRoom(recordBytes: number): Batch {
    const newest = this.#batches.at(-1)
    if (newest !== undefined && newest.cursor.end - newest.cursor.at >= recordBytes) return newest
    const bytes =
      recordBytes > BATCH_BYTES
        ? new Uint8Array(recordBytes)
        : (this.#spare.pop() ?? new Uint8Array(BATCH_BYTES))
    const batch = { cursor: new Cursor(bytes), lastSequence: 0, writtenBytes: 0, syncedBytes: 0 }
    this.#batches.push(batch)
    return batch
  }

  /** The oldest batch with something to write. */
  unwritten(): Batch | undefined {
    return this.#batches.find((batch) => batch.writtenBytes < batch.cursor.at)
  }

  /** How far each batch is written now. */
  marks(): number[] {
    return this.#batches.map((batch) => batch.writtenBytes)
  }

  /**
   * What was written at `marks` is synced: batches with nothing else are free.
   *
   * @returns how many bytes became synced
   */
  synced(marks: readonly number[]): number {
    let sizeBytes = 0
    for (let i = 0; i < marks.length; i++) {
      sizeBytes += marks[i] - this.#batches[i].syncedBytes
      this.#batches[i].syncedBytes = marks[i]
    }
    while (this.#batches.length > 0 && isDone(this.#batches[0])) this.#free(this.#batches.shift())
    return sizeBytes
  }

  /** What is not synced counts as not written. */
  rewind(): void {
    for (const batch of this.#batches) batch.writtenBytes = batch.syncedBytes
  }

  #free(batch: Batch | undefined): void {
    if (batch?.cursor.bytes.length === BATCH_BYTES && this.#spare.length < SPARE_MAX) {
      this.#spare.push(batch.cursor.bytes)
    }
  }
}

function isDone(batch: Batch): boolean {
  return batch.syncedBytes === batch.cursor.at
}
