/** The metrics store: opens a data folder and hands out its ports. */

import { join } from 'node:path'
import type { Transferable } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { Appender, SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import type { Queryable } from '../../model/queryable.ts'
import type { StoreView } from '../../model/status.ts'
import { systemFiles } from '../log/files.ts'
import { openWriteLog, type WriteLog } from '../log/log.ts'
import { Admission } from './admission.ts'
import { type ReaderData, Readers, receiveMemory } from './attach.ts'
import { Head, type HeadLimits } from './head.ts'
import { HeadView } from './headview.ts'
import { Journal } from './journal.ts'
import { type BlockReader, StoreReader } from './reader.ts'
import { Restore } from './restore.ts'
import { countCardinality, countPairs } from './status.ts'

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
  /** Seals nothing: what is open is in the log, and comes back with the next start. */
  stop(): Promise<void>
}

/** Newest time ahead of the clock by default. */
export const FUTURE_MS_MAX = 600_000

/**
 * Opens a store.
 *
 * @throws NarthexError `busy` when another process has the folder, `io` when it cannot be used,
 *   `corrupt` when it belongs to a newer version
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return new MetricsStore(options)
}

class MetricsStore implements Store {
  readonly appender: Appender
  readonly queryable: Queryable
  readonly view: StoreView
  readonly #limits: HeadLimits
  readonly #readers: Readers
  readonly #log: WriteLog
  readonly #journal: Journal

  constructor(options: StoreOptions) {
    this.#limits = { timeMsMax: 0, outOfOrderWindowMs: options.outOfOrderWindowMs }
    const head = new Head({
      sealFull() {
        throw new NarthexError('busy', 'cannot append: rows are not sealed yet')
      },
      epoch: () => this.#journal.epoch,
      now: () => options.clock.now(),
    })
    this.#log = openWriteLog({
      dir: join(options.path, 'wal'),
      files: systemFiles,
      clock: options.clock,
      log: options.log,
      metrics: options.metrics,
      syncIntervalMs: options.syncIntervalMs,
    })
    this.#journal = new Journal(this.#log, head)
    restoreHead(head, this.#journal, this.#log, options.log)
    head.recorder = this.#journal
    this.queryable = new StoreReader(new HeadView(head.memory), noBlocks, () => {})
    this.appender = this.#openAppender(head, options)
    this.view = {
      status: () => ({
        headSeries: head.seriesCount,
        headLabelPairs: countPairs(head.index.view),
        headChunks: head.slabs.used,
        minTimeMs: head.minTimeMs === Infinity ? 0 : head.minTimeMs,
        maxTimeMs: head.maxTimeMs === -Infinity ? 0 : head.maxTimeMs,
        blockCount: 0,
        diskBytes: 0,
        readOnlyReason: this.#log.failure,
      }),
      cardinality: (limit) => countCardinality(head.index.view, limit),
    }
    this.#readers = new Readers(head.memory, options.path)
  }

  setOutOfOrderWindow(windowMs: number): void {
    this.#limits.outOfOrderWindowMs = windowMs
  }

  attachReader(): ReaderAttachment {
    return this.#readers.attach()
  }

  async stop(): Promise<void> {
    this.#readers.stop()
    if (this.#log.failure === '') this.#journal.flush()
    await this.#log.stop()
  }

  #openAppender(head: Head, options: StoreOptions): Appender {
    const futureMaxMs = options.futureMaxMs ?? FUTURE_MS_MAX
    const limits = this.#limits
    const journal = this.#journal
    const log = this.#log
    const admission = new Admission(options, () => head.seriesCount)
    const admit = (): void => admission.admit()
    return {
      series: (labels: Labels): SeriesId => head.idOf(head.column(labels, admit)),
      append(timeMs, ids, values, count, outcomes) {
        if (log.failure !== '') throw new NarthexError('busy', `cannot append: ${log.failure}`)
        limits.timeMsMax = options.clock.now() + futureMaxMs
        const accepted = head.append(timeMs, ids, values, count, outcomes, limits)
        if (journal.waitingBytes >= FLUSH_BYTES) journal.flush()
        return accepted
      },
      async commit() {
        journal.flush()
        await log.commit()
      },
    }
  }
}

/** Bytes that gather before the log gets them ahead of a commit. */
const FLUSH_BYTES = 262_144

function restoreHead(head: Head, journal: Journal, writeLog: WriteLog, log: Log): void {
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
}

/** A reader in another thread. */
export interface StoreReaderHandle extends Queryable {
  close(): void
}

/** Opens what attachReader handed over, in the thread that got it. */
export function openStoreReader(data: unknown): StoreReaderHandle {
  const memory = receiveMemory(data as ReaderData)
  const reader = new StoreReader(new HeadView(memory), noBlocks, memory.poll)
  return Object.assign(reader, { close: () => (data as ReaderData).port.close() })
}

const noBlocks: BlockReader = {
  renew() {},
  collect() {},
  estimate: () => ({ seriesCount: 0, sampleCount: 0 }),
  series() {},
  indexes: () => [],
}
