/** The append-only log of the store: what is in it is acknowledged. */
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { FileSystem } from './files.ts'

export interface WriteLogOptions {
  /** Folder of the segments; made when it is missing. */
  readonly dir: string
  readonly files: FileSystem
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** ms between fdatasync calls; 0: before each commit resolves (--storage.wal.sync-interval). */
  readonly syncIntervalMs: number
  /** A segment is closed when it has grown past this. */
  readonly segmentBytesMax?: number
  /** Most bytes that wait to be written or synced; `append` throws `busy` over it. */
  readonly pendingBytesMax?: number
}

/** What a replay found. */
export interface ReplayReport {
  /** Records handed to the callback. */
  readonly records: number
  /** Places where bytes were skipped. */
  readonly damages: number
  /** Bytes skipped as damage; they are copied to `quarantine/`. */
  readonly damagedBytes: number
  /** Bytes of an unfinished record at the end of a segment. */
  readonly tornBytes: number
}

/** An open log. Order of use: openWriteLog, replay once, then append and commit. */
export interface WriteLog {
  /**
   * Hands every whole record with a sequence >= `fromSequence` to `each`, in rising order, each
   * once. A gap in the sequence means lost records. New records get sequences above all of these
   * and not below `fromSequence`.
   *
   * @param each payload is valid during the call only
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
  /** Lowest sequence that may still lie in a segment; nextSequence when none does. */
  readonly oldestSequence: number
  /** Bytes of all segments. */
  readonly sizeBytes: number
  /** '' or why nothing can be written. */
  readonly failure: string

  /** Writes and syncs what waits, then closes. Appending afterwards throws `busy`. */
  stop(): Promise<void>
}

/** Opens the log of a folder; reads names only. @throws NarthexError `io`, `corrupt` for a newer version */
export declare function openWriteLog(options: WriteLogOptions): WriteLog
