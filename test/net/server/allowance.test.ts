import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { Allowances } from '../../../src/net/server/allowance.ts'

test('a caller may do so much at once, and one more after each interval', () => {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const allowances = new Allowances({ burst: 3, refillMs: 100, callersMax: 9 }, clock)
  for (let i = 0; i < 3; i++) {
    assert.equal(allowances.waitMs('a'), 0)
    allowances.use('a')
  }
  assert.equal(allowances.waitMs('a'), 100)
  assert.equal(allowances.waitMs('b'), 0)
  nowMs = 50
  assert.equal(allowances.waitMs('a'), 50)
  nowMs = 100
  assert.equal(allowances.waitMs('a'), 0)
  nowMs = 1_000_000
  for (let i = 0; i < 3; i++) {
    assert.equal(allowances.waitMs('a'), 0)
    allowances.use('a')
  }
  assert.equal(allowances.waitMs('a'), 100, 'what was not used is not saved up')
})

test('who was counted longest ago is forgotten first', () => {
  const clock = { ...systemClock, monotonicMs: () => 0 }
  const allowances = new Allowances({ burst: 1, refillMs: 100, callersMax: 2 }, clock)
  for (const caller of ['a', 'b', 'a', 'c']) allowances.use(caller)
  assert.equal(allowances.waitMs('b'), 0)
  assert.ok(allowances.waitMs('a') > 0 && allowances.waitMs('c') > 0)
})
