/** The account of one query. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorKind, NarthexError } from '../../../src/base/error.ts'
import { CANCELED, finalDeadline, QueryBudget, TIMED_OUT } from '../../../src/query/host/budget.ts'
import { QUERY_LIMITS } from '../../../src/query/host/limits.ts'

const LIMITS = { ...QUERY_LIMITS, samplesMax: 100, memoryBytesMax: 1_000 }

function kindOf(work: () => void): ErrorKind | undefined {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof NarthexError)
    return error.kind
  }
  return undefined
}

test('samples are counted up to the bound', () => {
  const budget = new QueryBudget(LIMITS, finalDeadline(60_000))
  budget.chargeSamples(60)
  budget.chargeSamples(40)
  assert.equal(budget.samples, 100)
  assert.equal(
    kindOf(() => budget.chargeSamples(1)),
    'limit',
  )
})

test('bytes are charged, given back, and refused over the bound or when they are no number', () => {
  const budget = new QueryBudget(LIMITS, finalDeadline(60_000))
  budget.chargeBytes(900)
  budget.releaseBytes(800)
  budget.chargeBytes(900)
  assert.equal(budget.heldBytesMax, 1_000)
  assert.equal(
    kindOf(() => budget.chargeBytes(1)),
    'limit',
  )
  const other = new QueryBudget(LIMITS, finalDeadline(60_000))
  assert.equal(
    kindOf(() => other.chargeBytes(Number.NaN)),
    'limit',
  )
  assert.equal(
    kindOf(() => new QueryBudget(LIMITS, finalDeadline(1)).chargeBytes(Infinity)),
    'limit',
  )
})

for (const [word, kind] of [
  [CANCELED, 'canceled'],
  [TIMED_OUT, 'timeout'],
] as const) {
  test(`another thread ends it: ${kind}`, () => {
    const flag = new Int32Array(new SharedArrayBuffer(4))
    const budget = new QueryBudget(LIMITS, finalDeadline(60_000), flag)
    assert.equal(
      kindOf(() => budget.check()),
      undefined,
    )
    Atomics.store(flag, 0, word)
    assert.equal(
      kindOf(() => budget.check()),
      kind,
    )
    assert.equal(
      kindOf(() => budget.checkNow()),
      kind,
    )
  })
}

test('time is up after a few checks at most', () => {
  const budget = new QueryBudget(LIMITS, finalDeadline(-1))
  assert.equal(
    kindOf(() => budget.checkNow()),
    'timeout',
  )
  const kinds = Array.from({ length: 8 }, () => kindOf(() => budget.check()))
  assert.ok(kinds.includes('timeout'))
})
