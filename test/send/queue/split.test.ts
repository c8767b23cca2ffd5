/** Parcels that are larger than a request are cut without losing or moving anything apart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExemplarSample, Parcel } from '../../../src/send/parcel.ts'
import { splitParcel } from '../../../src/send/queue/split.ts'

function parcelOf(count: number, exemplars: readonly ExemplarSample[] = []): Parcel {
  return {
    lane: 3,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i),
    values: Float64Array.from({ length: count }, (_, i) => i / 8),
    timeMs: 1_700_000_000_000,
    times: undefined,
    histograms: [],
    exemplars,
    takenMs: 0,
  }
}

function exemplarOf(id: number): ExemplarSample {
  return { id, exemplar: { labels: ['trace_id', String(id)], value: id, timeMs: undefined } }
}

test('parts hold every sample once, in order, none more than the bound', () => {
  for (const count of [1, 1999, 2000, 2001, 4001, 50_000]) {
    const parts = splitParcel(parcelOf(count), 2000)
    assert.ok(parts.every((part) => part.count <= 2000 && part.ids.length === part.count))
    const ids = parts.flatMap((part) => [...part.ids])
    assert.deepEqual(
      ids,
      Array.from({ length: count }, (_, i) => i),
    )
    assert.deepEqual(
      parts.flatMap((part) => [...part.values]),
      ids.map((id) => id / 8),
    )
  }
})

test('the same ids are cut into the very same arrays each time', () => {
  const parcel = parcelOf(5000)
  const first = splitParcel(parcel, 2000)
  const again = splitParcel({ ...parcel, timeMs: parcel.timeMs + 1 }, 2000)
  for (const [i, part] of first.entries()) assert.equal(part.ids, again[i].ids)
})

test('an exemplar goes with the sample of its series, one without such in a part of its own', () => {
  const exemplars = [4999, 0, 2500, 77_777].map(exemplarOf)
  const parts = splitParcel(parcelOf(5000, exemplars), 2000)
  for (const part of parts.slice(0, -1)) {
    for (const { id } of part.exemplars) assert.ok(part.ids.includes(id), `${id} is beside`)
  }
  const last = parts.at(-1)
  assert.deepEqual(
    last?.exemplars.map(({ id }) => id),
    [77_777],
  )
  assert.equal(last?.count, 0)
  const all = parts.flatMap((part) => part.exemplars.map(({ id }) => id))
  assert.deepEqual(
    all.sort((a, b) => a - b),
    [0, 2500, 4999, 77_777],
  )
})

test('exemplars alone are cut as well', () => {
  const exemplars = Array.from({ length: 5 }, (_, i) => exemplarOf(i))
  const parts = splitParcel(parcelOf(0, exemplars), 2)
  assert.deepEqual(
    parts.map((part) => part.exemplars.length),
    [2, 2, 1],
  )
})
