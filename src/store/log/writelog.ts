/** What the store asks of its log: what is in it is acknowledged. */
import type { ReplayReport } from './replay.ts'

/** An open log. Order of use: openWriteLog, replay once, then append and commit. */
export interface WriteLog {
  /**
   * Hands every whole record with a sequence >= `fromSequence` to `each`, in rising order, each
   * once. A gap in the sequence means lost records. New records get sequences above all of these
   * and not below `fromSequence`.
   *
   * @param each payload is valid during the call only
   * @throws NarthexError `corrupt` for a segment of a newer version
   */
  replay(fromSequence: number, each: (sequence: number, payload: Uint8Array) => void): ReplayReport

  /**
   * Adds a record to what the next write takes along; payload[from, to) is copied.
   *
   * @returns its sequence, one above the last
   * @throws NarthexError `busy` while the log cannot be written or too much is waiting; then
   *   nothing was added
   */
  append(payload: Uint8Array, from: number, to: number): number

  /**
   * Resolves when every record appended before the call is written (and synced, when the sync
   * interval is 0). Callers that wait share one write.
   *
   * @throws NarthexError `busy` when the write failed. The records stay and are written first when
   *   the disk works again, so a later commit covers them, too.
   */
  commit(): Promise<void>

  /** Removes segments whose records all lie below `sequence`. */
  dropBelow(sequence: number): void

  /** Sequence that the next record gets. */
  readonly nextSequence: number
  /** Bytes of all segments. */
  readonly sizeBytes: number
  /** '' or why nothing can be written. */
  readonly failure: string

  /** Writes and syncs what waits, then closes. Appending afterwards throws `busy`. */
  stop(): Promise<void>
}
