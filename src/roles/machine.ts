/** What watches this machine without being configured: the host collector and the search on loopback. */
import type { Clock } from '../base/clock.ts'
import { assert } from '../base/error.ts'
import type { Running } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { FetchBody } from '../collect/discover/fetch.ts'
import { type LoopbackSearch, startLoopbackSearch } from '../collect/discover/loopback.ts'
import { isNodeExporterScraped } from '../collect/host/covered.ts'
import { type Host, startHost } from '../collect/host/host.ts'
import { type Config, readConfig } from '../config/config.ts'
import type { ScrapeConfig } from '../config/scrape.ts'
import type { Appender } from '../model/appender.ts'
import type { Labels } from '../model/labels.ts'
import type { MetadataView, TargetView } from '../model/target.ts'
import { isLoopback } from '../net/server/address.ts'
import { LOOPBACK_JOB } from './unconfigured.ts'

export interface MachineOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly fetchBody: FetchBody
  /** What the scrape room knows. */
  readonly scraped: TargetView
  readonly metadata: MetadataView
  /** Whether there is a configuration file: it alone says what is watched; without one both are on. */
  readonly isConfigured: boolean
  retarget(jobName: string, targets: readonly Labels[]): void
}

/** Starts and ends both as the configuration has it. */
export class Machine implements Running {
  readonly #options: MachineOptions
  #host: Host | undefined
  #hostIntervalMs = 0
  #search: LoopbackSearch | undefined
  #searchKey = ''

  constructor(options: MachineOptions) {
    this.#options = options
  }

  /** The jobs to scrape: those of the file, and one for what the search finds. */
  jobs(config: Config): readonly ScrapeConfig[] {
    return this.#isSearching(config) ? [...config.scrape, loopbackJob(config)] : config.scrape
  }

  /** Takes over a configuration, after the scrape room has. */
  apply(config: Config, ownPorts: readonly number[]): void {
    this.#applyHost(config)
    this.#applySearch(config, ownPorts)
  }

  /** The targets that the pages show: what is scraped, and the host. */
  targets(): TargetView {
    const { scraped } = this.#options
    return {
      active: () => {
        const host = this.#host?.target()
        return host === undefined ? scraped.active() : [...scraped.active(), host]
      },
      dropped: () => scraped.dropped(),
      droppedCounts: () => scraped.droppedCounts(),
    }
  }

  async stop(): Promise<void> {
    this.#search?.stop()
    await this.#host?.stop()
  }

  #applyHost({ narthex }: Config): void {
    const { mode, intervalMs } = narthex.host
    const isWanted = mode === 'on' || (mode === 'auto' && !this.#options.isConfigured)
    if (this.#host !== undefined && (!isWanted || intervalMs !== this.#hostIntervalMs)) {
      void (isWanted ? this.#host.stop() : this.#host.leave())
      this.#host = undefined
    }
    if (!isWanted || this.#host !== undefined) return
    this.#hostIntervalMs = intervalMs
    const { appender, clock, log, metrics, metadata, scraped } = this.#options
    const isCovered = (): boolean => mode === 'auto' && isNodeExporterScraped(scraped, metadata)
    this.#host = startHost({ appender, clock, log, metrics, intervalMs, isCovered })
  }

  #applySearch(config: Config, ownPorts: readonly number[]): void {
    const { intervalMs } = config.narthex.loopback
    const skipped = [...ownPorts, ...scrapedPorts(config)].sort((a, b) => a - b)
    const key = this.#isSearching(config) ? `${intervalMs} ${skipped.join(' ')}` : ''
    if (key === this.#searchKey) return
    this.#searchKey = key
    this.#search?.stop()
    this.#search = undefined
    if (key === '') return
    const { clock, log, metrics, fetchBody, retarget } = this.#options
    this.#search = startLoopbackSearch({
      clock,
      log,
      metrics,
      fetchBody,
      intervalMs,
      portsSkipped: new Set(skipped),
      onTargets: (targets) => retarget(LOOPBACK_JOB, targets),
    })
  }

  #isSearching({ narthex }: Config): boolean {
    const { mode } = narthex.loopback
    return mode === 'on' || (mode === 'auto' && !this.#options.isConfigured)
  }
}

/** Ports on loopback that the file scrapes already. */
function scrapedPorts(config: Config): number[] {
  const addresses = config.scrape.flatMap((job) => job.discovery.static.flatMap((g) => g.targets))
  return addresses.flatMap((address) => {
    const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? []
    return host !== undefined && isLoopback(host) ? [Number(port)] : []
  })
}

function loopbackJob(config: Config): ScrapeConfig {
  const intervals = [config.scrapeIntervalMs, config.scrapeTimeoutMs].map((ms) => `${ms}ms`)
  const { config: built } = readConfig(
    `scrape_configs: [{job_name: ${LOOPBACK_JOB}, scrape_interval: ${intervals[0]}, scrape_timeout: ${intervals[1]}}]`,
    '',
    {},
  )
  const job = built?.scrape.at(0)
  assert(job !== undefined, 'the job of the search on loopback to be valid')
  return job
}
