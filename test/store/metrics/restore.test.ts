/** What the log brings back: everything that was acknowledged, exactly, again and again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STALE } from '../../../src/model/stale.ts'
import { openTestStore, samplesOf } from './support.ts'

const ALL = [{ name: '__name__', op: '=~', value: '.+' }] as const

test('a start brings back what was committed, and appending goes on where it was', async (t) => {
  const first = await openTestStore(t)
  const values = [0, -0, 1.5, 1e300, -7, 255, 256, 65_536, 2 ** 32, Number.NaN, Infinity, STALE[0]]
  const outcomes = new Uint8Array(40)
  let store = first.store
  for (let life = 0; life < 4; life++) {
    const ids = Float64Array.from({ length: 30 }, (_, i) =>
      store.appender.series([
        '__name__',
        `m${i % 7}`,
        'instance',
        `i${i % 5 === 0 ? 0 : 1}`,
        'job',
        'x',
        'n',
        `${i}`,
      ]),
    )
    for (let row = 0; row < 9; row++) {
      const timeMs = (life * 9 + row) * 15_000
      const row1 = Float64Array.from(ids, (_, i) => values[(i * row + life) % values.length])
      store.appender.append(timeMs, ids.subarray(row % 3), row1, 30 - (row % 3), outcomes)
      await store.appender.commit()
    }
    const before = samplesOf(store, ALL)
    await store.stop()
    const again = await openTestStore(t, { path: first.path, clock: first.clock })
    store = again.store
    assert.deepEqual(samplesOf(store, ALL), before)
  }
  assert.equal(Object.keys(samplesOf(store, ALL)).length, 30)
})

test('ids of an earlier life are not taken for series of this one', async (t) => {
  const { store, path } = await openTestStore(t)
  store.appender.series(['__name__', 'a'])
  const id = store.appender.series(['__name__', 'b'])
  const outcomes = new Uint8Array(1)
  store.appender.append(0, Float64Array.of(id), Float64Array.of(1), 1, outcomes)
  await store.appender.commit()
  await store.stop()
  const { store: again } = await openTestStore(t, { path })
  const other = again.appender.series(['__name__', 'b'])
  again.appender.append(1, Float64Array.of(other), Float64Array.of(2), 1, outcomes)
  assert.deepEqual(samplesOf(again, ALL), {
    b: [
      [0, 1],
      [1, 2],
    ],
  })
})
