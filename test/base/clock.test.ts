/** The real clock. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'

const DAY_MS = 86_400_000

test('a timer of more than 24 days waits for its time, instead of firing at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let calls = 0
  systemClock.after(60 * DAY_MS, () => calls++)
  for (let day = 0; day < 59; day++) t.mock.timers.tick(DAY_MS)
  assert.equal(calls, 0)
  t.mock.timers.tick(DAY_MS)
  t.mock.timers.tick(120 * DAY_MS)
  assert.equal(calls, 1)
})

test('a timer can be cancelled in each of its parts, and more than once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let calls = 0
  for (const days of [0, 1, 30]) {
    const timer = systemClock.after(60 * DAY_MS, () => calls++)
    for (let day = 0; day < days; day++) t.mock.timers.tick(DAY_MS)
    timer.cancel()
    timer.cancel()
  }
  t.mock.timers.tick(120 * DAY_MS)
  assert.equal(calls, 0)
})
