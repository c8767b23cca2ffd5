/** Batches of one stream without sockets: whatever is sent in whatever order arrives as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor, readVarint } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { OPEN_DOOR } from '../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import { type BatchResult, BatchTaker } from '../../../src/collect/receive/stream/batch.ts'
import type { Labels } from '../../../src/model/labels.ts'
import { BatchMaker } from '../../../src/send/gateway/batch.ts'
import { ResultSum } from '../../../src/send/http/resultsum.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { WRITTEN } from '../../../src/send/writer.ts'
import { ABSENT_HIGH, ABSENT_LOW } from '../../../src/wire/columnar.ts'
import { bitsOf, NotingAppender, rowOf, TestSeries } from './world.ts'

function takerOf(appender: NotingAppender, seriesMax = 10_000): BatchTaker {
  return new BatchTaker({
    rows: appender,
    pushed: appender,
    door: OPEN_DOOR,
    labelLimits: LABEL_LIMITS,
    seriesMax,
    onMetadata: () => {},
  })
}

/** Carries parcels over; the result of the last message. */
function carry(
  maker: BatchMaker,
  taker: BatchTaker,
  parcels: readonly Parcel[],
  nowMs = 0,
): BatchResult {
  const leftOut = new ResultSum()
  let result: BatchResult | undefined
  for (const { bytes, number } of maker.make(parcels, leftOut)) {
    const c = new Cursor(bytes, 1)
    assert.equal(readVarint(c), number)
    result = taker.take(c, true, nowMs)
    for (const layout of result.lost) maker.layouts.lose(layout)
  }
  assert.equal(leftOut.result(), WRITTEN)
  assert.ok(result !== undefined)
  return result
}

/** What a test does next: some series of a target in some order, forgotten or written. */
const step = fc.record({
  kind: fc.constantFrom('row', 'row', 'row', 'cells', 'forget' as const),
  target: fc.nat(2),
  picks: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 25 }),
  values: fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 5 }),
  messageBytesMax: fc.constantFrom(400, 100_000),
})

test('rows, cells and forgotten series in any order arrive as they were', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const series = new TestSeries()
      const appender = new NotingAppender()
      const taker = takerOf(appender)
      const maker = new BatchMaker(series, steps[0].messageBytesMax)
      const ids = new Map<string, number>()
      const free: number[] = []
      const expected = new Map<string, string[]>()
      const idOf = (target: number, pick: number): number => {
        const key = `${target}/${pick}`
        const zone: Record<string, string> = pick === 30 ? {} : { zone: 'z' }
        const known = ids.get(key)
        if (known !== undefined) return known
        const labels = { __name__: `m${pick}`, instance: `t${target}`, job: 'j', ...zone }
        const freed = free.pop()
        const id = freed === undefined ? series.add(labels) : series.give(freed, labels)
        ids.set(key, id)
        return id
      }
      for (const [i, { kind, target, picks, values }] of steps.entries()) {
        const list = Float64Array.from(picks, (pick) => idOf(target, pick))
        if (kind === 'forget') {
          maker.layouts.forget([...list])
          for (const pick of picks) ids.delete(`${target}/${pick}`)
          free.push(...list)
          continue
        }
        const numbers = picks.map((pick) => values[pick % values.length])
        const times = kind === 'row' ? undefined : Float64Array.from(picks, (_, k) => i + (k % 3))
        const parcel = { ...rowOf(i, list, numbers), times }
        const result = carry(maker, taker, [parcel])
        assert.equal(result.lost.size, 0)
        const bits = new BigUint64Array(parcel.values.buffer)
        for (const [k, id] of list.entries()) {
          const name = series.name(id)
          const text = `${times?.[k] ?? i} ${bits[k].toString(16)}`
          expected.set(name, [...(expected.get(name) ?? []), text])
        }
      }
      assert.deepEqual(appender.noted, expected)
    }),
    { seed: 12, numRuns: 300 },
  )
})

test('a row that is the same series as before says no labels again', () => {
  const series = new TestSeries()
  const ids = Float64Array.from({ length: 100 }, (_, i) =>
    series.add({ __name__: `m${i}`, instance: 'a' }),
  )
  const maker = new BatchMaker(series, 100_000)
  const sizes = [1, 2, 3].map((row) => {
    const values = [...ids].map((_, i) => i + row)
    const [batch] = maker.make([rowOf(row, ids, values)], new ResultSum())
    return batch.bytes.length
  })
  assert.ok(sizes[0] > 500)
  assert.ok(sizes[2] <= 110, `${sizes[2]} bytes for 100 values that changed`)
})

test('what is told about a target does not disturb the rows of what it tells', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 100_000)
  const add = (name: string): number => series.add({ __name__: name, instance: 'a' })
  const told = Float64Array.from({ length: 300 }, (_, i) => add(`m${i}`))
  const about = Float64Array.of(add('up'), add('scrape_duration_seconds'))
  const sizes = [1, 2, 3, 4].map((row) => {
    const parcels = [rowOf(row, told, Array(300).fill(7)), rowOf(row, about, [1, row / 100])]
    const [batch] = maker.make(parcels, new ResultSum())
    taker.take(new Cursor(batch.bytes, 2), true, 0)
    return batch.bytes.length
  })
  assert.ok(sizes[3] < 30, `${sizes[3]} bytes for two values that changed`)
  assert.equal(appender.sampleCount, 4 * 302)
})

test('parts of a layout go as cells, a part that comes again goes as a row', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 100_000)
  const all = Float64Array.from({ length: 100 }, (_, i) =>
    series.add({ __name__: `m${i}`, instance: 'a' }),
  )
  carry(maker, taker, [rowOf(0, all, Array(100).fill(1))])
  const part = all.slice(0, 20)
  const sizes = [part, all.slice(20, 40), part, part, part, part].map((ids, i) => {
    const [batch] = maker.make([rowOf(1 + i, ids, Array(20).fill(1))], new ResultSum())
    taker.take(new Cursor(batch.bytes, 2), true, 0)
    return batch.bytes.length
  })
  assert.ok(sizes[0] < 120 && sizes[1] < 120, `${sizes[0]} bytes for 20 cells`)
  assert.ok(sizes[5] < 20, `${sizes[5]} bytes for a row in which nothing changed`)
  assert.equal(appender.sampleCount, 220)
  assert.equal(appender.noted.get(series.name(all[0]))?.length, 6)
})

test('rows stay rows while series come and go, however many have gone', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 100_000)
  const add = (i: number): number => series.add({ __name__: `m${i}`, instance: 'a' })
  let ids = Float64Array.from({ length: 200 }, (_, i) => add(i))
  const sizes: number[] = []
  for (let k = 0; k < 100; k++) {
    // Two of them leave, two come; once it is half of them.
    const isAnew = k === 50
    ids = ids.map((id, i) => {
      const leaves = isAnew ? i % 2 === 0 : Math.floor(i / 2) === k
      return leaves ? add(1000 + 200 * k + i) : id
    })
    const [batch] = maker.make([rowOf(k, ids, Array(200).fill(7))], new ResultSum())
    taker.take(new Cursor(batch.bytes, 2), true, 0)
    sizes.push(batch.bytes.length)
  }
  const most = Math.max(...sizes.slice(1, 50), ...sizes.slice(52))
  assert.ok(most < 100, `${most} bytes for two series that left and two that came`)
  assert.equal(appender.sampleCount, 100 * 200)
})

test('the very same list of series is right again after others have joined its layout', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 100_000)
  const all = Float64Array.from({ length: 8 }, (_, i) =>
    series.add({ __name__: `m${i}`, instance: 'a' }),
  )
  const some = all.slice(0, 5)
  carry(maker, taker, [rowOf(0, some, Array(5).fill(0))])
  carry(maker, taker, [{ ...rowOf(1, all, Array(8).fill(1)), times: new Float64Array(8).fill(1) }])
  carry(maker, taker, [rowOf(2, some, Array(5).fill(2))])
  carry(maker, taker, [rowOf(3, all, Array(8).fill(3))])
  assert.equal(appender.sampleCount, 26)
  assert.deepEqual(appender.noted.get(series.name(all[7])), [`1 ${bitsOf(1)}`, `3 ${bitsOf(3)}`])
})

test('a value that looks like none goes as a cell, bit for bit', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const ids = Float64Array.of(
    series.add({ __name__: 'a', instance: 'x' }),
    series.add({ __name__: 'b', instance: 'x' }),
  )
  const values = new Float64Array(2)
  new Uint32Array(values.buffer).set([ABSENT_LOW, ABSENT_HIGH])
  const parcel = { ...rowOf(4, ids, []), values }
  carry(new BatchMaker(series, 1000), takerOf(appender), [parcel])
  const [seen] = appender.noted.get(series.name(ids[0])) ?? []
  assert.equal(seen, `4 ${ABSENT_HIGH.toString(16)}${ABSENT_LOW.toString(16)}`)
})

test('times that are out of this world are counted and left out', () => {
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const leftOut = new ResultSum()
  const maker = new BatchMaker(series, 1000)
  const exemplar = { labels: [], value: 1, timeMs: 2 ** 52 }
  const parcel = { ...rowOf(2 ** 52, ids, [1]), exemplars: [{ id: ids[0], exemplar }] }
  assert.deepEqual(maker.make([parcel], leftOut).slice(1), [])
  const one = new Map([['time_out_of_range', 1]])
  assert.deepEqual(leftOut.result(), { outcome: 'written', refused: one, exemplarsRefused: one })
})

test('a layout that was idle for an hour is forgotten, and told anew', () => {
  const series = new TestSeries()
  const appender = new NotingAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 1000)
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const others = Float64Array.of(series.add({ __name__: 'a', instance: 'y' }))
  carry(maker, taker, [rowOf(1, ids, [1])], 0)
  carry(maker, taker, [rowOf(2, others, [1])], 3_600_001)
  assert.equal(taker.seriesCount, 1)
  assert.equal(carry(maker, taker, [rowOf(3, ids, [1])], 3_600_002).lost.size, 1)
  assert.equal(carry(maker, taker, [rowOf(3, ids, [1])], 3_600_003).acceptedCount, 1)
})

test('series that were refused for want of room are tried again after a minute', () => {
  class FullAppender extends NotingAppender {
    isFull = true
    override series(labels: Labels): number {
      if (this.isFull) throw new NarthexError('share', 'full')
      return super.series(labels)
    }
  }
  const series = new TestSeries()
  const appender = new FullAppender()
  const taker = takerOf(appender)
  const maker = new BatchMaker(series, 1000)
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const first = carry(maker, taker, [rowOf(1, ids, [1])], 1)
  assert.deepEqual(first.refused, new Map([['series_limit', 1]]))
  appender.isFull = false
  const soon = carry(maker, taker, [rowOf(2, ids, [1])], 30_000)
  assert.deepEqual(soon.refused, new Map([['series_limit', 1]]))
  assert.equal(carry(maker, taker, [rowOf(3, ids, [1])], 61_000).lost.size, 1)
  assert.equal(carry(maker, taker, [rowOf(3, ids, [1])], 61_001).acceptedCount, 1)
})
