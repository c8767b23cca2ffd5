/** What the status page asks for. */
import { ask, askText } from '../api/client.ts'
import { type StoreFigures, storeFigures } from './ownmetrics.ts'

export interface Runtime {
  readonly startTime: string
  readonly CWD: string
  readonly hostname?: string
  readonly reloadConfigSuccess: boolean
  readonly lastConfigTime: string
  readonly corruptionCount: number
  readonly goroutineCount: number
  readonly GOMAXPROCS: number
  readonly GOMEMLIMIT?: number
  readonly storageRetention: string
}

export interface Build {
  readonly version: string
  readonly revision: string
  readonly branch: string
  readonly buildUser: string
  readonly buildDate: string
  readonly goVersion: string
}

export interface NamedCount {
  readonly name: string
  readonly value: number
}

export interface Store {
  readonly headStats: {
    readonly numSeries: number
    readonly numLabelPairs: number
    readonly chunkCount: number
    /** ms since epoch */
    readonly minTime: number
    readonly maxTime: number
  }
  readonly seriesCountByMetricName: readonly NamedCount[]
  readonly labelValueCountByLabelName: readonly NamedCount[]
  readonly memoryInBytesByLabelName: readonly NamedCount[]
  readonly seriesCountByLabelValuePair: readonly NamedCount[]
}

/** Everything that changes while one looks. */
export interface Overview {
  readonly runtime: Runtime
  readonly build: Build
  readonly store: Store
  readonly figures: StoreFigures
}

const TABLE_ROWS = 20

export async function loadOverview(abort: AbortSignal): Promise<Overview> {
  const [runtime, build, store, metrics] = await Promise.all([
    ask<Runtime>('status/runtimeinfo', {}, abort),
    ask<Build>('status/buildinfo', {}, abort),
    ask<Store>('status/tsdb', { limit: String(TABLE_ROWS) }, abort),
    askText('metrics', abort),
  ])
  const figures = storeFigures(metrics)
  return { runtime: runtime.data, build: build.data, store: store.data, figures }
}

export async function loadFlags(
  abort: AbortSignal,
): Promise<readonly (readonly [string, string])[]> {
  const flags = await ask<Readonly<Record<string, string>>>('status/flags', {}, abort)
  return Object.entries(flags.data).sort(([a], [b]) => (a < b ? -1 : 1))
}

export async function loadConfig(abort: AbortSignal): Promise<string> {
  const config = await ask<{ readonly yaml: string }>('status/config', {}, abort)
  return config.data.yaml
}
