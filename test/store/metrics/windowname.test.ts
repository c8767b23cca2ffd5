/** Names of windows say which times they hold, and which of them count. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  currentWindows,
  formatWindowName,
  parseWindowName,
  spanOf,
} from '../../../src/store/metrics/windowname.ts'

test('names come back as they were, also before 1970', () => {
  for (const name of [
    { fromMs: 0, toMs: 7_200_000, generation: 1 },
    { fromMs: -7_200_000, toMs: 0, generation: 12 },
  ]) {
    assert.deepEqual(parseWindowName(formatWindowName(name)), name)
  }
})

for (const text of ['0_7200000_1.mdb-lock', '0_7200000_1.mdb.new', '7_5_1.mdb', 'x_1_1.mdb', '']) {
  test(`${JSON.stringify(text)} is no window`, () => {
    assert.equal(parseWindowName(text), undefined)
  })
}

test('a window of a higher generation replaces those whose times it holds', () => {
  const hour = { fromMs: 10, toMs: 20, generation: 1 }
  const again = { fromMs: 10, toMs: 20, generation: 2 }
  const day = { fromMs: 0, toMs: 100, generation: 3 }
  const other = { fromMs: 100, toMs: 110, generation: 1 }
  assert.deepEqual(currentWindows([other, again, hour]), [again, other])
  assert.deepEqual(currentWindows([other, again, hour, day]), [day, other])
})

test('spans begin at multiples of their length', () => {
  assert.deepEqual(spanOf(15, 10), { fromMs: 10, toMs: 20 })
  assert.deepEqual(spanOf(-1, 10), { fromMs: -10, toMs: 0 })
})
