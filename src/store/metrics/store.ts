/** The metrics store: opens a data folder and hands out its ports. */
import { join } from 'node:path'
import type { Transferable } from 'node:worker_threads'
import { type Clock, systemClock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { ACCEPTED, type Appender, type SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import type { Queryable, RecyclingQueryable } from '../../model/queryable.ts'
import type { StoreStatus, StoreView } from '../../model/status.ts'
import { type FolderLock, lockFolder } from '../lmdb/lock.ts'
import { systemFiles } from '../log/files.ts'
import { openWriteLog } from '../log/log.ts'
import type { WriteLog } from '../log/writelog.ts'
import { Admission } from './admission.ts'
import { type AnnouncedWindows, Readers, receiveMemory } from './attach.ts'
import { BlockCache } from './blockcache.ts'
import { WindowReader } from './blockreader.ts'
import { type Figures, registerFigures } from './figures.ts'
import { Head, type HeadLimits } from './head.ts'
import { HeadView } from './headview.ts'
import { JOURNAL_BYTES_MAX, Journal } from './journal.ts'
import * as at from './layout.ts'
import { StoreReader } from './reader.ts'
import { Restore } from './restore.ts'
import { Scratch } from './scratch.ts'
import { Sealer } from './seal.ts'
import { countCardinality, countPairs } from './status.ts'
import { Sweep } from './sweep.ts'
import { spanMsMaxOf, Upkeep } from './upkeep.ts'
import { readCounters } from './windowfile.ts'
import { ReadOnlyWindows, Windows } from './windows.ts'

/** How a store behaves; times in ms, sizes in bytes. */
export interface StoreOptions {
  /** The data folder; made when it is missing. */
  readonly path: string
  /** Samples older than this are deleted, whole windows at a time; 0: never. */
  readonly retentionMs: number
  /** Bytes on disk above which the oldest windows are deleted; 0: no bound. */
  readonly retentionSizeBytes: number
  /** How far behind the newest sample others may still come. */
  readonly outOfOrderWindowMs: number
  /** Time between two syncs of the log; 0: before each acknowledgement. */
  readonly syncIntervalMs: number
  /** How far ahead of the clock a sample may be; default 10 minutes. */
  readonly futureMaxMs?: number
  /** Most series in the head; 0: no bound. */
  readonly seriesMax: number
  /** Most series made in one minute; 0: no bound. */
  readonly newSeriesPerMinuteMax: number
  /** Bytes of blocks that each thread that reads keeps unpacked; default CACHE_BYTES_MAX. */
  readonly cacheBytesMax?: number
  /** Free bytes on the disk below which nothing is written. */
  readonly minFreeBytes: number
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** What a worker needs to read the store: the argument of openStoreReader, and what moves with it. */
export interface ReaderAttachment {
  readonly data: unknown
  readonly transfer: Transferable[]
}

/** A running store. */
export interface Store {
  readonly appender: Appender
  readonly queryable: Queryable
  readonly view: StoreView
  /** Takes effect for the samples that come next. */
  setOutOfOrderWindow(windowMs: number): void
  attachReader(): ReaderAttachment
  /** Does at once what is due in the background: seals, deletions, merges. */
  upkeep(): Promise<void>
  /** What is open stays in the log, and comes back with the next start. */
  stop(): Promise<void>
}

/** Newest time ahead of the clock by default. */
const FUTURE_MS_MAX = 600_000

/** Bytes of blocks that one thread keeps by default. */
const CACHE_BYTES_MAX: number = 16 * 1024 * 1024

/** Bytes that gather before the log gets them ahead of a commit. */
const FLUSH_BYTES = 262_144

/**
 * Opens a store.
 *
 * @throws NarthexError `busy` when another process has the folder, `io` when it cannot be used,
 *   `corrupt` when it belongs to a newer version
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path } = options
  try {
    makeFolder(path)
  } catch (error) {
    throw new NarthexError('io', `cannot open data folder ${path}: ${messageOf(error)}`, error)
  }
  const lock = lockFolder(path)
  try {
    const windows = await Windows.open(path, options.log)
    return new MetricsStore(options, lock, windows)
  } catch (error) {
    lock.release()
    throw error
  }
}

class MetricsStore implements Store {
  readonly appender: Appender
  readonly queryable: Queryable
  readonly view: StoreView
  readonly #lock: FolderLock
  readonly #cache: BlockCache
  readonly #limits: HeadLimits
  readonly #futureMaxMs: number
  readonly #head: Head
  readonly #windows: Windows
  readonly #logDamages: number
  readonly #readers: Readers
  readonly #writeLog: WriteLog
  readonly #journal: Journal
  readonly #sealer: Sealer
  readonly #upkeep: Upkeep
  readonly #admission: Admission
  readonly #figures: Figures
  #stopping: Promise<void> | undefined

  constructor(options: StoreOptions, lock: FolderLock, windows: Windows) {
    const { path, clock, log, metrics } = options
    this.#lock = lock
    const limits = { nowMs: 0, timeMsMax: 0, outOfOrderWindowMs: options.outOfOrderWindowMs }
    this.#limits = limits
    this.#futureMaxMs = options.futureMaxMs ?? FUTURE_MS_MAX
    const head = new Head({
      sealFull: (group) => this.#sealer.sealFull(group),
      sealRows: (group) => this.#sealer.sealRows(group),
      sealStrands: (group) => this.#sealer.sealFullStrands(group),
      epoch: () => this.#journal.epoch,
      monotonicMs: () => clock.monotonicMs(),
    })
    this.#head = head
    this.#windows = windows
    for (const { environment } of this.#windows.current()) {
      const counters = readCounters(environment)
      if (counters.blocks > 0) head.noteTimes(counters.minTimeMs, counters.maxTimeMs)
    }
    this.#writeLog = openWriteLog({
      dir: join(path, LOG_DIR),
      files: systemFiles,
      clock,
      log,
      metrics,
      syncIntervalMs: options.syncIntervalMs,
      segmentBytesMax: LOG_SEGMENT_BYTES,
    })
    this.#journal = new Journal(this.#writeLog, head)
    const headView = new HeadView(head.memory)
    const spanMsMax = spanMsMaxOf(options.retentionMs)
    const newestMs = (): number => {
      this.#lookAtClock(clock)
      return head.newestMs(limits)
    }
    this.#sealer = new Sealer(head, headView, this.#journal, this.#windows, spanMsMax, newestMs)
    this.#figures = registerFigures(metrics, () => ({
      head,
      windows: this.#windows,
      sealer: this.#sealer,
      upkeep: this.#upkeep,
      seriesRefused: () => this.#admission.refused,
      readerCount: () => this.#readers.count,
      cacheBytes: () => this.#cache.sizeBytes + this.#readers.cacheBytes(),
      oldestReadMs: () => this.#readers.oldestReadMs(clock.now()),
    }))
    this.#logDamages = restoreHead(head, this.#journal, this.#writeLog, log)
    head.recorder = this.#journal
    const reportDamage = openDamageReport(this.#figures, log)
    const onDamage = (error: Error): void => reportDamage(error.message)
    const cacheBytesMax = options.cacheBytesMax ?? CACHE_BYTES_MAX
    this.#cache = new BlockCache(cacheBytesMax, new Float64Array(1))
    const blocks = new WindowReader(this.#windows, onDamage, this.#cache)
    this.queryable = new StoreReader(
      headView,
      blocks,
      () => {},
      (length) => new Float64Array(length),
    )
    const announced = (): AnnouncedWindows => this.#windows.announced()
    this.#readers = new Readers(head.memory, path, cacheBytesMax, announced, reportDamage)
    this.#windows.onChange = () => {
      this.#readers.announceWindows()
      Atomics.add(head.memory.control, at.CONTROL_SEALS, 1)
    }
    const sweep = new Sweep(head, (kind, number) => {
      this.#journal.forget(kind, number)
      if (kind !== 'column') this.#sealer.forget(kind, number)
    })
    this.#upkeep = new Upkeep(options, {
      head,
      journal: this.#journal,
      writeLog: this.#writeLog,
      windows: this.#windows,
      sealer: this.#sealer,
      sweep,
      newestMs,
      onDamage,
    })
    this.#admission = new Admission(options, () => head.seriesCount)
    this.appender = this.#openAppender(options)
    this.view = {
      status: () => this.#status(),
      cardinality: (limit) => countCardinality(head.index.view, limit),
    }
  }

  setOutOfOrderWindow(windowMs: number): void {
    this.#limits.outOfOrderWindowMs = windowMs
  }

  attachReader(): ReaderAttachment {
    return this.#readers.attach()
  }

  upkeep(): Promise<void> {
    return this.#upkeep.run()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.#upkeep.stop()
    this.#readers.stop()
    if (this.#writeLog.failure === '') this.#journal.flush()
    try {
      await this.#writeLog.stop()
    } finally {
      await this.#windows.close()
      this.#lock.release()
    }
  }

  /** It may have jumped since it was asked last. */
  #lookAtClock(clock: Clock): void {
    this.#limits.nowMs = clock.now()
    this.#limits.timeMsMax = this.#limits.nowMs + this.#futureMaxMs
  }

  #openAppender(options: StoreOptions): Appender {
    const head = this.#head
    const limits = this.#limits
    const journal = this.#journal
    const log = this.#writeLog
    const outcomeCells = this.#figures.outcomes
    const admit = (): void => this.#admission.admit()
    const lookAtClock = (): void => this.#lookAtClock(options.clock)
    const checkWritable = (): void => {
      if (this.#stopping !== undefined) {
        throw new NarthexError('busy', 'cannot append: the store is stopping')
      }
      const reason = log.failure === '' ? this.#upkeep.readOnlyReason : log.failure
      if (reason !== '') throw new NarthexError('busy', `cannot append: ${reason}`)
      if (journal.waitingBytes > JOURNAL_BYTES_MAX) {
        throw new NarthexError('busy', 'cannot append: too much waits for the log')
      }
    }
    return {
      series: (labels: Labels): SeriesId => head.columns.idOf(head.column(labels, admit)),
      append(timeMs, ids, values, count, outcomes) {
        checkWritable()
        lookAtClock()
        const accepted = head.append(timeMs, ids, values, count, outcomes, limits)
        outcomeCells[ACCEPTED].inc(accepted)
        for (let i = 0; accepted < count && i < count; i++) {
          if (outcomes[i] !== ACCEPTED) outcomeCells[outcomes[i]].inc()
        }
        if (journal.waitingBytes >= FLUSH_BYTES) flushAhead(journal)
        return accepted
      },
      async commit() {
        journal.flush()
        await log.commit()
        return undefined
      },
    }
  }

  #status(): StoreStatus {
    const head = this.#head
    return {
      headSeries: head.seriesCount,
      headLabelPairs: countPairs(head.index.view),
      headChunks: head.slabs.used,
      minTimeMs: head.minTimeMs === Infinity ? 0 : head.minTimeMs,
      maxTimeMs: head.maxTimeMs === -Infinity ? 0 : head.maxTimeMs,
      blockCount: this.#windows.current().length,
      diskBytes: this.#windows.sizeBytes() + this.#writeLog.sizeBytes,
      damageCount: this.#logDamages + this.#windows.quarantinedCount + this.#figures.damages.value,
      readOnlyReason: this.#upkeep.readOnlyReason,
    }
  }
}

/** Hands rows to the log ahead of their commit. */
function flushAhead(journal: Journal): void {
  try {
    journal.flush()
  } catch (error) {
    // The rows stay in the journal, and the commit that covers them meets the same error.
    if (!(error instanceof NarthexError) || error.kind !== 'busy') throw error
  }
}

/** Damaged blocks that are told in the log one by one; the counter has all. */
const DAMAGES_TOLD_MAX = 1000

/** Counts every read of a damaged block; each query meets it anew, the log tells it once. */
function openDamageReport(figures: Figures, log: Log): (reason: string) => void {
  const told = new Set<string>()
  return (reason) => {
    figures.damages.inc()
    if (told.has(reason) || told.size >= DAMAGES_TOLD_MAX) return
    told.add(reason)
    log.error('a block is damaged and was left out', { reason })
  }
}

/** A segment of the log; what is sealed goes a segment at a time. */
const LOG_SEGMENT_BYTES = 8 * 1024 * 1024

/** Folder of the log in the data folder. */
const LOG_DIR = 'wal'

/** @returns how many damaged places the log had */
function restoreHead(head: Head, journal: Journal, writeLog: WriteLog, log: Log): number {
  const restore = new Restore(head, journal)
  const replay = writeLog.replay(0, (_, payload) => restore.apply(payload))
  const { cells, orphans, damaged } = restore.finish()
  journal.startEpoch()
  if (replay.damages + damaged + orphans > 0) {
    log.warn('the log was damaged; what could be read is back', {
      damages: replay.damages + damaged,
      damagedBytes: replay.damagedBytes,
      lostCells: orphans,
    })
  }
  if (cells > 0) log.info('head restored from the log', { cells, series: head.seriesCount })
  return replay.damages + damaged
}

/** A reader in another thread. */
export interface StoreReaderHandle extends RecyclingQueryable {
  close(): void
}

/** Opens what attachReader handed over, in the thread that got it. */
export function openStoreReader(data: unknown): StoreReaderHandle {
  const received = receiveMemory(data)
  const windows = new ReadOnlyWindows(received.path, received.windows)
  const { memory } = received
  const cache = new BlockCache(received.cacheBytesMax, received.cacheBytes)
  const scratch = new Scratch()
  const onDamage = (error: Error): void => received.reportDamage(error.message)
  const blocks = new WindowReader(windows, onDamage, cache)
  const beginRead = (): void => {
    memory.poll()
    received.noteRead(systemClock.now())
  }
  const reader = new StoreReader(new HeadView(memory), blocks, beginRead, (length) =>
    scratch.take(length),
  )
  return Object.assign(reader, {
    recycle: () => scratch.reset(),
    close() {
      received.close()
      windows.close()
    },
  })
}
