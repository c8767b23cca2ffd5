/** What all loops of the scrape room share: the store, one scanner, counters, batched commits. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { ScrapeConfig } from '../../config/scrape.ts'
import { type Shard, WHOLE } from '../../config/shard.ts'
import type { Appender } from '../../model/appender.ts'
import { BodyPool } from '../../net/client/body.ts'
import { shownUrl } from '../../net/client/request.ts'
import { validateOpenMetrics } from '../../wire/openmetricsstrict.ts'
import { registerScrapeCounters, type ScrapeCounters } from './counters.ts'
import { FailureLogs } from './failurelog.ts'
import { MetadataPool } from './metadata.ts'
import type { Row } from './row.ts'
import { Scanner } from './scan.ts'
import { Slots } from './schedule.ts'
import type { Target } from './target.ts'

/** What the scrape room needs from outside, and its bounds. */
export interface ScrapeOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Bound of bodies where a job sets none. */
  readonly bodySizeBytesMax?: number
  /** Bound of all bodies that are read at the same time. */
  readonly inflightBytesMax?: number
  /** Bound of samples in a scrape where a job sets none. */
  readonly samplesMax?: number
  /** Bound of targets of a pool where a job sets none. */
  readonly targetsMax?: number
  /** Dropped targets of a pool that are shown where a job sets no bound. */
  readonly droppedTargetsMax?: number
  /** The feature `extra-scrape-metrics`. */
  readonly extraScrapeMetrics?: boolean
  /** Refuse what OpenMetrics 1.0 forbids and Prometheus lets pass. */
  readonly strictOpenMetrics?: boolean
  /** Whether found targets and redirects may lead to link-local addresses; no by default. */
  readonly allowLinkLocal?: () => boolean
  /** Which part of the targets is ours; all when absent. */
  readonly shard?: Shard
  /** Where `proxy_from_environment` looks. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export const BODY_SIZE_BYTES_MAX: number = 64 * 1024 * 1024
export const SAMPLES_MAX = 500_000
export const TARGETS_MAX = 10_000
export const DROPPED_TARGETS_MAX = 10_000

/** Who may have which series. */
export interface SeriesOwner {
  readonly target: Target
  /** Whether all its series bear its labels. */
  readonly keepsLabels: boolean
}

/** A loop as the room sees it. */
export interface RoomLoop {
  stop(): void
  /** Takes the ids that this target has alive out of a set that belongs to another. */
  removeAlive(ids: Set<number>, owner: SeriesOwner): void
}

/** Shared by all loops; one thread, so one scanner is enough. */
export class ScrapeRoom {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Log
  readonly counters: ScrapeCounters
  readonly metadata: MetadataPool = new MetadataPool()
  readonly scanner: Scanner
  readonly bodies: BodyPool
  readonly slots: Slots = new Slots()
  readonly failureLogs: FailureLogs
  readonly extraScrapeMetrics: boolean
  readonly strictOpenMetrics: boolean
  readonly allowLinkLocal: () => boolean
  shard: Shard
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly bodySizeBytesMax: number
  readonly samplesMax: number
  readonly targetsMax: number
  readonly droppedTargetsMax: number
  /** Loops whose targets are gone and whose markers are still to be written. */
  readonly retiring: Set<RoomLoop> = new Set()
  /** All loops that scrape; the manager sets it. */
  loops: () => Iterable<RoomLoop> = () => []
  #dirty = false
  #committing: Promise<void> | undefined

  constructor(options: ScrapeOptions) {
    this.appender = options.appender
    this.clock = options.clock
    this.log = options.log
    this.failureLogs = new FailureLogs(options.log)
    this.counters = registerScrapeCounters(options.metrics, {
      bodyBytes: () => this.bodies.leasedBytes,
      metadata: this.metadata,
    })
    this.bodies = new BodyPool(options.inflightBytesMax)
    this.scanner = new Scanner(this.metadata)
    this.extraScrapeMetrics = options.extraScrapeMetrics ?? false
    this.strictOpenMetrics = options.strictOpenMetrics ?? false
    this.allowLinkLocal = options.allowLinkLocal ?? (() => false)
    this.shard = options.shard ?? WHOLE
    this.environment = options.environment ?? {}
    this.bodySizeBytesMax = options.bodySizeBytesMax ?? BODY_SIZE_BYTES_MAX
    this.samplesMax = options.samplesMax ?? SAMPLES_MAX
    this.targetsMax = options.targetsMax ?? TARGETS_MAX
    this.droppedTargetsMax = options.droppedTargetsMax ?? DROPPED_TARGETS_MAX
  }

  /** Commits what was appended, once for all scrapes that end together. */
  commitSoon(): void {
    this.#dirty = true
    this.#committing ??= this.#commitAll()
  }

  /** Resolves when everything appended so far is committed or has failed to be. */
  async settle(): Promise<void> {
    await this.#committing
    await this.failureLogs.settle()
  }

  /** Those of `ids` that no target has alive that is still scraped. */
  aloneIn(ids: Set<number>, owner: SeriesOwner): Set<number> {
    for (const loop of this.loops()) loop.removeAlive(ids, owner)
    return ids
  }

  /** @throws NarthexError `bad_data` for a body that OpenMetrics 1.0 forbids */
  validateStrict(body: Uint8Array): void {
    validateOpenMetrics(body)
  }

  /** Counts what a store has refused of a scrape. */
  count(row: Row, job: string, target: Target): void {
    const { counters } = this
    if (row.exemplars > 0) counters.exemplars.inc(row.exemplars)
    const { outOfOrder, duplicate, outOfBounds, series } = row.refusals
    if (outOfOrder + duplicate + outOfBounds + series === 0) return
    counters.outOfOrder.inc(outOfOrder)
    counters.duplicate.inc(duplicate)
    counters.outOfBounds.inc(outOfBounds)
    counters.seriesRefused.inc(series)
    this.log.warn('cannot ingest all samples of a scrape', {
      scrape_pool: job,
      target: shownUrl(target.url),
      out_of_order: outOfOrder,
      duplicate_timestamp: duplicate,
      out_of_bounds: outOfBounds,
      series_limit: series,
    })
  }

  /** Counts a failed scrape and writes it to the file of its job, where there is one. */
  noteFailure(error: unknown, config: ScrapeConfig, target: Target): void {
    const { counters } = this
    if (config.scrapeFailureLogFile !== '') {
      this.failureLogs.write(config.scrapeFailureLogFile, {
        time: new Date(this.clock.now()).toISOString(),
        level: 'ERROR',
        msg: messageOf(error),
        job_name: config.jobName,
        target: shownUrl(target.url),
      })
    }
    counters.failures.inc()
    if (!(error instanceof NarthexError)) return
    if (error.kind === 'too_big') counters.bodySizeLimit.inc()
    if (error.kind !== 'limit') return
    if (error.message === 'sample limit exceeded') counters.sampleLimit.inc()
    else if (error.message.startsWith('label_')) counters.labelLimits.inc()
  }

  async #commitAll(): Promise<void> {
    while (this.#dirty) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      this.#dirty = false
      try {
        await this.appender.commit()
      } catch (error) {
        this.counters.commitFailures.inc()
        this.log.error('cannot commit scraped samples', { error: messageOf(error) })
      }
    }
    this.#committing = undefined
  }
}
