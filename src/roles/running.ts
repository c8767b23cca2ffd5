/** A role that runs. */
export interface Running {
  /** Where it answers, to be shown to who started it. */
  readonly urls: readonly string[]
  /** Reads the configuration again; rejects when it cannot be used, and what ran goes on. */
  reload(): Promise<void>
}
