/** What becomes of samples: in order, out of order, too old, too far, twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCEPTED,
  DUPLICATE,
  OUT_OF_ORDER,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../../../src/model/appender.ts'
import { STALE } from '../../../src/model/stale.ts'
import { openTestStore, samplesOf, unlimited } from './support.ts'

const HOUR_MS = 3_600_000
const UP = ['__name__', 'up', 'instance', 'a', 'job', 'x']

for (const [name, windowMs, samples] of [
  [
    'a rising series',
    0,
    [
      [0, 1, ACCEPTED],
      [15, 2, ACCEPTED],
    ],
  ],
  [
    'the same sample again',
    0,
    [
      [0, 1, ACCEPTED],
      [0, 1, ACCEPTED],
    ],
  ],
  [
    'another value at the same time',
    0,
    [
      [0, 1, ACCEPTED],
      [0, 2, DUPLICATE],
    ],
  ],
  [
    'NaN twice',
    0,
    [
      [0, NaN, ACCEPTED],
      [0, NaN, ACCEPTED],
    ],
  ],
  [
    '-0 after 0',
    0,
    [
      [0, 0, ACCEPTED],
      [0, -0, DUPLICATE],
    ],
  ],
  [
    'an older sample without window',
    0,
    [
      [15, 1, ACCEPTED],
      [0, 1, OUT_OF_ORDER],
    ],
  ],
  [
    'a sample an hour older without window',
    0,
    [
      [HOUR_MS + 1, 1, ACCEPTED],
      [0, 1, TOO_OLD],
    ],
  ],
  [
    'an older sample in the window',
    20,
    [
      [15, 1, ACCEPTED],
      [0, 1, ACCEPTED],
    ],
  ],
  [
    'an older sample outside the window',
    10,
    [
      [15, 1, ACCEPTED],
      [0, 1, TOO_OLD],
    ],
  ],
  [
    'another value at an older time',
    20,
    [
      [0, 1, ACCEPTED],
      [9, 1, ACCEPTED],
      [0, 3, DUPLICATE],
    ],
  ],
  [
    'the same value at an older time',
    20,
    [
      [0, 1, ACCEPTED],
      [9, 1, ACCEPTED],
      [0, 1, ACCEPTED],
    ],
  ],
  ['a sample of the far future', 0, [[1e13, 1, TOO_FAR]]],
  ['a time beyond all clocks', 0, [[-(2 ** 60), 1, TOO_OLD]]],
] as const) {
  test(`append judges ${name}`, async (t) => {
    const { store } = await openTestStore(t, { outOfOrderWindowMs: windowMs })
    const id = store.appender.series(UP)
    const outcomes = new Uint8Array(1)
    for (const [timeMs, value, wanted] of samples) {
      const ids = Float64Array.of(id)
      const taken = store.appender.append(timeMs, ids, Float64Array.of(value), 1, outcomes)
      assert.equal(outcomes[0], wanted)
      assert.equal(taken, wanted === ACCEPTED ? 1 : 0)
    }
  })
}

test('append answers UNKNOWN for ids that were never given', async (t) => {
  const { store } = await openTestStore(t)
  const outcomes = new Uint8Array(3)
  const ids = Float64Array.of(0, 7, 2 ** 32 + 1)
  assert.equal(store.appender.append(0, ids, new Float64Array(3), 3, outcomes), 0)
  assert.deepEqual([...outcomes], [UNKNOWN, UNKNOWN, UNKNOWN])
})

test('a row may come in pieces, in any order of series and of times', async (t) => {
  const { store } = await openTestStore(t)
  const a = store.appender.series(UP)
  const b = store.appender.series(['__name__', 'up', 'instance', 'b', 'job', 'x'])
  const c = store.appender.series(['__name__', 'temperature', 'instance', 'a', 'job', 'x'])
  const outcomes = new Uint8Array(3)
  const put = (timeMs: number, ids: number[], values: number[]): void => {
    store.appender.append(
      timeMs,
      Float64Array.from(ids),
      Float64Array.from(values),
      ids.length,
      outcomes,
    )
  }
  put(15, [a, b], [1, 2])
  put(30, [c, a], [3.5, 1])
  put(15, [c], [3.25])
  put(0, [b, c, a], [0, 3, 0])
  put(30, [b], [STALE[0]])
  assert.deepEqual(samplesOf(store, [{ name: 'job', op: '=', value: 'x' }]), {
    'up{instance="a", job="x"}': [
      [0, 0],
      [15, 1],
      [30, 1],
    ],
    'up{instance="b", job="x"}': [
      [0, 0],
      [15, 2],
      [30, 'stale'],
    ],
    'temperature{instance="a", job="x"}': [
      [0, 3],
      [15, 3.25],
      [30, 3.5],
    ],
  })
})

test('series of one group without holes share their times', async (t) => {
  const { store } = await openTestStore(t)
  const ids = Float64Array.of(
    store.appender.series(UP),
    store.appender.series(['__name__', 'down', 'instance', 'a', 'job', 'x']),
  )
  const outcomes = new Uint8Array(2)
  for (let row = 0; row < 40; row++) {
    store.appender.append(row * 15, ids, Float64Array.of(row, 1), 2, outcomes)
  }
  const matchers = [{ name: 'job', op: '=', value: 'x' }] as const
  const [first, second] = store.queryable.select(matchers, 30, 300, unlimited)
  assert.equal(first.times, second.times)
  assert.deepEqual([first.from, first.to], [second.from, second.to])
  assert.equal(first.to - first.from, 19)
})

test('series beyond the bound are refused, known ones are not', async (t) => {
  const { store } = await openTestStore(t, { seriesMax: 1 })
  const id = store.appender.series(UP)
  assert.throws(
    () => store.appender.series(['__name__', 'other']),
    (error: Error) => 'kind' in error && error.kind === 'share',
  )
  assert.equal(store.appender.series(UP), id)
})
