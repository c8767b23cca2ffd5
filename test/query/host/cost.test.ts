/** Cost: which times each selector looks at, and how work adds up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { formatMatcher } from '../../../src/model/matcher.ts'
import type { Queryable } from '../../../src/model/queryable.ts'
import { ENGINE_DEFAULTS } from '../../../src/query/engine/evaluate.ts'
import { type Cost, estimateCost } from '../../../src/query/host/cost.ts'
import { QUERY_LIMITS } from '../../../src/query/host/limits.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { MemoryQueryable } from './memory.ts'

const HOUR_MS = 3_600_000

/** Costs of an expression from 10 h to 11 h in minutes, and the looks at the index. */
function costOf(text: string, check: () => void = () => {}): { cost: Cost; looks: string[] } {
  const store = new MemoryQueryable({
    seriesCount: 10,
    samplesPerSeries: 2_880,
    intervalMs: 15_000,
  })
  const looks: string[] = []
  const source: Queryable = Object.create(store, {
    estimate: {
      value: (...args: Parameters<Queryable['estimate']>) => {
        const [matchers, fromMs, toMs] = args
        looks.push(`${matchers.map(formatMatcher)} ${fromMs / HOUR_MS} ${toMs / HOUR_MS}`)
        return store.estimate(...args)
      },
    },
  })
  const range = { text, fromMs: 10 * HOUR_MS, toMs: 11 * HOUR_MS, stepMs: 60_000 }
  const expr = parseExpr(text, ALL_FEATURES)
  const cost = estimateCost(expr, range, source, ENGINE_DEFAULTS, QUERY_LIMITS, check)
  return { cost, looks }
}

const M = '__name__="m"'
for (const [text, looks] of [
  ['1 + 1', []],
  ['m', [`${M} ${10 - 1 / 12} 11`]],
  ['m offset 1h', [`${M} ${9 - 1 / 12} 10`]],
  ['m offset -1h', [`${M} ${11 - 1 / 12} 12`]],
  ['m @ 3600', [`${M} ${1 - 1 / 12} 1`]],
  ['m @ end() offset 1h', [`${M} ${10 - 1 / 12} 10`]],
  ['rate(m[2h])', [`${M} 8 11`]],
  ['rate(m[2h] anchored)', [`${M} ${8 - 1 / 12} 11`]],
  ['rate(m[range()*2] offset 1h)', [`${M} 7 10`]],
  ['max_over_time(rate(m[1h])[2h:1m])', [`${M} 7 11`]],
  ['max_over_time(rate(m[1h])[2h:1m] offset 1h)', [`${M} 6 10`]],
  ['max_over_time(m[2h:1m] @ start())', [`${M} ${8 - 1 / 12} 10`]],
  ['topk(scalar(m{i="1"}), m) + -(m)', [`i="1",${M} ${10 - 1 / 12} 11`, `${M} ${10 - 1 / 12} 11`]],
] as const) {
  test(`${text} looks at ${looks.join(' and ') || 'nothing'}`, () => {
    assert.deepEqual(costOf(text).looks, looks)
  })
}

test('samples add up, each selector’s own', () => {
  assert.equal(costOf('m').cost.samples, 10 * (65 * 4 + 1))
  assert.equal(costOf('m + m').cost.samples, 2 * 10 * (65 * 4 + 1))
})

test('windows that overlap are work each time', () => {
  const narrow = costOf('sum_over_time(m[1m])').cost.work
  const wide = costOf('sum_over_time(m[1h])').cost.work
  assert.ok(wide > 10 * narrow, `${wide} against ${narrow}`)
})

test('functions that look at the ends of windows pay for what they read only', () => {
  const rate = costOf('rate(m[1h])').cost
  const sum = costOf('sum_over_time(m[1h])').cost
  assert.equal(rate.samples, sum.samples)
  assert.ok(rate.work * 4 < sum.work, `${rate.work} and ${sum.work}`)
})

test('a subquery with too many points is refused', () => {
  assert.throws(
    () => costOf('max_over_time(m[1y:1s])'),
    (error) =>
      error instanceof NarthexError && /31536001 points .* at most 100000/.test(error.message),
  )
  assert.throws(() => costOf('max_over_time(m[1y:])'), NarthexError, 'the default step is a minute')
  assert.doesNotThrow(() => costOf('max_over_time(m[60d:])'))
})

test('before each look at the index it is asked whether to go on', () => {
  let left = 2
  const check = (): void => {
    if (left-- === 0) throw new NarthexError('timeout', 'too late')
  }
  assert.throws(() => costOf('m{i="1"} + m{i="2"} + m{i="3"}', check), /too late/)
})
