/** What an engine says of its store: narthex, Prometheus and VictoriaMetrics in one form. */

export interface NamedCount {
  readonly name: string
  readonly value: number
}

/** What the engine that answers holds; another engine than ours says less. */
export interface Store {
  readonly numSeries: number | undefined
  readonly numLabelPairs: number | undefined
  readonly chunkCount: number | undefined
  /** ms since epoch; undefined without samples. */
  readonly minTimeMs: number | undefined
  readonly maxTimeMs: number | undefined
  readonly seriesByMetric: readonly NamedCount[]
  readonly valuesByLabel: readonly NamedCount[]
  readonly seriesByPair: readonly NamedCount[]
  /** Prometheus only. */
  readonly bytesByLabel: readonly NamedCount[]
  /** VictoriaMetrics only. */
  readonly seriesByLabel: readonly NamedCount[]
}

/** The answer of status/tsdb: narthex, Prometheus and VictoriaMetrics share some of it. */
export interface TsdbData {
  readonly headStats?: {
    readonly numSeries?: number
    readonly numLabelPairs?: number
    readonly chunkCount?: number
    readonly minTime?: number
    readonly maxTime?: number
  }
  readonly totalSeries?: number
  readonly totalLabelValuePairs?: number
  readonly seriesCountByMetricName?: readonly NamedCount[] | null
  readonly labelValueCountByLabelName?: readonly NamedCount[] | null
  readonly memoryInBytesByLabelName?: readonly NamedCount[] | null
  readonly seriesCountByLabelValuePair?: readonly NamedCount[] | null
  readonly seriesCountByLabelName?: readonly NamedCount[] | null
}

/** What all of them mean; what one does not say is undefined or empty. */
export function storeOf(data: TsdbData): Store {
  const { headStats } = data
  const numSeries = headStats?.numSeries ?? data.totalSeries
  const hasData = numSeries !== undefined && numSeries > 0
  return {
    numSeries,
    numLabelPairs: headStats?.numLabelPairs ?? data.totalLabelValuePairs,
    chunkCount: headStats?.chunkCount,
    minTimeMs: hasData ? headStats?.minTime : undefined,
    maxTimeMs: hasData ? headStats?.maxTime : undefined,
    seriesByMetric: data.seriesCountByMetricName ?? [],
    valuesByLabel: data.labelValueCountByLabelName ?? [],
    seriesByPair: data.seriesCountByLabelValuePair ?? [],
    bytesByLabel: data.memoryInBytesByLabelName ?? [],
    seriesByLabel: data.seriesCountByLabelName ?? [],
  }
}
