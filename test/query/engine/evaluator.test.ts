/** How the evaluator goes about it: what it reads once, streams, or never holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import type { Matcher } from '../../../src/model/matcher.ts'
import type { Budget, Series } from '../../../src/model/queryable.ts'
import { ENGINE_DEFAULTS, evaluate } from '../../../src/query/engine/evaluate.ts'
import { labelsOf, MemoryStore, TestBudget } from './memory.ts'

/** A store that notes what it is asked. */
class AskedStore extends MemoryStore {
  readonly asked: { fromMs: number; toMs: number }[] = []

  override select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    budget: Budget,
  ): Series[] {
    this.asked.push({ fromMs, toMs })
    return super.select(matchers, fromMs, toMs, budget)
  }
}

const SERIES = 500
const STEPS = 1_000

function newStore(): AskedStore {
  const store = new AskedStore()
  for (let i = 0; i < SERIES; i++) {
    const samples = Array.from({ length: 20 }, (_, k) => ({ timeMs: k * 60_000, value: k * i }))
    store.add(labelsOf({ __name__: 'm_total', i: String(i), half: String(i % 2) }), samples)
  }
  return store
}

const STORE = newStore()

function ask(expr: string, budget: Budget = newBudget()): ReturnType<typeof evaluate> {
  STORE.asked.length = 0
  return evaluate(
    { expr, fromMs: 600_000, toMs: 600_000 + STEPS * 500, stepMs: 500 },
    STORE,
    budget,
  )
}

function newBudget(): TestBudget {
  return new TestBudget(1e7, 2 ** 28, (what) => new NarthexError('limit', what))
}

for (const [expr, fromMs, toMs] of [
  ['m_total', 300_001, 1_100_000],
  ['m_total offset 1m', 240_001, 1_040_000],
  ['m_total @ 700', 400_001, 700_000],
  ['rate(m_total[2m])', 480_001, 1_100_000],
  ['rate(m_total[2m] @ start())', 480_001, 600_000],
  ['rate(m_total[2m] anchored)', 180_001, 1_100_000],
  ['rate(m_total[2m] smoothed)', 180_001, 1_400_000],
  ['max_over_time(m_total[2m:30s])', 210_001, 1_080_000],
] as const) {
  test(`${expr} reads (${fromMs - 1}, ${toMs}] once`, () => {
    ask(expr)
    assert.deepEqual(STORE.asked, [{ fromMs, toMs }])
  })
}

for (const expr of [
  'sum(rate(m_total[5m]))',
  'avg by (half) (m_total)',
  'max by (half) (abs(m_total) * 2 > 1)',
  'count(-m_total)',
]) {
  test(`${expr} never holds a row per series`, () => {
    const budget = newBudget()
    ask(expr, budget)
    assert.ok(budget.bytesPeak < 40 * STEPS * 9, `${budget.bytesPeak}`)
  })
}

test('a thousand operators in a row need no depth of their own', () => {
  const { data } = ask(`m_total{i="1"}${' + 1'.repeat(1_000)}`)
  assert.ok(data.kind === 'matrix')
  assert.equal(data.values[0], 1_010)
})

test('a query ends where its budget says so', () => {
  for (const expr of ['m_total', 'sum by (i) (rate(m_total[5m]))', 'topk by (half) (2, m_total)']) {
    let checks = 0
    const budget: Budget = {
      chargeSamples() {},
      chargeBytes() {},
      releaseBytes() {},
      check() {
        if (++checks > 3) throw new NarthexError('canceled', 'the client left')
      },
    }
    assert.throws(() => ask(expr, budget), /the client left/)
  }
})

test('names that go at once must leave the series apart, unless they go at the end', () => {
  const store = new MemoryStore()
  for (const name of ['a_total', 'b_total']) {
    store.add(labelsOf({ __name__: name }), [
      { timeMs: 0, value: 1 },
      { timeMs: 60_000, value: 2 },
    ])
  }
  const query = { fromMs: 60_000, toMs: 60_000 }
  const both = '{__name__=~"a_total|b_total"}'
  for (const expr of [
    `rate(${both}[2m])`,
    `abs(${both})`,
    `-${both}`,
    `${both} + 1`,
    `timestamp(${both})`,
    `sum(rate(${both}[2m]))`,
    `count(${both} > bool 0)`,
  ]) {
    assert.throws(
      () => evaluate({ ...query, expr }, store, newBudget()),
      /^NarthexError: vector cannot contain metrics with the same labelset$/,
      expr,
    )
  }
  for (const expr of [
    `last_over_time(${both}[2m])`,
    `sum(${both})`,
    `absent_over_time(${both}[2m])`,
  ]) {
    evaluate({ ...query, expr }, store, newBudget())
  }
  const delayed = { ...ENGINE_DEFAULTS, delayedNameRemoval: true }
  const expr = `sum(rate(${both}[2m]))`
  const { data } = evaluate({ ...query, expr }, store, newBudget(), delayed)
  assert.ok(data.kind === 'vector')
  assert.equal(data.values.length, 1)
})
