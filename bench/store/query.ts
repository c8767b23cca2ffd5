/** Queries over a data folder, end to end on one thread: milliseconds and nanoseconds a sample. */
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Query } from '../../src/model/querier.ts'
import { evaluate } from '../../src/query/engine/evaluate.ts'
import { finalDeadline, QueryBudget } from '../../src/query/host/budget.ts'
import { QUERY_LIMITS } from '../../src/query/host/limits.ts'
import { openStore, openStoreReader } from '../../src/store/metrics/store.ts'

/** Time given to each query. */
const TURN_MS = 700

/** Expression, range and step in seconds; a range of 0 is an instant query. */
const QUERIES: readonly (readonly [string, string, number, number])[] = [
  [
    'rate of one mode',
    'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    3600,
    15,
  ],
  ['rate of all modes', 'sum by (mode) (rate(node_cpu_seconds_total[5m]))', 21_600, 60],
  ['one series', 'node_load1{instance="10.0.0.3:9100"}', 21_600, 15],
  [
    'ratio of rates',
    'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))',
    21_600,
    60,
  ],
  ['top of sums', 'topk(5, sum by (instance) (rate(node_interrupts_total[5m])))', 21_600, 60],
  [
    'join',
    'rate(node_network_receive_bytes_total[5m]) * on(instance) group_left(nodename) node_uname_info',
    3600,
    15,
  ],
  ['instant of one metric', 'sum by (job, cluster) (node_load1)', 0, 0],
  ['instant rate', 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))', 0, 0],
]

async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error('usage: node bench/store/query.ts <data folder>')
  const store = await openStore({
    path,
    retentionMs: 0,
    retentionSizeBytes: 0,
    outOfOrderWindowMs: 0,
    syncIntervalMs: 1000,
    seriesMax: 0,
    newSeriesPerMinuteMax: 0,
    minFreeBytes: 0,
    // Nothing is sealed or merged meanwhile.
    clock: { ...systemClock, after: () => ({ cancel() {} }) },
    log: silentLog,
    metrics: new Metrics(),
  })
  const reader = openStoreReader(store.attachReader().data)
  const { maxTimeMs } = store.view.status()
  for (const [name, expr, rangeSeconds, stepSeconds] of QUERIES) {
    const query = { expr, fromMs: maxTimeMs - rangeSeconds * 1000, toMs: maxTimeMs }
    report(name, reader, stepSeconds > 0 ? { ...query, stepMs: stepSeconds * 1000 } : query)
  }
  reader.close()
  await store.stop()
}

function report(name: string, reader: ReturnType<typeof openStoreReader>, query: Query): void {
  const laps: number[] = []
  let samples = 0
  const untilMs = performance.now() + TURN_MS
  while (performance.now() < untilMs) {
    const budget = new QueryBudget(QUERY_LIMITS, finalDeadline(60_000))
    const startedMs = performance.now()
    reader.estimate([{ name: '__name__', op: '=', value: 'up' }], query.fromMs, query.toMs)
    evaluate(query, reader, budget)
    reader.recycle()
    laps.push(performance.now() - startedMs)
    samples = budget.samples
  }
  const firstMs = laps[0]
  laps.sort((a, b) => a - b)
  const median = laps[laps.length >>> 1]
  const figures = [firstMs, laps[0], median].map((ms) => ms.toFixed(2).padStart(9)).join('')
  const perSample = ((laps[0] * 1e6) / Math.max(1, samples)).toFixed(1)
  console.log(`${name.padEnd(24)}${figures} ms  ${samples} samples, ${perSample} ns each`)
}

console.log(`${''.padEnd(24)}    first    least   median`)
await main(process.argv[2])
