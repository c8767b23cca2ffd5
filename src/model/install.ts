/** What an entry of the catalogue becomes where it is put to use: a scrape job, rules and a dashboard. */
import type { Outcome } from './registry.ts'
import type { Health } from './target.ts'

/** What is asked for. */
export interface InstallRequest {
  /** Name of an entry of the catalogue. */
  readonly entry: string
  /** `host` or `host:port`; the port of the entry where there is none. */
  readonly targets: readonly string[]
  /** Name of the job, and of the installation; '' for that of the entry. */
  readonly job: string
  /** Such as `30s`; '' for that of the configuration. */
  readonly interval: string
}

/** The exact texts that an installation consists of. */
export interface InstallPlan {
  /** Of the installation and of its job. */
  readonly name: string
  readonly entry: string
  /** Changes when what is installed from the entry does. */
  readonly version: string
  /** All with a port. */
  readonly targets: readonly string[]
  /** A file of scrape_configs, as Prometheus and narthex read it. */
  readonly scrape: string
  /** A rule file as Prometheus reads it; '' where the entry has none. */
  readonly rules: string
  /** A dashboard of Grafana; '' where the entry has none. */
  readonly dashboard: string
  /** What to know about it before it is used. */
  readonly notes: readonly string[]
}

/** An installation as it is on the disk. */
export interface Installation {
  readonly name: string
  readonly entry: string
  readonly version: string
  /** In ISO 8601. */
  readonly installed: string
  readonly by: string
  readonly targets: readonly string[]
  /** Below the folder of installations; the scrape job first. */
  readonly files: readonly string[]
  /** '' or why its job cannot be used any more. */
  readonly fault: string
}

/** How one target of an installation does. */
export interface InstalledTarget {
  readonly address: string
  readonly health: Health
  /** '' or why the last scrape failed, as the scraper says it. */
  readonly error: string
  /** ms since epoch; 0 before the first scrape. */
  readonly lastScrapeMs: number
}

/** What is scraped, as who installs needs to know it. */
export interface ScrapedView {
  /** How the targets of a job do. */
  targets(job: string): readonly InstalledTarget[]
  /** Names of the jobs that have an address. */
  jobsByAddress(): ReadonlyMap<string, readonly string[]>
}

/** A target on which an entry can be put to use. */
export interface InstallCandidate {
  readonly address: string
  /** `metrics` prove it, or the names and ports of the `registry` make it likely. */
  readonly by: 'metrics' | 'registry'
  /** Names of the jobs that scrape it already. */
  readonly jobs: readonly string[]
}

/** Those that are known, and what kept some from being known. */
export interface InstallCandidates {
  readonly targets: readonly InstallCandidate[]
  readonly warnings: readonly string[]
}

/** A file for others to use. */
export interface ExportFile {
  readonly name: string
  readonly text: string
}

/** Makes plans of entries. What is wrong with targets is told by their index. */
export interface InstallPlanner {
  /** @throws NarthexError `bad_data`, `not_found` for the entry, `conflict` for the name of the job */
  preview(request: InstallRequest, by: string): Promise<Outcome<InstallPlan>>
  /** The same as files for Prometheus, Alertmanager and Grafana. @throws as `preview` does */
  files(request: InstallRequest, by: string): Promise<Outcome<readonly ExportFile[]>>
}

/** Carries plans out, and takes them back. */
export interface Installer extends InstallPlanner {
  /** Writes what the plan says and has it used at once. */
  install(request: InstallRequest, by: string): Promise<Outcome<Installation>>
  installs(): Promise<readonly Installation[]>
  /** Deletes exactly what was written. @throws NarthexError `not_found` */
  uninstall(name: string): Promise<Installation>
}
