/** A range query is, step by step, the instant query at that step: to the bit, for anything asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messageOf } from '../../../src/base/error.ts'
import { labelsKey } from '../../../src/model/labels.ts'
import type { Query } from '../../../src/model/querier.ts'
import type { EngineOptions } from '../../../src/query/engine/context.ts'
import { ENGINE_DEFAULTS, evaluate } from '../../../src/query/engine/evaluate.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { labelsOf, MemoryStore, TestBudget } from './memory.ts'

const EXPRESSIONS = [
  'm',
  'm offset 30s',
  'm @ 60',
  'm smoothed',
  '-m',
  'timestamp(m)',
  'abs(m) > 3',
  'm > bool 3',
  '2 ^ m',
  'clamp(m, 1, 5)',
  'round(m, 0.5)',
  'rate(m[1m])',
  'increase(m[2m] anchored)',
  'delta(m[1m] smoothed)',
  'irate(m[2m])',
  'sum_over_time(m[2m])',
  'avg_over_time(m[3m])',
  'min_over_time(m[3m])',
  'max_over_time(m[3m])',
  'stddev_over_time(m[2m])',
  'quantile_over_time(0.3, m[2m])',
  'mad_over_time(m[2m])',
  'last_over_time(m[1m])',
  'changes(m[5m])',
  'deriv(m[2m])',
  'predict_linear(m[2m], 60)',
  'double_exponential_smoothing(m[3m], 0.3, 0.6)',
  'absent(m{a="1"})',
  'absent_over_time(m{a="1"}[1m])',
  'sum(m)',
  'sum by (a) (m)',
  'avg without (a) (m)',
  'min by (b) (m)',
  'max by (a, b) (rate(m[1m]))',
  'stdvar(m)',
  'group by (a) (m)',
  'count by (b) (m > 2)',
  'quantile by (a) (0.4, m)',
  'topk(1, m)',
  'bottomk by (a) (1, m)',
  'limitk(2, m)',
  'limit_ratio(0.5, m)',
  'count_values("v", round(m))',
  'm + m',
  'm * on (a, b) m',
  'm / ignoring (b) group_left () max by (a) (m)',
  'sum by (a) (m) - on (a) group_right () m',
  'm > m offset 1m',
  'm and m > 3',
  'm or vector(1)',
  'm unless on (b) (m > 5)',
  'm + on (a, b) fill (0) (m > 4)',
  'max_over_time(sum(m)[2m:20s])',
  'rate(sum(m)[2m:30s])',
  'sum_over_time(m[2m:15s] offset 20s)',
  'scalar(sum(m)) + m',
  'label_replace(m, "c", "$1", "a", "(.*)")',
  'label_join(m, "c", "-", "a", "b")',
  'histogram_quantile(0.5, label_join(m, "le", "", "b"))',
  'hour(m * 3600)',
  'vector(time())',
  'sort(m)',
]

const TIMES = Array.from({ length: 25 }, (_, i) => i * 15_000)

/** A few series; some share their times, some have holes or staleness markers. */
const stores: fc.Arbitrary<MemoryStore> = fc
  .array(
    fc.record({
      holes: fc.boolean(),
      cells: fc.array(
        fc.oneof(
          { weight: 8, arbitrary: fc.integer({ min: -2, max: 9 }) },
          { weight: 2, arbitrary: fc.double({ min: -5, max: 20, noNaN: true }) },
          { weight: 1, arbitrary: fc.constant('stale' as const) },
          { weight: 1, arbitrary: fc.constant(Number.NaN) },
        ),
        { minLength: TIMES.length, maxLength: TIMES.length },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((series) => {
    const store = new MemoryStore()
    for (const [i, { holes, cells }] of series.entries()) {
      const labels = labelsOf({ __name__: 'm', a: String(i % 2), b: String(i >> 1) })
      const samples = cells.map((value, slot) => ({ timeMs: TIMES[slot], value }))
      store.add(
        labels,
        samples.filter((_, slot) => !holes || slot % 3 !== 1),
      )
    }
    return store
  })

/** Values by labels, for one step; or the error. */
type StepAnswer = Map<string, number> | string

function answersOf(query: Query, store: MemoryStore, options: EngineOptions): StepAnswer[] {
  const budget = new TestBudget(1e7, 1e8, (what) => new Error(what))
  let data: ReturnType<typeof evaluate>['data']
  try {
    data = evaluate(query, store, budget, options).data
  } catch (error) {
    return [messageOf(error)]
  }
  if (data.kind === 'vector') {
    return [new Map(data.labels.map((labels, i) => [labelsKey(labels), data.values[i]]))]
  }
  assert.ok(data.kind === 'matrix')
  const { grid, labels, values, present } = data
  return Array.from({ length: grid.count }, (_, step) => {
    const answer = new Map<string, number>()
    for (const [row, rowLabels] of labels.entries()) {
      const slot = row * grid.count + step
      if (present[slot] !== 0) answer.set(labelsKey(rowLabels), values[slot])
    }
    return answer
  })
}

for (const delayedNameRemoval of [false, true]) {
  const how = delayedNameRemoval ? 'at the end' : 'at once'
  test(`every step of a range is the instant at that time, names removed ${how}`, () => {
    const options = { ...ENGINE_DEFAULTS, features: ALL_FEATURES, delayedNameRemoval }
    fc.assert(
      fc.property(
        stores,
        fc.constantFrom(...EXPRESSIONS),
        fc.integer({ min: 0, max: 120 }),
        fc.constantFrom(7_000, 15_000, 45_000),
        (store, expr, startSeconds, stepMs) => {
          const fromMs = startSeconds * 1000
          const range = answersOf(
            { expr, fromMs, toMs: fromMs + 8 * stepMs, stepMs },
            store,
            options,
          )
          if (range.length === 1) return
          for (const [step, answer] of range.entries()) {
            const timeMs = fromMs + step * stepMs
            const [instant] = answersOf({ expr, fromMs: timeMs, toMs: timeMs }, store, options)
            assert.deepEqual(answer, instant, `${expr} at ${timeMs}`)
          }
        },
      ),
      { seed: 12, numRuns: 600 },
    )
  })
}
