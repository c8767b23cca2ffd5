/** What the status page asks for. */
import { ask, askIfKnown, askText } from '../api/client.ts'
import { type Store, storeOf, type TsdbData } from '../api/tsdb.ts'
import { hasPage } from '../shell/router.ts'
import { type OwnFigures, ownFigures } from './ownmetrics.ts'

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

/** Everything that changes while one looks. */
export interface Overview {
  readonly runtime: Runtime
  readonly build: Build
  /** Undefined where nobody answers queries, or nobody says. */
  readonly store: Store | undefined
  readonly figures: OwnFigures
}

const TABLE_ROWS = 20

export async function loadOverview(abort: AbortSignal): Promise<Overview> {
  const [runtime, build, tsdb, metrics] = await Promise.all([
    ask<Runtime>('status/runtimeinfo', {}, abort),
    ask<Build>('status/buildinfo', {}, abort),
    hasPage('explore')
      ? askIfKnown<TsdbData>('status/tsdb', { limit: String(TABLE_ROWS) }, abort)
      : undefined,
    askText('metrics', abort),
  ])
  return {
    runtime: runtime.data,
    build: build.data,
    store: tsdb === undefined ? undefined : storeOf(tsdb),
    figures: ownFigures(metrics),
  }
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
