/** One LMDB environment: the only place that knows lmdb's traps. */
import type { Clock } from '../../base/clock.ts'

export interface EnvironmentOptions {
  /** The data file; its lock file lies beside it as `<path>-lock`. */
  readonly path: string
  readonly clock: Clock
  /** Opens an existing environment for reading only: workers, old windows. */
  readonly readOnly?: boolean
  /** Most named tables. */
  readonly tablesMax?: number
}

/** Bytes of a value that fill whole pages, overhead and checksum taken off: sizes worth aiming at. */
export declare function valueBytesOfPages(pages: number): number

/** Keys are raw bytes, compared byte by byte; at most 511. */
export type Key = Uint8Array

/** A named table. Every value carries a CRC that each read checks. */
export interface Table {
  /** A copy of the value; undefined when there is none. @throws NarthexError `corrupt` */
  get(key: Key): Uint8Array | undefined
  /**
   * Hands the value to `use` without copying; the bytes are valid during the call only, and no
   * other read may happen inside it.
   *
   * @returns what `use` returns; undefined when there is no value
   */
  view<T>(key: Key, use: (value: Uint8Array) => T): T | undefined
  has(key: Key): boolean
  /** Keys in [from, to), rising; undefined: no bound. Own copies. */
  keys(from: Key | undefined, to: Key | undefined): Iterable<Key>
  count(): number
}

/** A table inside Environment.write. */
export interface TableWriter extends Table {
  put(key: Key, value: Uint8Array): void
  remove(key: Key): boolean
}

/** A fixed state of all tables. Short-lived: it pins pages. */
export interface Snapshot {
  table(name: string): Table
  close(): void
}

export interface Environment {
  readonly path: string
  /** The newest committed state, read per event-loop turn. */
  table(name: string): Table
  /**
   * Runs one synced transaction; an exception rolls it back and passes through.
   *
   * @param change must not be async (checked); its table writers end with it
   * @throws NarthexError `busy` when the disk is full or fails; nothing was written
   */
  write(change: (table: (name: string) => TableWriter) => void): void
  /** Opens a fixed state; close it within a query's time-out. */
  snapshot(): Snapshot
  /** Drops the cached read state, so that the next read sees the newest commit of any process. */
  renew(): void
  /** Age of the oldest open snapshot in ms; 0 without one. */
  oldestSnapshotMs(): number
  /** Bytes of the data file. */
  sizeBytes(): number
  close(): Promise<void>
}

/** @throws NarthexError `io` when it cannot be opened, `corrupt` when it is no environment */
export declare function openEnvironment(options: EnvironmentOptions): Environment
