/** What is watched without being configured: this machine, what answers on it, what is registered. */
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
import { type Labels, labelValue } from '../model/labels.ts'
import type { MetadataView, TargetView } from '../model/target.ts'
import { isLoopback } from '../net/server/address.ts'
import { LOOPBACK_JOB, REGISTRY_JOB } from './unconfigured.ts'

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
  /** Has these jobs scraped, and no others. */
  rejob(jobs: readonly ScrapeConfig[]): void
  /** @param ownCount of them stand in the configuration; all when absent */
  retarget(jobName: string, targets: readonly Labels[], ownCount?: number): void
}

/** Starts and ends both as the configuration has it. */
export class Machine implements Running {
  readonly #options: MachineOptions
  #host: Host | undefined
  #hostIntervalMs = 0
  #search: LoopbackSearch | undefined
  #searchKey = ''
  #registered: readonly Labels[] = []
  #config: Config | undefined
  #ownPorts: readonly number[] = []

  constructor(options: MachineOptions) {
    this.#options = options
  }

  /** The jobs to scrape: those of the file, one for what the search finds, one for the registry. */
  jobs(config: Config): readonly ScrapeConfig[] {
    return [
      ...config.scrape,
      ...(this.#isSearching(config) ? [builtInJob(LOOPBACK_JOB, config)] : []),
      ...(this.#isRegistryScraped(config) ? [builtInJob(REGISTRY_JOB, config)] : []),
    ]
  }

  /** Takes the targets of the registry, in the place of before; its job comes with the first. */
  register(targets: readonly Labels[]): void {
    const hadJob = this.#registered.length > 0
    this.#registered = targets
    const config = this.#config
    if (config === undefined) return
    if (hadJob !== targets.length > 0) this.#options.rejob(this.jobs(config))
    this.#retargetRegistry(config)
    this.#applySearch(config)
  }

  /** Takes over a configuration, after the scrape room has. */
  apply(config: Config, ownPorts: readonly number[]): void {
    this.#config = config
    this.#ownPorts = ownPorts
    this.#retargetRegistry(config)
    this.#applyHost(config)
    this.#applySearch(config)
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

  #applySearch(config: Config): void {
    const { intervalMs } = config.narthex.loopback
    const registered = this.#isRegistryScraped(config) ? this.#registered : []
    const scraped = [...staticTargets(config), ...registered.map(addressOf)]
    const skipped = [...new Set([...this.#ownPorts, ...scraped.flatMap(loopbackPort)])]
    skipped.sort((a, b) => a - b)
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

  /** What is registered over HTTP is believed as little as what discovery finds. */
  #retargetRegistry(config: Config): void {
    if (!this.#isRegistryScraped(config)) return
    this.#options.retarget(REGISTRY_JOB, this.#registered, 0)
  }

  #isRegistryScraped({ narthex, scrape }: Config): boolean {
    const { mode } = narthex.registry
    const isWanted = mode === 'on' || (mode === 'auto' && !this.#options.isConfigured)
    const isFree = scrape.every(({ jobName }) => jobName !== REGISTRY_JOB)
    return isWanted && isFree && this.#registered.length > 0
  }

  #isSearching({ narthex }: Config): boolean {
    const { mode } = narthex.loopback
    return mode === 'on' || (mode === 'auto' && !this.#options.isConfigured)
  }
}

function staticTargets(config: Config): string[] {
  return config.scrape.flatMap((job) => job.discovery.static.flatMap((group) => group.targets))
}

function addressOf(target: Labels): string {
  return labelValue(target, '__address__')
}

/** The port of an address on loopback: who scrapes it already need not look for it. */
function loopbackPort(address: string): readonly number[] {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? []
  return host !== undefined && isLoopback(host) ? [Number(port)] : []
}

/** A job without sources of its own: its targets are handed in. */
function builtInJob(name: string, config: Config): ScrapeConfig {
  const intervals = [config.scrapeIntervalMs, config.scrapeTimeoutMs].map((ms) => `${ms}ms`)
  const { config: built } = readConfig(
    `scrape_configs: [{job_name: ${name}, scrape_interval: ${intervals[0]}, scrape_timeout: ${intervals[1]}}]`,
    '',
    {},
  )
  const job = built?.scrape.at(0)
  assert(job !== undefined, 'a built-in job to be valid')
  return job
}
