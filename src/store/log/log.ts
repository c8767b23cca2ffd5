/** The append-only log of the store: what is in it is acknowledged. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock, Timer } from '../../base/clock.ts'
import { assert, messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { BatchQueue } from './batch.ts'
import { type LogFigures, registerLogFigures } from './figures.ts'
import type { AppendFile, FileSystem } from './files.ts'
import { type ReplayReport, replaySegments } from './replay.ts'
import {
  encodeSegmentHeader,
  formatSegmentName,
  parseSegmentName,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
  writeRecord,
} from './segment.ts'
import { SegmentList } from './segments.ts'
import type { WriteLog } from './writelog.ts'

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

/** A segment is closed past this size, by default. */
const SEGMENT_BYTES_MAX: number = 32 * 1024 * 1024

/** Bytes that wait for a write or a sync, by default. */
export const PENDING_BYTES_MAX: number = 64 * 1024 * 1024

/** So many bytes without a sync start one before the interval is over. */
const UNSYNCED_BYTES_MAX = 8 * 1024 * 1024

/**
 * So few bytes are written by the main thread itself (0.4 of the CPU of handing them over), unless
 * a sync is under way: a write to the same file would wait for it.
 */
const WRITE_NOW_BYTES_MAX = 128 * 1024

/** After a write of its own that took longer, the main thread leaves them to others for a while. */
const WRITE_NOW_MS_MAX = 5
const PATIENT_MS = 10_000

/** How long a log that failed waits before it tries a new segment. */
export const RETRY_MS = 1000

/**
 * Opens the log of a folder; reads names only.
 *
 * @throws NarthexError `io` when the folder cannot be made or listed
 */
export function openWriteLog(options: WriteLogOptions): WriteLog {
  try {
    options.files.makeDir(options.dir)
    const names = options.files
      .list(options.dir)
      .map(parseSegmentName)
      .filter((name) => name !== undefined)
      .sort((a, b) => a.number - b.number)
    return new AppendLog(options, names)
  } catch (error) {
    throw new NarthexError('io', `cannot open log ${options.dir}: ${messageOf(error)}`, error)
  }
}

/**
 * A record stays in memory until a sync has covered it. After a failure everything that is not
 * synced is written again, to a new segment: nothing is ever appended behind a short write, and a
 * sync that failed counts for nothing.
 */
class AppendLog implements WriteLog {
  readonly #options: WriteLogOptions
  readonly #names: readonly SegmentName[]
  readonly #figures: LogFigures
  readonly #batches = new BatchQueue()
  readonly #salt: number = randomBytes(4).readUInt32LE(0)
  readonly #segments: SegmentList
  #nextNumber: number
  #replayed = false
  #stopped = false

  nextSequence = 1
  failure = ''
  pendingBytes = 0

  /** Last sequences that the write under way will have written, that are written, and synced. */
  #claimedSequence = 0
  #writtenSequence = 0
  #syncedSequence = 0
  #unsyncedBytes = 0

  /** The last of #segments while it is open. */
  #file: AppendFile | undefined
  #writing: Promise<number> | undefined
  /** Until then the disk counts as slow. */
  #patientUntilMs = 0
  #syncing: Promise<void> | undefined
  /** A failed file is closed only after its last operation has come back. */
  #closing: Promise<unknown> | undefined
  #pumping: Promise<void> | undefined
  #retrying: Promise<void> | undefined
  #syncTimer: Timer | undefined
  #retryTimer: Timer | undefined

  /** Who waits for the write under way, and for the one after it. */
  #current: PromiseWithResolvers<void> | undefined
  #next: PromiseWithResolvers<void> | undefined

  constructor(options: WriteLogOptions, names: readonly SegmentName[]) {
    this.#options = options
    this.#names = names
    this.#segments = new SegmentList(options.files, options.dir, options.log)
    this.#nextNumber = names.length === 0 ? 1 : names[names.length - 1].number + 1
    this.#figures = registerLogFigures(options.metrics, this)
  }

  replay(
    fromSequence: number,
    each: (sequence: number, payload: Uint8Array) => void,
  ): ReplayReport {
    assert(!this.#replayed, 'one replay')
    const { files, dir, log } = this.#options
    const result = replaySegments(files, dir, this.#names, fromSequence, each, log)
    this.#replayed = true
    this.nextSequence = Math.max(1, fromSequence, result.lastSequence + 1)
    for (const segment of result.segments) {
      this.nextSequence = Math.max(this.nextSequence, segment.name.firstSequence)
      if (segment.empty && this.#segments.removeFile(segment.name)) continue
      this.#segments.add({ ...segment })
    }
    const last = this.#segments.newest
    if (last !== undefined) last.lastSequence = this.nextSequence - 1
    this.#writtenSequence = this.nextSequence - 1
    this.#syncedSequence = this.#writtenSequence
    this.#figures.damages.inc(result.report.damages)
    return result.report
  }

  append(payload: Uint8Array, from: number, to: number): number {
    assert(this.#replayed, 'a replay before the first record')
    assert(to - from <= RECORD_BYTES_MAX, 'a record of at most 64 MiB')
    if (this.#stopped) throw busy('it is stopped')
    if (this.failure !== '') throw busy(this.failure)
    const recordBytes = RECORD_HEADER_BYTES + to - from
    const pendingBytesMax = this.#options.pendingBytesMax ?? PENDING_BYTES_MAX
    if (this.pendingBytes + recordBytes > pendingBytesMax) {
      throw busy(`${this.pendingBytes} bytes wait for the disk, at most ${pendingBytesMax}`)
    }
    const sequence = this.nextSequence++
    const batch = this.#batches.withRoom(recordBytes)
    writeRecord(batch.cursor, this.#salt, sequence, payload.subarray(from, to))
    batch.lastSequence = sequence
    this.pendingBytes += recordBytes
    this.#figures.records.inc()
    this.#figures.bytes.inc(recordBytes)
    return sequence
  }

  commit(): Promise<void> {
    if (this.failure !== '') return Promise.reject(busy(this.failure))
    const lastSequence = this.nextSequence - 1
    if (this.#current === undefined) {
      if (lastSequence === this.#writtenSequence) return Promise.resolve()
    } else if (lastSequence <= this.#claimedSequence) {
      return this.#current.promise
    }
    this.#next ??= Promise.withResolvers()
    const { promise } = this.#next
    this.#pumping ??= this.#pump()
    return promise
  }

  dropBelow(sequence: number): void {
    this.#segments.dropBelow(sequence, this.#file !== undefined)
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#syncTimer?.cancel()
    this.#retryTimer?.cancel()
    if (this.failure === '') {
      // What could not be written is tried once more below.
      await this.commit().catch(() => {})
    }
    if (this.failure === '') await this.#sync().catch((error) => this.#fail(error))
    if (this.failure !== '') await this.#retry()
    await this.#closing
    this.#file?.close()
    this.#file = undefined
    if (this.failure !== '') throw busy(this.failure)
  }

  /** Writes as long as somebody waits; what arrives during one write shares the next. */
  async #pump(): Promise<void> {
    while (this.#next !== undefined && this.failure === '') {
      // Whoever comes in this turn of the event loop shares the write.
      await new Promise(setImmediate)
      if (this.#next === undefined) break
      this.#current = this.#next
      this.#next = undefined
      try {
        await this.#writeWaiting()
        if (this.#options.syncIntervalMs === 0) await this.#sync()
        else this.#scheduleSync()
        this.#current?.resolve()
        this.#current = undefined
      } catch (error) {
        this.#fail(error)
      }
    }
    this.#pumping = undefined
  }

  /** Writes what waits now, not what arrives meanwhile. */
  async #writeWaiting(): Promise<void> {
    const lastSequence = this.nextSequence - 1
    const segmentBytesMax = this.#options.segmentBytesMax ?? SEGMENT_BYTES_MAX
    this.#claimedSequence = lastSequence
    while (this.#writtenSequence < lastSequence) {
      if (this.#file === undefined) await this.#openSegment()
      const segment = this.#segments.newest
      const batch = this.#batches.unwritten()
      assert(segment !== undefined && batch !== undefined, 'a segment, and something to write')
      // More may be appended behind it while it is written.
      const { lastSequence: batchSequence, writtenBytes: from } = batch
      const to = batch.cursor.at
      await this.#write(batch.cursor.bytes.subarray(from, to))
      batch.writtenBytes = to
      this.#writtenSequence = batchSequence
      this.#unsyncedBytes += to - from
      segment.sizeBytes += to - from
      segment.lastSequence = batchSequence
      this.#figures.writes.inc()
      if (segment.sizeBytes > segmentBytesMax) await this.#closeSegment()
    }
  }

  /** Appends to the open file; anything but all of the bytes is a failure. */
  async #write(bytes: Uint8Array): Promise<void> {
    const file = this.#file
    assert(file !== undefined, 'an open segment')
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    const now =
      bytes.length <= WRITE_NOW_BYTES_MAX &&
      this.#syncing === undefined &&
      startMs >= this.#patientUntilMs
    let written: number
    if (now) {
      written = file.writeNow(bytes)
      if (clock.monotonicMs() - startMs > WRITE_NOW_MS_MAX) {
        this.#patientUntilMs = startMs + PATIENT_MS
      }
    } else {
      this.#writing = file.write(bytes)
      written = await this.#writing
      this.#checkOpen(file)
    }
    if (written !== bytes.length) {
      throw new NarthexError('io', `cannot write log: ${written} of ${bytes.length} bytes taken`)
    }
  }

  async #openSegment(): Promise<void> {
    const { files, dir } = this.#options
    const firstSequence = this.#writtenSequence + 1
    const name = parseSegmentName(formatSegmentName(this.#nextNumber++, firstSequence, this.#salt))
    assert(name !== undefined, 'a name that reads back')
    const file = files.create(join(dir, name.name))
    this.#file = file
    this.#segments.addNew(name)
    await this.#write(encodeSegmentHeader())
    await files.syncDir(dir)
    this.#checkOpen(file)
  }

  async #closeSegment(): Promise<void> {
    await this.#sync()
    this.#file?.close()
    this.#file = undefined
  }

  /** Syncs everything written before the call. */
  async #sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing
    const file = this.#file
    const covered = this.#writtenSequence
    if (file === undefined || covered === this.#syncedSequence) return
    const marks = this.#batches.marks()
    const startMs = this.#options.clock.monotonicMs()
    this.#syncing = file.sync()
    try {
      await this.#syncing
    } finally {
      this.#syncing = undefined
    }
    this.#checkOpen(file)
    this.#figures.syncSeconds.observe((this.#options.clock.monotonicMs() - startMs) / 1000)
    const sizeBytes = this.#batches.synced(marks)
    this.#syncedSequence = covered
    this.#unsyncedBytes -= sizeBytes
    this.pendingBytes -= sizeBytes
  }

  #scheduleSync(): void {
    if (this.#syncedSequence === this.#writtenSequence || this.#stopped) return
    if (this.#unsyncedBytes > UNSYNCED_BYTES_MAX) {
      if (this.#syncing === undefined) this.#syncAside()
      return
    }
    this.#syncTimer ??= this.#options.clock.after(this.#options.syncIntervalMs, () => {
      this.#syncTimer = undefined
      this.#syncAside()
    })
  }

  #syncAside(): void {
    this.#sync().then(
      () => this.#scheduleSync(),
      (error) => this.#fail(error),
    )
  }

  /** Somebody else may have found the file broken while we waited for it. */
  #checkOpen(file: AppendFile): void {
    if (this.#file !== file) throw new NarthexError('busy', 'the segment has failed meanwhile')
  }

  #fail(error: unknown): void {
    if (this.failure !== '') return
    this.failure = messageOf(error)
    this.#figures.failures.inc()
    this.#options.log.error('cannot write log; nothing is taken until it works again', {
      error: this.failure,
    })
    this.#abandon()
    this.#current?.reject(busy(this.failure))
    this.#next?.reject(busy(this.failure))
    this.#current = undefined
    this.#next = undefined
    this.#scheduleRetry()
  }

  /** Leaves the file for good; what it may not hold safely waits for the next one. */
  #abandon(): void {
    const file = this.#file
    this.#file = undefined
    this.#syncTimer?.cancel()
    this.#syncTimer = undefined
    this.#batches.rewind()
    this.#writtenSequence = this.#syncedSequence
    this.#unsyncedBytes = 0
    const segment = this.#segments.newest
    if (file === undefined || segment === undefined) return
    this.#closing = Promise.allSettled([this.#writing, this.#syncing]).then(() => {
      try {
        file.close()
      } catch (error) {
        this.#options.log.warn('cannot close a log segment that failed', {
          error: messageOf(error),
        })
      }
      if (segment.sizeBytes === SEGMENT_HEADER_BYTES) this.#segments.remove(segment)
    })
  }

  #scheduleRetry(): void {
    if (this.#stopped) return
    this.#retryTimer = this.#options.clock.after(RETRY_MS, () => void this.#retry())
  }

  #retry(): Promise<void> {
    this.#retrying ??= this.#recover().finally(() => {
      this.#retrying = undefined
    })
    return this.#retrying
  }

  /** Writes all that waits into a new segment and syncs it; then the log takes records again. */
  async #recover(): Promise<void> {
    try {
      await this.#closing
      await this.#openSegment()
      await this.#writeWaiting()
      await this.#sync()
      this.failure = ''
      this.#options.log.info('the log can be written again')
    } catch (error) {
      this.failure = messageOf(error)
      this.#abandon()
      this.#scheduleRetry()
    }
  }
}

function busy(reason: string): NarthexError {
  return new NarthexError('busy', `cannot write log: ${reason}`)
}
