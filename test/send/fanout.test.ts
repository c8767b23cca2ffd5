/** Appenders of the fanout: rows, pushed cells, histograms and exemplars become parcels. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { ACCEPTED, DUPLICATE, TOO_FAR, TOO_OLD, UNKNOWN } from '../../src/model/appender.ts'
import type { NativeHistogram } from '../../src/model/histogram.ts'
import { labelsFrom } from '../../src/model/labels.ts'
import { Fanout } from '../../src/send/fanout.ts'
import type { Parcel } from '../../src/send/parcel.ts'
import { RowValues } from '../../src/send/rowvalues.ts'
import { SeriesBook } from '../../src/send/series/book.ts'
import { fakeClock } from '../collect/clock.ts'
import { appendRow, destinationOf, idsOf, startTest, stop, targetLabels } from './support.ts'

function fanoutOf() {
  const clock = fakeClock()
  const book = new SeriesBook(0)
  const values = new RowValues()
  const fanout = new Fanout({
    book,
    values,
    clock,
    policy: () => 'none',
    commitMsMax: 1000,
    futureMsMax: 60_000,
  })
  const parcels: Parcel[] = []
  const offer = (parcel: Parcel): void => {
    values.hold(parcel.values)
    parcels.push(parcel)
  }
  fanout.setOutlets([{ offer, withdraw() {} }])
  return { clock, book, fanout, parcels }
}

const NOW = 1_700_000_000_000

const histogram: NativeHistogram = {
  schema: 0,
  isFloat: false,
  resetHint: 'unknown',
  zeroThreshold: 0,
  zeroCount: 0,
  count: 3,
  sum: Float64Array.of(5),
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveCounts: Float64Array.of(3),
  negativeSpans: [],
  negativeCounts: new Float64Array(0),
  customValues: new Float64Array(0),
}

test('the ids of a row are one array until they change, and again when they change back', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 6))
  for (const row of [ids, ids.slice(), ids.subarray(0, 5), ids, ids.subarray(0, 5)]) {
    appendRow(appender, NOW, row, row)
    await appender.commit()
  }
  const [a, b, c, d, e] = parcels.map((parcel) => parcel.ids)
  assert.equal(a, b)
  assert.notEqual(a, c)
  assert.equal(a, d)
  assert.equal(c, e)
})

test('a buffer that is used again does not change what was handed over', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  const buffer = new Float64Array([1, 2, 3, 4, 99])
  const outcomes = new Uint8Array(5)
  for (let i = 0; i < 2; i++) {
    assert.equal(appender.append(NOW + i, ids, buffer, 4, outcomes), 4)
    buffer.fill(0)
  }
  await appender.commit()
  assert.deepEqual([...parcels[0].values], [1, 2, 3, 4])
  assert.equal(parcels[0].count, 4)
})

test('rows leave at the end of the turn, without a commit', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  appendRow(appender, NOW, ids, ids)
  assert.equal(parcels.length, 0)
  await Promise.resolve()
  assert.equal(parcels.length, 1)
})

test('the first of a series that is twice in a row wins', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.rows()
  const [a, b, c, d] = idsOf(appender, targetLabels('x:1', 4))
  for (let i = 0; i < 2; i++) {
    const outcomes = appendRow(appender, NOW + i, Float64Array.of(a, b, a, c, d), [1, 2, 3, 4, 5])
    assert.deepEqual([...outcomes], [ACCEPTED, ACCEPTED, DUPLICATE, ACCEPTED, ACCEPTED])
  }
  await appender.commit()
  assert.deepEqual([...parcels[1].values], [1, 2, 4, 5])
  assert.equal(parcels[0].ids, parcels[1].ids)
})

test('a row with a forgotten series is taken once, whether it comes again whole or in part', async () => {
  for (const isWhole of [true, false]) {
    const { fanout, parcels } = fanoutOf()
    const appender = fanout.rows()
    const labels = targetLabels('x:1', 6)
    const ids = idsOf(appender, labels)
    const stale = ids.slice()
    stale[2] += 2 ** 32
    const first = appendRow(appender, NOW, stale, ids)
    assert.deepEqual([...first], [0, 0, UNKNOWN, 0, 0, 0])
    const again = isWhole ? ids : ids.subarray(2, 3)
    const second = appendRow(appender, NOW, again, again)
    assert.ok(second.every((outcome) => outcome === ACCEPTED))
    await appender.commit()
    const cells = parcels.flatMap((parcel) => [...parcel.ids]).sort((a, b) => a - b)
    assert.deepEqual(cells, [...ids])
    appendRow(appender, NOW + 1, ids, ids)
    await appender.commit()
    assert.equal(parcels.at(-1)?.count, 6)
  }
})

test('a row of several targets is split by lane, with the same arrays each time', async () => {
  const { fanout, book, parcels } = fanoutOf()
  const appender = fanout.rows()
  const labels = Array.from({ length: 20 }, (_, i) => targetLabels(`x:${i}`, 2)).flat()
  const ids = idsOf(appender, labels)
  for (let i = 0; i < 2; i++) {
    appendRow(appender, NOW + i, ids, ids)
    await appender.commit()
  }
  const half = parcels.length / 2
  assert.ok(half > 5)
  for (let i = 0; i < half; i++) {
    assert.equal(parcels[i].ids, parcels[i + half].ids)
    assert.deepEqual(parcels[i].ids, parcels[i].values)
    for (const id of parcels[i].ids) assert.equal(book.lane(id), parcels[i].lane)
  }
})

test('pushed cells become one parcel a lane, in the order of their times', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.pushed()
  const ids = idsOf(appender, targetLabels('x:1', 2))
  for (const timeMs of [NOW + 2, NOW, NOW + 1]) appendRow(appender, timeMs, ids, [timeMs, -timeMs])
  await appender.commit()
  assert.equal(parcels.length, 1)
  const [{ times, values, timeMs, count }] = parcels
  assert.equal(count, 6)
  assert.equal(timeMs, NOW)
  assert.deepEqual([...(times ?? [])], [NOW, NOW, NOW + 1, NOW + 1, NOW + 2, NOW + 2])
  assert.deepEqual([...values.subarray(0, 2)], [NOW, -NOW])
})

test('samples with times of their own, one by one in rows, are gathered', async () => {
  const { fanout, parcels } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 9))
  appendRow(appender, NOW, ids.subarray(0, 5), ids)
  for (let i = 5; i < 9; i++) appendRow(appender, NOW - i, ids.subarray(i, i + 1), [i])
  await appender.commit()
  assert.deepEqual(
    parcels.map((parcel) => parcel.count),
    [5, 4],
  )
})

test('histograms and exemplars go along with the samples of their lane', async () => {
  const { fanout, parcels, book } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  const [other] = idsOf(appender, targetLabels('y:2', 1))
  appendRow(appender, NOW, ids, ids)
  assert.equal(appender.side?.histogram(NOW, ids[0], histogram), ACCEPTED)
  const exemplar = { labels: labelsFrom([['trace', 'a']]), value: 1, timeMs: NOW }
  assert.equal(appender.side?.exemplar(ids[1], exemplar), ACCEPTED)
  assert.equal(appender.side?.exemplar(other, exemplar), ACCEPTED)
  assert.equal(appender.side?.exemplar(77, exemplar), UNKNOWN)
  assert.equal(appender.side?.histogram(NOW, 77, histogram), UNKNOWN)
  assert.equal(appender.side?.histogram(NOW + 60_001, ids[0], histogram), TOO_FAR)
  await appender.commit()
  assert.notEqual(book.lane(other), book.lane(ids[0]))
  assert.equal(parcels.length, 2)
  assert.equal(parcels[0].count, 4)
  assert.deepEqual(parcels[0].histograms, [{ id: ids[0], timeMs: NOW, histogram }])
  assert.deepEqual(parcels[0].exemplars, [{ id: ids[1], exemplar }])
  assert.deepEqual([parcels[1].count, parcels[1].exemplars.length], [0, 1])
})

for (const [name, timeMs, wanted] of [
  ['further ahead than may be', NOW + 60_001, TOO_FAR],
  ['as far ahead as may be', NOW + 60_000, ACCEPTED],
  ['beyond whole numbers', 2 ** 60, TOO_FAR],
  ['before whole numbers', -(2 ** 60), TOO_OLD],
  ['no time', Number.NaN, TOO_OLD],
] as const) {
  test(`a time ${name}: ${wanted === ACCEPTED ? 'accepted' : 'refused'}`, () => {
    const { fanout } = fanoutOf()
    for (const appender of [fanout.rows(), fanout.pushed()]) {
      const ids = idsOf(appender, targetLabels('x:1', 5))
      assert.deepEqual([...appendRow(appender, timeMs, ids, ids)], [0, 0, 0, 0, 0].fill(wanted))
    }
  })
}

test('a fanout that has stopped takes nothing', () => {
  const { fanout } = fanoutOf()
  const appender = fanout.rows()
  const ids = idsOf(appender, targetLabels('x:1', 5))
  fanout.stop()
  for (const attempt of [
    () => appendRow(appender, NOW, ids, ids),
    () => appender.side?.exemplar(ids[0], { labels: [], value: 1, timeMs: NOW }),
    () => appender.side?.histogram(NOW, ids[0], histogram),
  ]) {
    assert.throws(attempt, (error) => error instanceof NarthexError && error.kind === 'busy')
  }
})

test('a commit waits for all parts of a target that is larger than a request', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(
    clock,
    [destinationOf('a', {}, { samplesPerSendMax: 10 })],
    { policy: 'all' },
  )
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 35))
  appendRow(appender, clock.now(), ids, ids)
  let written = -1
  const committed = appender.commit().then(() => {
    written = writer('a').sampleCount
  })
  await clock.advance(100)
  await committed
  assert.equal(written, 35)
  await stop(clock, sending)
})

test('what rows that come again hold is a metric, and gone when they come no more', async () => {
  const clock = fakeClock()
  const { sending, metrics } = await startTest(clock, [destinationOf('a')])
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 35))
  for (let i = 0; i < 2; i++) appendRow(appender, clock.now(), ids, ids)
  assert.match(metrics.render(), /^narthex_send_row_templates 1$/m)
  assert.match(metrics.render(), /^narthex_send_row_templates_bytes 280$/m)
  await clock.advance(3_600_000)
  assert.match(metrics.render(), /^narthex_send_row_templates_bytes 0$/m)
  await stop(clock, sending)
})

test('an exemplar goes with the row that has its series', async () => {
  const { clock, fanout, parcels } = fanoutOf()
  const rows = fanout.rows()
  const ids = idsOf(rows, targetLabels('x:1', 31))
  const exemplar = { labels: [], value: 1, timeMs: undefined }
  appendRow(rows, clock.now(), ids.subarray(0, 6), ids.subarray(0, 6))
  appendRow(rows, clock.now(), ids.subarray(6, 30), ids.subarray(6, 30))
  for (const i of [2, 8, 30]) rows.side?.exemplar(ids[i], exemplar)
  await rows.commit()
  const beside = parcels.map((parcel) => parcel.exemplars.map(({ id }) => ids.indexOf(id)))
  assert.deepEqual(beside, [[2], [8, 30]], 'one without a sample goes with the last')
  assert.deepEqual(
    parcels.map(({ count }) => count),
    [6, 24],
  )
})

test('what a scrape says about itself leaves together with what the target said', async () => {
  const { fanout, parcels } = fanoutOf()
  const rows = fanout.rows()
  const ids = idsOf(rows, targetLabels('x:1', 45))
  const [body, report] = [ids.subarray(0, 40), ids.subarray(40)]
  for (let i = 0; i < 3; i++) {
    appendRow(rows, NOW + i, body, body)
    appendRow(rows, NOW + i, report, report)
    await rows.commit()
  }
  assert.deepEqual(
    parcels.map(({ count, timeMs }) => [count, timeMs]),
    [0, 1, 2].map((i) => [45, NOW + i]),
  )
  for (const parcel of parcels) {
    assert.equal(parcel.ids, parcels[0].ids)
    assert.deepEqual(parcel.values, ids)
  }
})

for (const [name, follow] of [
  ['another target', ({ other }) => [NOW, other]],
  ['another time', ({ ids }) => [NOW + 1, ids.subarray(40)]],
  ['a series that was there', ({ ids }) => [NOW, ids.subarray(39)]],
  ['many series', ({ ids }) => [NOW, ids.subarray(20)]],
] as readonly (readonly [string, Follow])[]) {
  test(`a row leaves alone before a row of ${name}`, async () => {
    const { fanout, parcels } = fanoutOf()
    const rows = fanout.rows()
    const ids = idsOf(rows, targetLabels('x:1', 45))
    const head = name === 'many series' ? ids.subarray(0, 20) : ids.subarray(0, 40)
    const [timeMs, tail] = follow({ ids, other: idsOf(rows, targetLabels('y:2', 5)) })
    appendRow(rows, NOW, head, head)
    appendRow(rows, timeMs, tail, tail)
    await rows.commit()
    assert.deepEqual(parcels[0].ids, head)
    assert.deepEqual(parcels[0].values, head)
    assert.ok(parcels.length > 1)
  })
}

/** The time and series of the row behind. */
type Follow = (known: { ids: Float64Array; other: Float64Array }) => [number, Float64Array]
