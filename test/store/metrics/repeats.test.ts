/** Senders that were not told of success send again: a repeated sample is accepted and kept once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED, DUPLICATE } from '../../../src/model/appender.ts'
import type { Store } from '../../../src/store/metrics/store.ts'
import { seededRandom } from '../../support/promql.ts'
import { openTestStore, samplesOf } from './support.ts'

const ALL = [{ name: 'job', op: '=', value: 'x' }] as const
const STEP_MS = 15_000

function idsOf(store: Store, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    store.appender.series(['__name__', `m${i}`, 'instance', 'a', 'job', 'x']),
  )
}

/** Appends one row; the outcomes as a set. */
function put(store: Store, timeMs: number, ids: Float64Array, factor = 1): Set<number> {
  const outcomes = new Uint8Array(ids.length)
  const values = Float64Array.from(ids, (_, i) => factor * (timeMs / STEP_MS + i / 8))
  store.appender.append(timeMs, ids, values, ids.length, outcomes)
  return new Set(outcomes)
}

for (const seriesCount of [1, 5, 40]) {
  test(`rows of ${seriesCount} series that come late and twice, sealed in between, are kept once`, async (t) => {
    const { store } = await openTestStore(t)
    const ids = idsOf(store, seriesCount)
    const random = seededRandom(7)
    const rowCount = 400
    const order = Array.from({ length: rowCount }, (_, row) => row)
    // The newest first, then shuffled in spans: rows are sealed out of the order of their times.
    order.unshift(...order.splice(rowCount - 1))
    for (let i = 1; i < rowCount; i++) {
      const j = Math.max(1, i - Math.floor(random() * 90))
      const row = order[i]
      order[i] = order[j]
      order[j] = row
    }
    for (const row of order) {
      assert.deepEqual(put(store, row * STEP_MS, ids), new Set([ACCEPTED]), `row ${row}`)
      const again = order[Math.floor(random() * order.length)]
      if (random() < 0.3 && order.indexOf(again) < order.indexOf(row)) {
        assert.deepEqual(put(store, again * STEP_MS, ids), new Set([ACCEPTED]), `${again} again`)
      }
      const newest = (rowCount - 1) * STEP_MS
      assert.deepEqual(put(store, newest, ids), new Set([ACCEPTED]), 'the newest again')
    }
    const found = Object.values(samplesOf(store, ALL))
    assert.equal(found.length, seriesCount)
    for (const samples of found) {
      assert.deepEqual(
        samples.map(([timeMs]) => timeMs / STEP_MS),
        Array.from({ length: rowCount }, (_, row) => row),
      )
    }
  })

  test(`without an out-of-order window the newest row of ${seriesCount} series may come again when it is sealed`, async (t) => {
    const { store, clock } = await openTestStore(t, { outOfOrderWindowMs: 0 })
    const ids = idsOf(store, seriesCount)
    for (let row = 0; row < 20; row++) put(store, row * STEP_MS, ids)
    await store.appender.commit()
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(store.view.status().blockCount > 0, 'the rows are sealed')
    assert.deepEqual(put(store, 19 * STEP_MS, ids), new Set([ACCEPTED]))
    assert.deepEqual(put(store, 19 * STEP_MS, ids, 2), new Set([DUPLICATE]), 'another value')
    for (const samples of Object.values(samplesOf(store, ALL))) assert.equal(samples.length, 20)
  })
}
