/** Where the exporters of the catalogue run: which targets each entry was recognised on. */

/** A target of a job. */
export interface TargetKey {
  readonly job: string
  /** `host:port` */
  readonly instance: string
}

/** One entry and where it runs. */
export interface FoundEntry {
  readonly entry: string
  /** Different hosts of the targets. */
  readonly hosts: number
  readonly targetCount: number
  /** By instance; not more than the first of them. */
  readonly targets: readonly TargetKey[]
}

/** What is known at one moment. */
export interface Found {
  /** Metrics prove it; from the names and ports of registered targets it is only likely. */
  readonly by: 'metrics' | 'registry'
  /** When that was asked, ms since epoch. */
  readonly atMs: number
  readonly entries: readonly FoundEntry[]
}

/** What routes need. */
export interface FoundView {
  /** @throws NarthexError of who is asked: `busy`, `limit`, `timeout` … */
  found(): Promise<Found>
}

/** Where it is known which target has which metric. */
export interface MetricPlaces {
  /** The targets that have a metric now, for each of these names. */
  targetsWith(metrics: readonly string[]): Promise<ReadonlyMap<string, readonly TargetKey[]>>
}

/** How an entry is recognised. */
export interface Recognition {
  readonly entry: string
  /** Metrics that must all be there; none for an entry that nobody recognises so. */
  readonly metrics: readonly string[]
  /** 0 where nobody said it. */
  readonly port: number
}
