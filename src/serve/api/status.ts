/** GET /api/v1/status/…: how this process is set up and what its store holds. */
import { NarthexError } from '../../base/error.ts'
import type { NamedCount, StoreView } from '../../model/status.ts'
import type { Reply } from '../../net/server/message.ts'
import { formatTime, success } from './envelope.ts'

/** Facts of the running process. */
export interface Runtime {
  readonly startTimeMs: number
  readonly nowMs: number
  readonly workingFolder: string
  readonly hostName: string
  /** Whether the last reload took the file. */
  readonly reloadSucceeded: boolean
  readonly lastConfigTimeMs: number
  /** Damaged pieces found in logs and blocks. */
  readonly corruptionCount: number
  /** Threads of the process, the runtime's own among them. */
  readonly threadCount: number
  readonly cpuCount: number
  /** Bytes the heap may have. */
  readonly heapBytesMax: number
  /** Such as `15d or 10GiB`. */
  readonly retention: string
}

/** What was built, from what. */
export interface BuildInfo {
  readonly version: string
  readonly revision: string
  readonly branch: string
  readonly buildDate: string
  readonly runtimeVersion: string
}

/** Rows of a cardinality table: asked for at most, and when nobody says. */
export const ROWS_MAX = 10_000
const ROWS_DEFAULT = 10

/** The configuration as it runs, secrets masked by whoever wrote the text. */
export function handleConfig(configText: () => string): Reply {
  return success({ yaml: configText() })
}

/** Flags with their values. */
export function handleFlags(flags: ReadonlyMap<string, string>): Reply {
  const data: Record<string, string> = Object.create(null)
  for (const [name, value] of flags) data[name] = value
  return success(data)
}

/** The running process under Prometheus's names, Go's among them. */
export function handleRuntime(runtime: Runtime): Reply {
  return success({
    startTime: formatTime(runtime.startTimeMs),
    CWD: runtime.workingFolder,
    hostname: runtime.hostName,
    serverTime: formatTime(runtime.nowMs),
    reloadConfigSuccess: runtime.reloadSucceeded,
    lastConfigTime: formatTime(runtime.lastConfigTimeMs),
    corruptionCount: runtime.corruptionCount,
    goroutineCount: runtime.threadCount,
    GOMAXPROCS: runtime.cpuCount,
    GOMEMLIMIT: runtime.heapBytesMax,
    GOGC: '',
    GODEBUG: '',
    storageRetention: runtime.retention,
  })
}

/** The Prometheus whose API this is; Grafana and others choose their requests by it. */
const PROMETHEUS_VERSION = '3.5.0'

/** The build; clients read Prometheus's version out of it, so ours stands where the builder does. */
export function handleBuild(build: BuildInfo): Reply {
  const { version, revision, branch, buildDate, runtimeVersion } = build
  return success({
    version: PROMETHEUS_VERSION,
    revision,
    branch,
    buildUser: `narthex ${version}`,
    buildDate,
    goVersion: runtimeVersion,
  })
}

/** Size and cardinality of the head. */
export function handleStore(params: URLSearchParams, store: StoreView): Reply {
  const status = store.status()
  const cardinality = store.cardinality(readRows(params))
  return success({
    headStats: {
      numSeries: status.headSeries,
      numLabelPairs: status.headLabelPairs,
      chunkCount: status.headChunks,
      minTime: status.minTimeMs,
      maxTime: status.maxTimeMs,
    },
    seriesCountByMetricName: rowsOf(cardinality.seriesByMetric),
    labelValueCountByLabelName: rowsOf(cardinality.valuesByLabel),
    memoryInBytesByLabelName: rowsOf(cardinality.bytesByLabel),
    seriesCountByLabelValuePair: rowsOf(cardinality.seriesByPair),
  })
}

/** The log is replayed before the first request is taken, so it is always done. */
export function handleReplay(): Reply {
  return success({ min: 0, max: 0, current: 0 })
}

function readRows(params: URLSearchParams): number {
  const text = params.get('limit') ?? ''
  if (text === '') return ROWS_DEFAULT
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new NarthexError('bad_data', 'limit must be a positive number')
  if (count > ROWS_MAX) throw new NarthexError('bad_data', `limit must not exceed ${ROWS_MAX}`)
  return count
}

function rowsOf(counts: readonly NamedCount[]): object[] {
  return counts.map(({ name, value }) => ({ name, value }))
}
