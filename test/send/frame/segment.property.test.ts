/** Segments of adversarial labels: built, taken from and added to, they say what is asked for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { NO_ROW } from '../../../src/send/frame/matchrows.ts'
import { Segment } from '../../../src/send/frame/segment.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { noise, requestOf, rowOf, samplesIn, samplesOf, viewOf } from './rows.ts'

const FROM_MS = 1_700_000_000_000

/** Texts that look like other parts of a message, repeat, or take bytes of all sizes. */
const text = fc.oneof(
  fc.constantFrom('a', 'b', '', '\n\u0010\t', '\u0012\u0010\t', 'z'.repeat(127), 'z'.repeat(128)),
  fc.constantFrom('ab'.repeat(200), 'x'.repeat(5000), 'é'.repeat(70), '√π'.repeat(2000), '😀'),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 300 }),
)
const labelSet = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('a', 'job', 'le'), text), text), { maxLength: 5 })
  .map((pairs) => labelsFrom([...pairs, ['__name__', 'm']].filter(([name]) => name !== '') as []))

/** The row that the segment holds, without the series that left. */
function livePart(row: Parcel, isLive: (place: number) => boolean): Parcel {
  const places = [...row.ids.keys()].filter(isLive)
  return {
    ...row,
    count: places.length,
    ids: Float64Array.from(places, (i) => row.ids[i]),
    values: Float64Array.from(places, (i) => row.values[i]),
  }
}

test('a segment says what was put in, whatever its labels look like', () => {
  fc.assert(
    fc.property(
      fc.array(labelSet, { minLength: 2, maxLength: 60 }),
      fc.array(
        fc.record({
          changed: fc.array(fc.nat({ max: 59 }), { maxLength: 8 }),
          /** Series that follow each other leave, or return. */
          turned: fc.array(fc.tuple(fc.nat({ max: 59 }), fc.nat({ max: 30 })), { maxLength: 4 }),
        }),
        { maxLength: 6 },
      ),
      fc.double({ min: 0.2, max: 1 }),
      fc.integer({ min: 1, max: 9 }),
      (labels, changes, share, besideEach) => {
        const view = viewOf((id) => labels[id])
        const segment = new Segment()
        const ids = Float64Array.from(labels.keys())
        const values = Float64Array.from(ids, (id) => (id % 3 === 0 ? 0 : id % 5))
        const wanted = Math.ceil(share * labels.length)
        let row = rowOf(ids, values.slice(), FROM_MS)
        const rows = Uint32Array.from(ids.keys())
        const all = { view, parcel: row, rows }
        const built = segment.build(all, 0, wanted)
        const live = new Set(Array.from({ length: built }, (_, i) => i))
        const check = (): void => {
          const part = livePart(row, (place) => live.has(place))
          assert.deepEqual(samplesIn(requestOf([segment], row)), samplesOf(part, view))
          assert.equal(segment.count, live.size)
        }
        check()
        /** Changes over to a row with these series only. */
        const evolve = (wantedLive: ReadonlySet<number>): void => {
          const moved = Uint32Array.from(ids, (id) => (wantedLive.has(id) ? id : NO_ROW))
          const missing = Uint32Array.from([...wantedLive].filter((id) => !live.has(id)))
          for (const id of [...live]) if (!wantedLive.has(id)) live.delete(id)
          const beside = [...live.keys()].map((_, i) => i).filter((i) => i % besideEach === 0)
          const taken = segment.evolve(moved, { ...all, parcel: row, rows: missing }, beside)
          assert.ok(taken >= 0)
          for (let i = 0; i < taken; i++) live.add(missing[i])
        }
        evolve(new Set(ids))
        check()
        for (const { changed, turned } of changes) {
          for (const at of changed) values[at % labels.length] += 1
          row = rowOf(ids, values.slice(), row.timeMs + 15_000)
          const wantedLive = new Set(live)
          for (const [from, count] of turned) {
            for (let id = from; id < Math.min(from + count, labels.length); id++) {
              if (!wantedLive.delete(id)) wantedLive.add(id)
            }
          }
          evolve(wantedLive)
          check()
        }
      },
    ),
    { numRuns: 250, seed: 4 },
  )
})

test('a repetition further back than a copy reaches is not copied', () => {
  const labels = (id: number): Labels =>
    labelsFrom([
      ['__name__', 'm'],
      ['id', `${id}`],
      ['long', noise(id % 7, 11_000)],
    ])
  const view = viewOf(labels)
  const ids = Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7)
  const segment = new Segment()
  const rows = Uint32Array.from(ids)
  let row = rowOf(ids, Float64Array.from(ids), FROM_MS)
  const all = { view, parcel: row, rows }
  const built = segment.build(all, 0, 8)
  const added = { ...all, rows: rows.slice(built) }
  assert.equal(segment.evolve(rows, added, [0, 1]), 8 - built)
  assert.ok(segment.decodedBytes > 80_000)
  for (let k = 1; k < 4; k++) {
    row = rowOf(ids, Float64Array.of(0, k, 5, k % 2, 1, 6, 7, k), FROM_MS + 100_000_000 * k)
    assert.deepEqual(samplesIn(requestOf([segment], row)), samplesOf(row, view))
  }
})

test('a segment takes what fits, in order, and says how much that was', () => {
  const view = viewOf((id) => labelsFrom([['__name__', `m${id}${'x'.repeat(9000)}`]]))
  const ids = Float64Array.from({ length: 40 }, (_, i) => i)
  const row = rowOf(ids, Float64Array.from(ids), FROM_MS)
  const rows = Uint32Array.from(ids.keys())
  const segments = []
  for (let from = 0; from < 40; ) {
    const segment = new Segment()
    const taken = segment.build({ view, parcel: row, rows }, from, 40)
    assert.ok(taken >= 5 && taken < 11, `${taken} of 9 KB in 96 KiB`)
    assert.equal(segment.count, taken)
    segments.push(segment)
    from += taken
  }
  assert.deepEqual(samplesIn(requestOf(segments, row)), samplesOf(row, view))
})
