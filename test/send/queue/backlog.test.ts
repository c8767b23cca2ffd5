/** The backlog of a lane: what comes out is what went in, for a byte or two a sample. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STALE } from '../../../src/model/stale.ts'
import { type Parcel, tallyOf } from '../../../src/send/parcel.ts'
import { Backlog } from '../../../src/send/queue/backlog.ts'
import { ABSENT_HIGH, ABSENT_LOW } from '../../../src/wire/columnar.ts'

function rowOf(ids: Float64Array, values: Float64Array, timeMs: number, more = {}): Parcel {
  return {
    lane: 7,
    count: ids.length,
    ids,
    values,
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: timeMs / 10,
    ...more,
  }
}

/** Comparable, values by their bits. */
function shown(parcel: Parcel): unknown {
  const { values, ids, times, ...rest } = parcel
  const bits = new BigUint64Array(values.slice(0, parcel.count).buffer)
  return { ...rest, ids: [...ids], values: [...bits], times: times && [...times] }
}

const oddValues = new Float64Array(2)
new Uint32Array(oddValues.buffer).set([ABSENT_LOW, ABSENT_HIGH])
oddValues.set(STALE, 1)

const value = fc.oneof(
  fc.double(),
  fc.integer({ min: 0, max: 1000 }),
  fc.constantFrom(0, -0, Infinity, Number.NaN),
)

test('parcels of any kind come out in their order, each as it was', () => {
  const layouts = [
    Float64Array.of(1, 2, 3),
    Float64Array.of(4, 5, 2 ** 32 + 6, 7, 8),
    Float64Array.of(9),
  ]
  const parcel = fc
    .tuple(fc.nat(2), fc.array(value, { minLength: 5, maxLength: 5 }), fc.nat(4), fc.nat(1e12))
    .map(([layout, list, kind, timeMs]) => {
      const ids = layouts[layout]
      const values = Float64Array.from(list.slice(0, ids.length))
      if (kind === 1) values.set(STALE, 0)
      if (kind === 2) values.set(oddValues.subarray(0, 1), 0)
      const times = kind === 3 ? ids.map((_, i) => timeMs + i) : undefined
      const exemplar = { labels: [], value: 1, timeMs }
      const exemplars = kind === 4 ? [{ id: ids[0], exemplar }] : []
      return rowOf(ids, values, timeMs, { times, exemplars })
    })
  fc.assert(
    fc.property(fc.array(fc.tuple(parcel, fc.nat(3)), { maxLength: 60 }), (steps) => {
      const backlog = new Backlog(7)
      const waiting: Parcel[] = []
      for (const [next, taken] of steps) {
        backlog.push(next)
        waiting.push(next)
        for (let i = 0; i < taken && waiting.length > 0; i++) {
          const wanted = waiting.shift() as Parcel
          if (taken === 3) assert.deepEqual(backlog.skip(), tallyOf(wanted))
          else assert.deepEqual(shown(backlog.next()), shown(wanted))
        }
        const tallies = waiting.map(tallyOf)
        const sum = (list: number[]): number => list.reduce((all, each) => all + each, 0)
        assert.equal(backlog.samples, sum(tallies.map(({ samples }) => samples)))
        assert.equal(backlog.exemplars, sum(tallies.map(({ exemplars }) => exemplars)))
        assert.equal(backlog.parcelCount, waiting.length)
        assert.equal(backlog.oldestMs, waiting[0]?.takenMs ?? Infinity)
        if (waiting.length === 0) assert.equal(backlog.sizeBytes, 0)
      }
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('rows of one target share the identity of their ids', () => {
  const backlog = new Backlog(0)
  const ids = Float64Array.of(1, 2)
  for (let i = 0; i < 3; i++) backlog.push(rowOf(ids, Float64Array.of(i, i), i))
  assert.equal(backlog.next().ids, ids)
  assert.equal(backlog.next().ids, ids)
})

test('an hour of a target of which a quarter changes takes less than a byte a sample', () => {
  const backlog = new Backlog(0)
  const ids = Float64Array.from({ length: 1000 }, (_, i) => i + 1)
  const values = Float64Array.from({ length: 1000 }, (_, i) => i * 1000)
  for (let row = 0; row < 240; row++) {
    for (let i = row % 4; i < 1000; i += 4) values[i] += i % 50
    backlog.push(rowOf(ids, values.slice(), row * 15_000))
  }
  const bytes = backlog.sizeBytes / backlog.samples
  assert.ok(bytes < 1, `${bytes} bytes a sample`)
})
