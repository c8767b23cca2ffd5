import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Admission } from '../../../src/store/metrics/admission.ts'

/** An admission over a count that the test moves, with a clock that it moves as well. */
function open(seriesMax: number, newSeriesPerMinuteMax: number) {
  const state = { count: 0, nowMs: 0 }
  const clock = { ...systemClock, monotonicMs: () => state.nowMs }
  const admission = new Admission({ seriesMax, newSeriesPerMinuteMax, clock }, () => state.count)
  const admit = (): void => {
    admission.admit()
    state.count++
  }
  return { state, admission, admit }
}

const isShare = (error: unknown): boolean => error instanceof NarthexError && error.kind === 'share'

test('a fleet that arrives at once is admitted up to half of the bound, whatever the rate', () => {
  const { state, admit } = open(100, 5)
  for (let i = 0; i < 50; i++) admit()
  assert.equal(state.count, 50)
})

test('above half of the bound only so many new series a minute are admitted', () => {
  const { state, admission, admit } = open(100, 5)
  for (let i = 0; i < 55; i++) admit()
  assert.throws(admit, isShare)
  state.nowMs += 60_000
  admit()
  assert.equal(state.count, 56)
  assert.equal(admission.refused, 1)
})

test('C14: at the bound every new series is refused', () => {
  const { state, admit } = open(10, 0)
  for (let i = 0; i < 10; i++) admit()
  for (let i = 0; i < 100; i++) assert.throws(admit, isShare)
  assert.equal(state.count, 10)
})
