/** What evaluate hands back: kinds of answers, their order, statistics, warnings and refusals. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { formatLabels } from '../../../src/model/labels.ts'
import type { Query } from '../../../src/model/querier.ts'
import type { Result } from '../../../src/model/result.ts'
import type { EngineOptions } from '../../../src/query/engine/context.ts'
import { ENGINE_DEFAULTS, evaluate } from '../../../src/query/engine/evaluate.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { cpuMsOf } from '../../support/cpu.ts'
import { labelsOf, MemoryStore, TestBudget } from './memory.ts'

function refusal(what: string): NarthexError {
  return new NarthexError('limit', `cannot run query: ${what}`)
}

function newBudget(): TestBudget {
  return new TestBudget(50_000_000, 256 * 2 ** 20, refusal)
}

/** Three series of a counter and one gauge, a sample every 10 s from 0 to 100 s. */
function newStore(): MemoryStore {
  const store = new MemoryStore()
  const times = Array.from({ length: 11 }, (_, i) => i * 10_000)
  for (const [path, rise] of [
    ['c', 3],
    ['a', 1],
    ['b', 2],
  ] as const) {
    const labels = labelsOf({ __name__: 'requests_total', path })
    store.add(
      labels,
      times.map((timeMs, i) => ({ timeMs, value: i * rise })),
    )
  }
  store.add(
    labelsOf({ __name__: 'temperature' }),
    times.map((timeMs, i) => ({ timeMs, value: i < 6 ? 20 + i : ('stale' as const) })),
  )
  return store
}

const STORE = newStore()
const OPTIONS: EngineOptions = { ...ENGINE_DEFAULTS, features: ALL_FEATURES }

function ask(query: Partial<Query> & { expr: string }, options = OPTIONS): Result {
  const atMs = query.fromMs ?? 50_000
  return evaluate({ fromMs: atMs, toMs: atMs, ...query }, STORE, newBudget(), options)
}

function labelTexts({ data }: Result): string[] {
  if (data.kind === 'samples') return data.series.map(({ labels }) => formatLabels(labels))
  if (data.kind === 'scalar' || data.kind === 'string') return []
  return data.labels.map(formatLabels)
}

test('an instant vector is sorted by labels unless the query orders it', () => {
  const plain = ask({ expr: 'requests_total' })
  assert.equal(plain.data.kind, 'vector')
  assert.deepEqual(labelTexts(plain), [
    'requests_total{path="a"}',
    'requests_total{path="b"}',
    'requests_total{path="c"}',
  ])
  for (const expr of [
    'sort_desc(requests_total)',
    'topk(9, requests_total)',
    '(topk(9, requests_total) + 0) * 2 > 0',
  ]) {
    const paths = labelTexts(ask({ expr })).map((text) => /path="(.)"/.exec(text)?.[1])
    assert.deepEqual(paths, ['c', 'b', 'a'], expr)
  }
})

test('a range query is a matrix with presence, its rows sorted', () => {
  const { data } = ask({ expr: 'temperature or requests_total', toMs: 110_000, stepMs: 30_000 })
  assert.ok(data.kind === 'matrix')
  assert.deepEqual(data.grid, { fromMs: 50_000, stepMs: 30_000, count: 3 })
  assert.equal(data.labels.length, 4)
  const row = data.labels.length - 1
  assert.equal(formatLabels(data.labels[row]), 'temperature')
  assert.deepEqual([...data.present.subarray(row * 3, row * 3 + 3)], [1, 0, 0])
  assert.equal(data.values[row * 3], 25)
})

test('scalars, strings and range vectors come as what they are', () => {
  assert.deepEqual(ask({ expr: '1 + 2 * 3' }).data, { kind: 'scalar', timeMs: 50_000, value: 7 })
  assert.deepEqual(ask({ expr: '("a")' }).data, { kind: 'string', timeMs: 50_000, value: 'a' })
  const { data } = ask({ expr: 'temperature[1h]', fromMs: 100_000 })
  assert.ok(data.kind === 'samples')
  const [series] = data.series
  assert.deepEqual([...series.values.subarray(series.from, series.to)], [20, 21, 22, 23, 24, 25])
  assert.deepEqual([...series.times.subarray(series.from, series.to)].at(-1), 50_000)
})

test('a scalar over a range is one row without labels', () => {
  const { data } = ask({ expr: 'time()', toMs: 60_000, stepMs: 5_000 })
  assert.ok(data.kind === 'matrix')
  assert.deepEqual(data.labels, [[]])
  assert.deepEqual([...data.values], [50, 55, 60])
})

test('the lookback of the query wins over the engine’s', () => {
  assert.equal(labelTexts(ask({ expr: 'requests_total', fromMs: 109_000 })).length, 3)
  const short = ask({ expr: 'requests_total', fromMs: 109_000, lookbackMs: 9_000 })
  assert.equal(labelTexts(short).length, 0)
})

test('a limit cuts the answer and says so', () => {
  const instant = ask({ expr: 'requests_total', limit: 2 })
  assert.equal(labelTexts(instant).length, 2)
  assert.deepEqual(instant.warnings, ['results truncated due to limit'])
  const range = ask({ expr: 'requests_total', toMs: 60_000, stepMs: 1_000, limit: 1 })
  assert.equal(labelTexts(range).length, 1)
  assert.deepEqual(ask({ expr: 'requests_total', limit: 3 }).warnings, [])
})

for (const [expr, samples] of [
  ['requests_total', 3],
  ['rate(requests_total[30s])', 9],
  ['sum_over_time(sum(requests_total)[30s:10s])', 3],
  ['requests_total + requests_total', 6],
  ['vector(1)', 0],
] as const) {
  test(`${expr} reads ${samples} samples`, () => {
    assert.equal(ask({ expr }).stats.totalQueryableSamples, samples)
  })
}

test('a range query counts samples once per step', () => {
  const { stats } = ask({ expr: 'requests_total', toMs: 90_000, stepMs: 10_000 })
  assert.equal(stats.totalQueryableSamples, 15)
  assert.equal(stats.peakSamples, 15)
})

for (const [expr, kind, message] of [
  ['sum(', 'bad_data', /^1:5: parse error: unclosed left parenthesis/],
  ['requests_total[5m]', 'bad_data', /invalid expression type "range vector" for range query/],
  ['"text"', 'bad_data', /invalid expression type "string" for range query/],
  ['rate(requests_total[step() - step()])', 'bad_data', /^20:35: duration must be greater than 0$/],
  ['requests_total[5m:] offset (1 / 0)', 'bad_data', /division by zero$|must be Scalar/],
  [
    'sum_over_time(requests_total[1m] smoothed)',
    'execution',
    /^smoothed modifier can only be used/,
  ],
  [
    'changes(requests_total[1m] smoothed)',
    'execution',
    /delta, increase, rate - not with changes$/,
  ],
  [
    'label_replace(temperature, "x", "$1", "y", "(")',
    'execution',
    /^invalid regular expression in/,
  ],
  ['count_values("", temperature)', 'execution', /^invalid label name ""$/],
  ['count_values("a\\xc5z", temperature)', 'execution', /^invalid label name "a\\xc5z"$/],
  [
    'double_exponential_smoothing(temperature[1m], 2, 0.5)',
    'execution',
    /^invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000$/,
  ],
  ['topk(1e19, temperature)', 'execution', /^Scalar value 1e\+19 overflows int64$/],
  [
    'requests_total + on () requests_total',
    'execution',
    /^found duplicate series for the match group \{\} on the right hand-side of the operation: \[\{__name__="requests_total", path="a"\}, \{__name__="requests_total", path="c"\}\];many-to-many matching not allowed: matching labels must be unique on one side$/,
  ],
  [
    'requests_total + on () temperature',
    'execution',
    /^multiple matches for labels: many-to-one matching must be explicit \(group_left\/group_right\)$/,
  ],
  [
    'requests_total * on () group_right (path) requests_total',
    'execution',
    /^found duplicate series for the match group \{\} on the left hand-side/,
  ],
  [
    'requests_total * ignoring (path) group_left (path) sum(requests_total)',
    'execution',
    /^multiple matches for labels: grouping labels must ensure unique matches$/,
  ],
  ['label_join(requests_total, "path", "")', 'execution', /cannot contain metrics with the same/],
] as const) {
  test(`over a range ${expr} is ${kind}`, () => {
    const query = { expr, toMs: 60_000, stepMs: 5_000 }
    assert.throws(
      () => ask(query),
      (error) => {
        assert.ok(error instanceof NarthexError, String(error))
        assert.equal(error.kind, kind, error.message)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('notes carry their position in lines and bytes', () => {
  const { infos } = ask({ expr: 'sum(\n  rate(temperature[1m])\n)' })
  assert.deepEqual(infos, [
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "temperature" (2:8)',
  ])
  const accents = ask({ expr: 'label_replace(rate(temperature[1m]), "x", "é", "", "") # é' })
  assert.match(accents.infos[0], /\(1:20\)$/)
})

test('with types as labels the type tells a counter', () => {
  const options = { ...OPTIONS, typeAndUnitLabels: true }
  const { infos } = ask({ expr: 'rate(requests_total[1m])' }, options)
  assert.deepEqual(infos, [
    'PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "": "requests_total" (1:6)',
  ])
})

test('sorting a range is useless, and said to be', () => {
  const { warnings } = ask({ expr: 'sort(requests_total)', toMs: 60_000, stepMs: 5_000 })
  assert.deepEqual(warnings, [
    'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
  ])
})

for (const expr of [
  'count_over_time(vector(1)[1y:1ms])',
  'max_over_time(max_over_time(vector(1)[1y:1s])[1y:1s])',
  'absent_over_time(vector(time())[1y:1s])',
]) {
  test(`C13: ${expr} is refused before anything is allocated`, () => {
    const before = process.memoryUsage().arrayBuffers
    const tookMs = cpuMsOf(() => {
      assert.throws(
        () => ask({ expr }),
        (error) => error instanceof NarthexError && error.kind === 'limit',
      )
    })
    assert.ok(tookMs < 200, `${tookMs} ms`)
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
  })
}

for (const expr of [
  'requests_total',
  'sum by (path) (rate(requests_total[1m])) / on (path) requests_total',
  'topk(1, requests_total) or -temperature',
  'quantile(0.5, requests_total) + sum_over_time(sum(requests_total)[1m:10s])',
  'count_values("v", requests_total) unless temperature',
  'histogram_quantile(0.5, label_replace(requests_total, "le", "1", "path", "a"))',
]) {
  test(`${expr} gives back what it has charged, but for what it returns`, () => {
    const budget = newBudget()
    const query = { expr, fromMs: 50_000, toMs: 90_000, stepMs: 1_000 }
    const { data } = evaluate(query, STORE, budget)
    assert.ok(data.kind === 'matrix')
    // Scalars and the arrays of groups are small and stay charged until the query ends.
    const kept = data.present.length * 9
    assert.ok(budget.bytes >= 0 && budget.bytes <= kept + 41 * 9 * 24, `${budget.bytes} ${kept}`)
    assert.ok(budget.checks > 0)
  })
}
