/** The book: labels to id and back, forgetting, and what it costs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { LANES } from '../../../src/send/parcel.ts'
import { SeriesBook, slotOf, TICK_MS } from '../../../src/send/series/book.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).filter((value) => value.isWellFormed()),
  fc.constantFrom('job', 'instance', 'a', '\0', 'a\0b', '__name__', 'zone'),
)
const labelSet: fc.Arbitrary<Labels> = fc
  .array(
    fc.tuple(
      text.filter((name) => name !== ''),
      text,
    ),
    { maxLength: 5 },
  )
  .map(labelsFrom)

test('series have one id each and give back their labels', () => {
  fc.assert(
    fc.property(fc.array(labelSet, { minLength: 1, maxLength: 30 }), (sets) => {
      const book = new SeriesBook(0)
      const byKey = new Map<string, number>()
      for (const labels of sets) {
        const id = book.series(labels)
        const key = JSON.stringify(labels)
        assert.equal(byKey.get(key) ?? id, id)
        byKey.set(key, id)
        assert.deepEqual(book.labels(id), labels)
        assert.ok(book.lane(id) >= 0 && book.lane(id) < LANES)
      }
      assert.equal(new Set(byKey.values()).size, byKey.size)
      assert.equal(book.count, byKey.size)
    }),
    { seed: 11, numRuns: 300 },
  )
})

const up = (instance: string, name = 'up'): Labels =>
  labelsFrom([
    ['__name__', name],
    ['instance', instance],
    ['job', 'node'],
  ])

test('all series of a target are in one lane and have one target key', () => {
  const book = new SeriesBook(0)
  const [a, b, c] = [up('x:1'), up('x:1', 'down'), up('x:2')].map((labels) => book.series(labels))
  assert.equal(book.lane(a), book.lane(b))
  assert.equal(book.targetKey(a), book.targetKey(b))
  assert.notEqual(book.targetKey(a), book.targetKey(c))
})

test('a silent series is forgotten, told of before, and its slot means another one', () => {
  const book = new SeriesBook(0)
  const kept = book.series(up('kept:1'))
  const gone = book.series(up('gone:1'))
  book.setTime(61 * TICK_MS)
  book.touch(Float64Array.of(kept), 1)
  const told: number[] = []
  const isOver = book.sweep(61, 1000, (ids) => {
    assert.ok(book.isKnown(gone), 'labels can still be asked for')
    told.push(...ids)
  })
  assert.ok(isOver)
  assert.deepEqual(told, [gone])
  assert.ok(book.isKnown(kept) && !book.isKnown(gone))
  assert.equal(book.count, 1)
  const next = book.series(up('next:1'))
  assert.equal(slotOf(next), slotOf(gone))
  assert.notEqual(next, gone)
  assert.ok(!book.isKnown(gone) && book.isKnown(next))
  assert.deepEqual(book.labels(next), up('next:1'))
  assert.equal(book.groupCount, 2)
})

test('sweeping goes on where it stopped', () => {
  const book = new SeriesBook(0)
  for (let i = 0; i < 100; i++) book.series(up(`x:${i}`))
  book.setTime(100 * TICK_MS)
  let rounds = 0
  let told = 0
  for (let isOver = false; !isOver; rounds++) {
    isOver = book.sweep(61, 30, (ids) => {
      told += ids.length
    })
  }
  assert.deepEqual([rounds, told, book.count, book.shapeCount], [4, 100, 0, 0])
})

test('at its bound the book refuses new series and goes on with those it knows', () => {
  const book = new SeriesBook(2)
  const first = book.series(up('x:1'))
  book.series(up('x:2'))
  assert.throws(
    () => book.series(up('x:3')),
    (error) =>
      error instanceof NarthexError &&
      error.kind === 'share' &&
      /--send\.max-series/.test(error.message),
  )
  assert.equal(book.series(up('x:1')), first)
  assert.equal(book.refused, 1)
})

for (const id of [0, -1, 5, 2 ** 32 + 1, 2 ** 53, Number.NaN]) {
  test(`nobody knows the series ${id}`, () => {
    const book = new SeriesBook(0)
    book.series(up('x:1'))
    assert.equal(book.isKnown(id), false)
  })
}

test('200,000 series of like targets take at most 24 bytes each', () => {
  const book = new SeriesBook(0)
  for (let target = 0; target < 200; target++) {
    for (let i = 0; i < 1000; i++) book.series(up(`10.0.0.${target}:9100`, `metric_${i}`))
  }
  assert.equal(book.count, 200_000)
  assert.deepEqual([book.groupCount, book.shapeCount], [200, 1000])
  assert.ok(book.sizeBytes / book.count <= 24, `${book.sizeBytes / book.count} bytes a series`)
})
