/** Figures of the store for status pages and the API. */

/** Name and count, as the cardinality tables list them. */
export interface NamedCount {
  readonly name: string
  readonly value: number
}

/** What the store holds now. */
export interface StoreStatus {
  readonly headSeries: number
  readonly headLabelPairs: number
  /** Sealed pieces of the head, Prometheus's "chunks". */
  readonly headChunks: number
  /** ms since epoch; 0 for an empty store */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly blockCount: number
  readonly diskBytes: number
  /** Damaged windows and places of the log at the start, and reads that met a damaged block since. */
  readonly damageCount: number
  /** '' or why nothing can be written. */
  readonly readOnlyReason: string
}

/** Cardinality of the head, largest first. */
export interface Cardinality {
  readonly seriesByMetric: readonly NamedCount[]
  readonly valuesByLabel: readonly NamedCount[]
  readonly bytesByLabel: readonly NamedCount[]
  readonly seriesByPair: readonly NamedCount[]
}

/** The store as status pages see it. */
export interface StoreView {
  status(): StoreStatus
  cardinality(limit: number): Cardinality
}
