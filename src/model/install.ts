/** What an entry of the catalogue becomes where it is put to use: a scrape job, rules and a dashboard. */

/** What is asked for. */
export interface InstallRequest {
  /** Name of an entry of the catalogue. */
  readonly entry: string
  /** `host` or `host:port`; the port of the entry where there is none. */
  readonly targets: readonly string[]
  /** Name of the job, and of the installation; '' for that of the entry. */
  readonly job: string
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

/** Makes plans of entries. */
export interface InstallPlanner {
  /** @throws NarthexError `bad_data`, `not_found` for the entry, `conflict` for the name of the job */
  preview(request: InstallRequest, by: string): Promise<InstallPlan>
}

/** Carries plans out, and takes them back. */
export interface Installer extends InstallPlanner {
  /** Writes what the plan says and has it used at once. */
  install(request: InstallRequest, by: string): Promise<Installation>
  installs(): Promise<readonly Installation[]>
  /** Deletes exactly what was written. @throws NarthexError `not_found` */
  uninstall(name: string): Promise<Installation>
}
