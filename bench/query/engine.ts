/** The engine over columns in memory: CPU per sample that a query looks at. */
import { type Labels, labelsFrom } from '../../src/model/labels.ts'
import type { Query } from '../../src/model/querier.ts'
import type { Budget, Queryable, Series } from '../../src/model/queryable.ts'
import { evaluate } from '../../src/query/engine/evaluate.ts'
import { printLaps, race } from '../race.ts'

const SAMPLE_GAP_MS = 15_000
const HOURS_MS = 6 * 3_600_000
const FROM_MS = 1_700_000_000_000
const TO_MS = FROM_MS + HOURS_MS
const STEP_MS = 60_000

const freeBudget: Budget = {
  chargeSamples() {},
  chargeBytes() {},
  releaseBytes() {},
  check() {},
}

/** Hands out the same series whatever is asked, cut to the time range. */
function sourceOf(groups: readonly { times: Float64Array; columns: Column[] }[]): Queryable {
  return {
    estimate: () => ({ seriesCount: 0, sampleCount: 0 }),
    select(_matchers, fromMs, toMs) {
      const found: Series[] = []
      for (const { times, columns } of groups) {
        let from = 0
        while (from < times.length && times[from] < fromMs) from++
        let to = times.length
        while (to > from && times[to - 1] > toMs) to--
        for (const { labels, values } of columns) {
          found.push({ labels, times, values, from, to, stale: false })
        }
      }
      return found
    },
    series: () => [],
    labelNames: () => [],
    labelValues: () => [],
  }
}

interface Column {
  readonly labels: Labels
  readonly values: Float64Array
}

/** A target's times: every 15 s, some milliseconds early or late. */
function targetTimes(count: number): Float64Array {
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    times[i] = FROM_MS - 600_000 + i * SAMPLE_GAP_MS + Math.round((Math.random() - 0.5) * 6)
  }
  return times
}

function counterValues(count: number, rise: number): Float64Array {
  const values = new Float64Array(count)
  let value = 0
  for (let i = 0; i < count; i++) {
    value += Math.floor(Math.random() * rise)
    values[i] = value
  }
  return values
}

const SAMPLES = Math.floor((HOURS_MS + 600_000) / SAMPLE_GAP_MS)

/** Targets with counters each, told apart by instance and path. */
function counters(targets: number, each: number): Queryable {
  return sourceOf(
    Array.from({ length: targets }, (_, target) => ({
      times: targetTimes(SAMPLES),
      columns: Array.from({ length: each }, (_, path) => ({
        labels: labelsFrom([
          ['__name__', 'requests_total'],
          ['instance', `host${target}:9100`],
          ['job', 'node'],
          ['path', `/p${path}`],
        ]),
        values: counterValues(SAMPLES, 100),
      })),
    })),
  )
}

/** Targets with classic histograms of 12 buckets. */
function histograms(targets: number, each: number): Queryable {
  const bounds = [
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '+Inf',
  ]
  return sourceOf(
    Array.from({ length: targets }, (_, target) => ({
      times: targetTimes(SAMPLES),
      columns: Array.from({ length: each }, (_, path) => {
        let sum = new Float64Array(SAMPLES)
        return bounds.map((le) => {
          const own = counterValues(SAMPLES, 20)
          sum = own.map((value, i) => value + sum[i])
          const labels = labelsFrom([
            ['__name__', 'seconds_bucket'],
            ['instance', `host${target}:9100`],
            ['le', le],
            ['path', `/p${path}`],
          ])
          return { labels, values: sum }
        })
      }).flat(),
    })),
  )
}

/** Many gauges at one instant. */
function gauges(count: number): Queryable {
  const groups = Array.from({ length: count / 500 }, (_, target) => ({
    times: targetTimes(20).map((time) => time + HOURS_MS + 400_000),
    columns: Array.from({ length: 500 }, (_, pod) => ({
      labels: labelsFrom([
        ['__name__', 'usage'],
        ['dc', `dc${target % 8}`],
        ['instance', `host${target}:9100`],
        ['pod', `pod-${target}-${pod}`],
      ]),
      values: counterValues(20, 100),
    })),
  }))
  return sourceOf(groups)
}

function ask(expr: string, source: Queryable, stepMs = STEP_MS): () => unknown {
  const query: Query =
    stepMs === 0
      ? { expr, fromMs: TO_MS, toMs: TO_MS }
      : { expr, fromMs: FROM_MS, toMs: TO_MS, stepMs }
  return () => evaluate(query, source, freeBudget)
}

const thousand = counters(20, 50)
const buckets = histograms(20, 25)
const many = gauges(100_000)

printLaps(
  '1,000 series x 6 h, step 60 s, ns per sample',
  race(1000 * SAMPLES, 8, {
    'rate(x[5m])': ask('rate(requests_total[5m])', thousand),
    'sum by (instance) (rate(x[5m]))': ask(
      'sum by (instance) (rate(requests_total[5m]))',
      thousand,
    ),
    'sum(x)': ask('sum(requests_total)', thousand),
    'max_over_time(x[5m])': ask('max_over_time(requests_total[5m])', thousand),
    'avg_over_time(x[1h])': ask('avg_over_time(requests_total[1h])', thousand),
    'quantile_over_time(0.95, x[1h])': ask(
      'quantile_over_time(0.95, requests_total[1h])',
      thousand,
    ),
    'topk(5, rate(x[5m]))': ask('topk(5, rate(requests_total[5m]))', thousand),
    'rate(x[5m]) / rate(x[5m])': ask(
      'rate(requests_total[5m]) / rate(requests_total[5m])',
      thousand,
    ),
    'rate(x[5m]) > 1': ask('rate(requests_total[5m]) > 1', thousand),
  }),
)

printLaps(
  '500 histograms of 12 buckets x 6 h, step 60 s, ns per sample',
  race(6000 * SAMPLES, 4, {
    'histogram_quantile(0.9, rate(x[5m]))': ask(
      'histogram_quantile(0.9, rate(seconds_bucket[5m]))',
      buckets,
    ),
    'histogram_quantile(0.9, sum by (le, path)': ask(
      'histogram_quantile(0.9, sum by (le, path) (rate(seconds_bucket[5m])))',
      buckets,
    ),
  }),
)

printLaps(
  '100,000 gauges at one instant, ns per series',
  race(100_000, 8, {
    'sum by (dc) (x)': ask('sum by (dc) (usage)', many, 0),
    'sum by (dc, instance) (x)': ask('sum by (dc, instance) (usage)', many, 0),
    'sum without (pod) (x)': ask('sum without (pod) (usage)', many, 0),
    'topk(10, x)': ask('topk(10, usage)', many, 0),
    x: ask('usage', many, 0),
  }),
)
