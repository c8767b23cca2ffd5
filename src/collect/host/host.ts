/** The built-in host collector: a target of its own that reads /proc and /sys. */
import os from 'node:os'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { type Appender, OUTCOMES } from '../../model/appender.ts'
import { type Labels, labelsFrom } from '../../model/labels.ts'
import type { TargetStatus } from '../../model/target.ts'
import { openCgroups } from './cgroup.ts'
import { type Collector, Fixed, HOST_PATHS, type HostPaths } from './collector.ts'
import { openDiskstats } from './disk.ts'
import { openFilesystem } from './filesystem.ts'
import { type HostMetrics, hostMetrics } from './hostmetrics.ts'
import {
  openConntrack,
  openEntropy,
  openFilefd,
  openLoadavg,
  openOsRelease,
  openPressure,
  openTime,
  openUname,
} from './kernel.ts'
import { openMeminfo, openVmstat } from './memory.ts'
import { openNetstat, openSockstat, openSoftnet } from './netstat.ts'
import { openNetclass, openNetdev } from './network.ts'
import { HostRow, type Thing } from './row.ts'
import { openStat } from './stat.ts'

export interface HostOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly intervalMs: number
  /** Value of the instance label; the name of the host when absent. */
  readonly instance?: string
  /** Other folders than /proc and /sys. */
  readonly paths?: HostPaths
  /** Asked before each round: true while somebody else (a scraped node_exporter) tells the same. */
  readonly isCovered?: () => boolean
}

/** The running collector. */
export interface Host {
  /** As a target for the status pages; undefined while somebody else covers the host. */
  target(): TargetStatus | undefined
  /** Ends it; its series stay as they are, as those of any target when the program stops. */
  stop(): Promise<void>
  /** Ends it for good: its series get staleness markers. */
  leave(): Promise<void>
}

/** Job of the host's series, as most people call their node_exporter's. */
const HOST_JOB = 'node'
/** Name of its pool on the status pages. */
const HOST_POOL = 'host'

/** Reads the host at once and then at each interval. */
export function startHost(options: HostOptions): Host {
  const host = new RunningHost(options)
  host.start()
  return host
}

/** All parts, in the order of reading. */
export function openCollectors(
  paths: HostPaths,
  clock: Clock,
  metrics: HostMetrics,
): readonly Collector[] {
  const now = (): number => clock.now()
  return [
    openTime(now),
    openStat(paths),
    openLoadavg(paths),
    openMeminfo(paths),
    openVmstat(paths),
    openDiskstats(paths),
    openFilesystem(paths, clock),
    openNetdev(paths),
    openNetclass(paths),
    openNetstat(paths),
    openSockstat(paths),
    openSoftnet(paths),
    openConntrack(paths),
    openPressure(paths),
    openFilefd(paths),
    openEntropy(paths),
    openUname(paths),
    openOsRelease(paths),
    openCgroups(paths, now, metrics.containers),
  ]
}

interface PartSlots {
  readonly thing: Thing
  readonly success: number
  readonly seconds: number
}

class RunningHost implements Host {
  readonly #options: HostOptions
  readonly #row: HostRow
  readonly #collectors: readonly Collector[]
  readonly #parts: (PartSlots | undefined)[]
  readonly #own = new Fixed(
    'up',
    'scrape_duration_seconds',
    'scrape_samples_scraped',
    'scrape_samples_post_metric_relabeling',
    'scrape_series_added',
  )
  readonly #labels: Labels
  readonly #metrics: HostMetrics
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #stopped = false
  #covered = false
  #lastMs = 0
  #lastSeconds = 0
  #lastSamples = 0
  #lastError = ''

  constructor(options: HostOptions) {
    this.#options = options
    const instance = options.instance ?? os.hostname()
    const common = [
      ['instance', instance],
      ['job', HOST_JOB],
    ] as const
    this.#labels = labelsFrom(common)
    this.#row = new HostRow(options.appender, common)
    this.#metrics = hostMetrics(options.metrics)
    this.#collectors = openCollectors(options.paths ?? HOST_PATHS, options.clock, this.#metrics)
    this.#parts = this.#collectors.map(() => undefined)
  }

  start(): void {
    this.#run()
  }

  target(): TargetStatus | undefined {
    if (this.#covered) return undefined
    const intervalSeconds = this.#options.intervalMs / 1000
    return {
      scrapePool: HOST_POOL,
      discoveredLabels: this.#labels,
      labels: this.#labels,
      scrapeUrl: 'file:///proc',
      health: this.#lastMs === 0 ? 'unknown' : this.#lastError === '' ? 'up' : 'down',
      lastError: this.#lastError,
      lastScrapeMs: this.#lastMs,
      lastScrapeDurationSeconds: this.#lastSeconds,
      scrapeIntervalSeconds: intervalSeconds,
      scrapeTimeoutSeconds: intervalSeconds,
      lastSamples: this.#lastSamples,
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#round
    for (const collector of this.#collectors) collector.close()
  }

  async leave(): Promise<void> {
    await this.stop()
    await this.#write(this.#options.clock.now())
  }

  #run(): void {
    const startMs = this.#options.clock.monotonicMs()
    this.#round = this.#collect().finally(() => {
      if (this.#stopped) return
      const spentMs = this.#options.clock.monotonicMs() - startMs
      const restMs = Math.max(0, this.#options.intervalMs - spentMs)
      this.#timer = this.#options.clock.after(restMs, () => this.#run())
    })
  }

  async #collect(): Promise<void> {
    const { clock, log, isCovered } = this.#options
    const covered = isCovered?.() === true
    if (covered !== this.#covered) {
      log.info(
        covered
          ? 'a node_exporter of this host is scraped: the built-in host collector rests'
          : 'the built-in host collector reads this host',
      )
    }
    this.#covered = covered
    // A row without values ends every series of the host, once.
    if (covered) return this.#write(clock.now())
    const timeMs = clock.now()
    const startMs = clock.monotonicMs()
    for (const collector of this.#collectors) await collector.prepare?.()
    if (this.#stopped) return
    this.#readParts()
    this.#lastMs = timeMs
    this.#lastSeconds = (clock.monotonicMs() - startMs) / 1000
    this.#metrics.collectionSeconds.with().set(this.#lastSeconds)
    const { sampleCount, addedCount } = this.#row
    this.#own.set(this.#row, 1, this.#lastSeconds, sampleCount, sampleCount, addedCount)
    await this.#write(timeMs)
  }

  #readParts(): void {
    const { clock } = this.#options
    for (let i = 0; i < this.#collectors.length; i++) {
      const startMs = clock.monotonicMs()
      const found = this.#collectors[i].collect(this.#row)
      const part = this.#openPart(i)
      this.#row.set(part.success, found ? 1 : 0)
      this.#row.set(part.seconds, (clock.monotonicMs() - startMs) / 1000)
    }
  }

  #openPart(i: number): PartSlots {
    const known = this.#parts[i]
    if (known !== undefined && !known.thing.gone) return known
    const thing = this.#row.thing()
    const label = ['collector', this.#collectors[i].name] as const
    const part = {
      thing,
      success: this.#row.slot(thing, 'node_scrape_collector_success', label),
      seconds: this.#row.slot(thing, 'node_scrape_collector_duration_seconds', label),
    }
    this.#parts[i] = part
    return part
  }

  async #write(timeMs: number): Promise<void> {
    try {
      const { sampleCount, refusedCount, outcomeCounts } = this.#row.finish(timeMs)
      this.#metrics.refusedSeries.with().inc(refusedCount)
      this.#lastSamples = sampleCount
      for (let i = 1; i < outcomeCounts.length; i++) {
        if (outcomeCounts[i] > 0)
          this.#metrics.rejectedSamples.with(OUTCOMES[i]).inc(outcomeCounts[i])
      }
      await this.#options.appender.commit()
      this.#lastError = ''
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      if (this.#lastError === '') {
        this.#options.log.warn('the host cannot be recorded', { error: messageOf(error) })
      }
      this.#lastError = messageOf(error)
      this.#metrics.rejectedSamples.with(error.kind).inc(this.#lastSamples)
    }
  }
}
