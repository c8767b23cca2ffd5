/** When targets are scraped: slots, bursts, alignment, clocks that jump. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  alignTimeMs,
  BURST_TARGETS_MAX,
  nextTimeMs,
  SLOTS_MAX,
  Slots,
} from '../../../src/collect/scrape/schedule.ts'

const INTERVAL_MS = 15_000

test('equal keys get equal offsets after every start', () => {
  const offsets = (): number[] => {
    const slots = new Slots()
    return ['a', 'b', 'c', 'd'].map((key) => slots.take(key, INTERVAL_MS))
  }
  assert.deepEqual(offsets(), offsets())
})

test('many targets share few wake-ups, and none of them is crowded', () => {
  const slots = new Slots()
  const counts = new Map<number, number>()
  for (let i = 0; i < 1000; i++) {
    const offsetMs = slots.take(`target ${i}`, INTERVAL_MS)
    assert.ok(offsetMs >= 0 && offsetMs < INTERVAL_MS)
    counts.set(offsetMs, (counts.get(offsetMs) ?? 0) + 1)
  }
  const fullBursts = 1000 / BURST_TARGETS_MAX
  assert.ok(counts.size >= fullBursts && counts.size <= fullBursts + SLOTS_MAX)
  assert.ok(Math.max(...counts.values()) <= BURST_TARGETS_MAX)
})

test('an offset that is given back is free again', () => {
  const slots = new Slots()
  const keys = Array.from({ length: 500 }, (_, i) => `target ${i}`)
  const first = keys.map((key) => slots.take(key, INTERVAL_MS))
  for (const [i, key] of keys.entries()) slots.giveBack(key, INTERVAL_MS, first[i])
  assert.deepEqual(
    keys.map((key) => slots.take(key, INTERVAL_MS)),
    first,
  )
})

test('the next time lies within one interval, in its slot, whatever the clock says', () => {
  const times = fc.integer({ min: -4e12, max: 4e12 })
  const inSlot = fc.property(times, fc.nat(INTERVAL_MS - 1), (nowMs, offsetMs) => {
    const next = nextTimeMs(nowMs, Number.NaN, INTERVAL_MS, offsetMs)
    assert.ok(next > nowMs && next <= nowMs + INTERVAL_MS)
    assert.equal(Math.abs((next - offsetMs) % INTERVAL_MS), 0)
  })
  fc.assert(inSlot, { seed: 20_260_110 })
})

test('a timer that fires a little early does not scrape the same time twice', () => {
  const planned = nextTimeMs(1_000_000, 0, INTERVAL_MS, 3000)
  assert.equal(nextTimeMs(planned - 1, planned, INTERVAL_MS, 3000), planned + INTERVAL_MS)
})

for (const [lateMs, intervalMs, isAligned] of [
  [0, INTERVAL_MS, true],
  [2, INTERVAL_MS, true],
  [-2, INTERVAL_MS, true],
  [3, INTERVAL_MS, false],
  [1, 100, true],
  [2, 100, false],
  [-3_600_000, INTERVAL_MS, false],
] as const) {
  test(`a scrape ${lateMs} ms late of ${intervalMs} ${isAligned ? 'bears' : 'does not bear'} the planned time`, () => {
    assert.equal(alignTimeMs(1_000_000 + lateMs, 1_000_000, intervalMs) === 1_000_000, isAligned)
  })
}
