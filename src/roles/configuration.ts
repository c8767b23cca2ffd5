/** The running configuration: read at the start, read again on demand, kept when the new one is bad. */
import { statSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Config, defaultConfig, loadConfig } from '../config/config.ts'
import { formatProblem } from '../config/report.ts'

/** What a role needs to know of its configuration. */
export interface ConfigurationOptions {
  /** '' for none: then the defaults hold. */
  readonly file: string
  /** An agent's file has no rules, no alerts and no remote read. */
  readonly isAgent?: boolean
  /** A folder with files of more jobs, also where there is no file; absent for none. */
  readonly scrapeFolder?: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Takes over a configuration. What it throws stops a reload before those who come after it. */
export type Apply = (config: Config) => void | Promise<void>

/** Holds the configuration that runs. */
export class Configuration {
  readonly #options: ConfigurationOptions
  readonly #appliers: Apply[] = []
  #current: Config
  #reloading: Promise<void> = Promise.resolve()
  #reloadSucceeded = true
  #loadedMs: number
  #unconfigured: (() => Config) | undefined

  /** @throws NarthexError `bad_data` with every mistake of the file and its place */
  constructor(options: ConfigurationOptions) {
    this.#options = options
    this.#current = this.#read()
    this.#loadedMs = options.clock.now()
    const { metrics } = options
    const good = metrics.gauge(
      'prometheus_config_last_reload_successful',
      'Whether the last configuration reload attempt was successful.',
    )
    const time = metrics.gauge(
      'prometheus_config_last_reload_success_timestamp_seconds',
      'Timestamp of the last successful configuration reload.',
    )
    metrics.onCollect(() => {
      good.with().set(this.#reloadSucceeded ? 1 : 0)
      time.with().set(this.#loadedMs / 1000)
    })
  }

  get current(): Config {
    return this.#current
  }

  get reloadSucceeded(): boolean {
    return this.#reloadSucceeded
  }

  /** ms since epoch */
  get loadedMs(): number {
    return this.#loadedMs
  }

  /** Who gets the configuration at `start` and after every reload that succeeds. */
  follow(apply: Apply): void {
    this.#appliers.push(apply)
  }

  /**
   * Hands the configuration out for the first time.
   *
   * @param unconfigured what holds without a file, the jobs of the folder in it
   * @throws NarthexError `bad_data` for files of the folder that cannot be used
   */
  async start(unconfigured: () => Config): Promise<void> {
    const { file, scrapeFolder } = this.#options
    if (file === '') this.#current = unconfigured()
    if (scrapeFolder !== undefined) this.#unconfigured = unconfigured
    for (const apply of this.#appliers) await apply(this.#current)
  }

  /**
   * Reads the file again, after a reload in progress.
   *
   * @throws NarthexError when it cannot be used; what ran before goes on
   */
  reload(): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload())
    this.#reloading = reloaded.catch(() => undefined)
    return reloaded
  }

  async #reload(): Promise<void> {
    const { file, log, clock } = this.#options
    try {
      // Without a file and a folder this one stays, and whoever has files of its own reads those again.
      const next = file === '' ? (this.#unconfigured?.() ?? this.#current) : this.#read()
      for (const apply of this.#appliers) await apply(next)
      this.#current = next
      this.#reloadSucceeded = true
      this.#loadedMs = clock.now()
      log.info('configuration reloaded', { file: next.path })
    } catch (error) {
      this.#reloadSucceeded = false
      log.error('configuration not reloaded, the running one stays', { error: messageOf(error) })
      throw error
    }
  }

  #read(): Config {
    const { file, log, isAgent: agent, scrapeFolder } = this.#options
    if (file === '') return defaultConfig()
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined || found.isDirectory()) {
      const seen = found === undefined ? 'there is no such file' : 'it is a folder, wanted a file'
      throw new NarthexError('bad_data', `cannot load ${file}: ${seen}`)
    }
    const { config, warnings } = loadConfig(file, {
      ...(agent === undefined ? {} : { agent }),
      ...(scrapeFolder === undefined ? {} : { scrapeFolder }),
    })
    for (const warning of warnings) log.warn(formatProblem(warning))
    return config
  }
}
