/** What waits is bounded by bytes and age, and what is dropped is counted by its reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { compileRelabel } from '../../src/config/relabel.ts'
import { WRITTEN, type WriteResult } from '../../src/send/writer.ts'
import { fakeClock } from '../collect/clock.ts'
import {
  addsUp,
  appendRow,
  destinationOf,
  idsOf,
  RETRY,
  startTest,
  stop,
  targetLabels,
} from './support.ts'

test('a full queue drops the oldest samples, and those of an hour fit as packed rows', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(
    clock,
    [destinationOf('a', {}, { bufferBytesMax: 100_000, samplesPerSendMax: 2000 })],
    { answer: () => RETRY },
  )
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 100))
  for (let row = 0; row < 240; row++) {
    appendRow(appender, clock.now(), ids, new Float64Array(100).fill(row))
    await clock.advance(15_000)
  }
  assert.deepEqual(status('a').dropped, {}, `${status('a').queuedBytes} bytes`)
  const unpackedBytes = 20 * (256 + 800)
  const packedBytes = status('a').queuedBytes - unpackedBytes
  assert.ok(packedBytes / status('a').queued < 2, `${packedBytes} bytes`)
  for (let row = 240; row < 1500; row++) {
    appendRow(
      appender,
      clock.now(),
      ids,
      ids.map((id) => id * Math.sqrt(row)),
    )
    await clock.advance(100)
    assert.ok(addsUp(status('a')))
    assert.ok(status('a').queuedBytes <= 100_000 + unpackedBytes)
  }
  const dropped = status('a').dropped.queue_full
  assert.ok(dropped > 10_000 && dropped % 100 === 0)
  writer('a').answer = () => WRITTEN
  await clock.advance(60_000)
  const list = writer('a').series.get('m7{instance="x:1", job="node"}') ?? []
  assert.equal(list.length, 1500 - dropped / 100)
  const times = list.map((sample) => Number(sample.split(' ')[0]))
  assert.deepEqual(times, times.toSorted())
  assert.equal(list.at(-1)?.split(' ')[1], String(ids[7] * Math.sqrt(1499)))
  await stop(clock, sending)
})

test('what waits longer than it may is dropped as expired', async () => {
  const clock = fakeClock()
  const { sending, status } = await startTest(
    clock,
    [destinationOf('a', {}, { bufferAgeMsMax: 60_000 })],
    { answer: () => RETRY },
  )
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 10))
  for (let row = 0; row < 20; row++) {
    appendRow(appender, clock.now(), ids, ids)
    await clock.advance(15_000)
    assert.ok(addsUp(status('a')))
  }
  assert.ok(status('a').dropped.expired >= 130)
  assert.ok(status('a').queuedSeconds <= 66)
  await stop(clock, sending)
})

test('C16: a limit on the age of samples takes out those that are too old and no others', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('a', {}, { sampleAgeMsMax: 60_000 }),
  ])
  const pushed = sending.pushed()
  const ids = idsOf(pushed, targetLabels('x:1', 4))
  const nowMs = clock.now()
  for (const [i, agoMs] of [70_000, 10_000, 65_000, 0].entries()) {
    appendRow(pushed, nowMs - agoMs, ids.subarray(i, i + 1), [i])
  }
  await pushed.commit()
  const rows = sending.rows()
  appendRow(rows, nowMs - 61_000, ids, ids)
  await clock.advance(2000)
  assert.deepEqual(
    [...writer('a').series].map(([key, list]) => [key.slice(0, 2), list[0].split(' ')[1]]),
    [
      ['m1', '1'],
      ['m3', '3'],
    ],
  )
  assert.deepEqual(status('a').dropped, { too_old: 6 })
  assert.equal(status('a').newestWrittenMs, nowMs)
  assert.ok(addsUp(status('a')))
  await stop(clock, sending)
})

test('samples that a receiver refuses are lost and counted, and it is not asked again', async () => {
  const clock = fakeClock()
  const { sending, writer, status, metrics } = await startTest(clock, [destinationOf('a')])
  const answers: WriteResult[] = [
    { outcome: 'refused', reason: 'status_400', message: 'no' },
    { outcome: 'written', refused: new Map([['out_of_order', 3]]) },
    { outcome: 'written', refused: new Map([['lies', 500]]) },
    WRITTEN,
  ]
  writer('a').answer = () => answers.shift() ?? WRITTEN
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 10))
  for (let row = 0; row < 4; row++) {
    appendRow(appender, clock.now(), ids, ids)
    await clock.advance(15_000)
    assert.ok(addsUp(status('a')))
  }
  assert.equal(writer('a').requests.length, 4)
  assert.deepEqual(status('a').dropped, {
    refused_status_400: 10,
    refused_out_of_order: 3,
    refused_lies: 10,
  })
  assert.equal(status('a').written, 17)
  const text = metrics.render()
  const labels = 'remote_name="a",url="a"'
  for (const line of [
    `prometheus_remote_storage_samples_total{${labels}} 17`,
    `prometheus_remote_storage_samples_failed_total{${labels}} 23`,
    `prometheus_remote_storage_samples_dropped_total{${labels},reason="refused_lies"} 10`,
    `narthex_send_received_total{${labels}} 40`,
    'prometheus_remote_storage_samples_in_total 40',
    'narthex_send_series 10',
  ]) {
    assert.ok(text.includes(`${line}\n`), line)
  }
  await stop(clock, sending)
})

test('a writer that throws is a fault of ours: told, and tried again', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [destinationOf('a')])
  writer('a').answer = () => {
    throw new Error('BUG: expected nothing')
  }
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  appendRow(appender, clock.now(), ids, ids)
  await clock.advance(2000)
  assert.match(status('a').lastError, /BUG/)
  assert.equal(status('a').queued, 4)
  await stop(clock, sending)
})

test('Retry-After is honoured, up to a bound', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [destinationOf('a')])
  const times: number[] = []
  const waits = [60_000, 1e12]
  writer('a').answer = () => {
    times.push(clock.monotonicMs())
    const afterMs = waits.shift()
    return afterMs === undefined
      ? WRITTEN
      : { outcome: 'retry', reason: 'status_429', message: '429', afterMs }
  }
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  appendRow(appender, clock.now(), ids, ids)
  await clock.advance(600_000)
  assert.deepEqual(times, [1000, 61_000, 361_000])
  await stop(clock, sending)
})

test('stopping writes what waits at once, and counts what could not be written in time', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('up'),
    destinationOf('down'),
    destinationOf('hangs'),
  ])
  writer('down').answer = () => RETRY
  writer('hangs').answer = (_, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(RETRY)))
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 10))
  appendRow(appender, clock.now(), ids, ids)
  await appender.commit()
  const stopped = sending.stop()
  let isStopped = false
  void stopped.then(() => {
    isStopped = true
  })
  await clock.advance(3999)
  assert.equal(status('up').written, 10)
  assert.equal(isStopped, false)
  await clock.advance(600)
  await stopped
  for (const name of ['down', 'hangs']) {
    assert.deepEqual(status(name).dropped, { shutdown: 10 })
    assert.equal(status(name).queued, 0)
    assert.ok(addsUp(status(name)))
    assert.ok(writer(name).isClosed)
  }
  assert.throws(
    () => appendRow(appender, clock.now(), ids, ids),
    (error) => error instanceof NarthexError && error.kind === 'busy',
  )
  assert.equal(clock.waiting, 0, 'no timer is left')
})

test('series that are silent for an hour are forgotten once nothing of them waits anywhere', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(
    clock,
    [destinationOf('up'), destinationOf('down')],
    { limits: { bufferAgeMsMax: 36_000_000 } },
  )
  writer('down').answer = () => RETRY
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 10))
  appendRow(appender, clock.now(), ids, ids)
  await clock.advance(2 * 3_600_000)
  assert.equal(sending.seriesCount, 10)
  writer('down').answer = () => WRITTEN
  await clock.advance(60_000)
  assert.equal(status('down').written, 10)
  assert.equal(writer('down').series.size, 10)
  assert.equal(sending.seriesCount, 0)
  assert.deepEqual(writer('up').forgotten, [...ids])
  const outcomes = appendRow(appender, clock.now(), ids, ids)
  assert.ok(outcomes.every((outcome) => outcome === 5))
  await stop(clock, sending)
})

test('the bound on series holds for new ones', async () => {
  const clock = fakeClock()
  const { sending } = await startTest(clock, [destinationOf('a')], { limits: { seriesMax: 4 } })
  const appender = sending.rows()
  idsOf(appender, targetLabels('x:1', 4))
  assert.throws(
    () => idsOf(appender, targetLabels('x:2', 1)),
    (error) => error instanceof NarthexError && error.kind === 'share',
  )
  await stop(clock, sending)
})

test('histograms and exemplars that a destination does not want are filtered', async () => {
  const clock = fakeClock()
  const { sending, status, writer, metrics } = await startTest(clock, [
    destinationOf('a', { sendExemplars: false, sendNativeHistograms: false }),
    destinationOf('b'),
    destinationOf('c'),
  ])
  writer('c').takesExemplars = false
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  const nothing = new Float64Array(0)
  appendRow(appender, clock.now(), ids, ids)
  appender.side?.exemplar(ids[0], { labels: [], value: 5, timeMs: undefined })
  appender.side?.histogram(clock.now(), ids[1], {
    schema: 0,
    isFloat: false,
    resetHint: 'unknown',
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: Float64Array.of(0),
    positiveSpans: [],
    positiveCounts: nothing,
    negativeSpans: [],
    negativeCounts: nothing,
    customValues: nothing,
  })
  await clock.advance(2000)
  assert.equal(writer('a').sampleCount, 4)
  assert.equal(writer('b').sampleCount, 6)
  assert.deepEqual(status('a').dropped, { filtered: 1 })
  assert.deepEqual([status('a').received, status('b').received], [5, 5])
  const shared = { received: 1, written: 0, queued: 0 }
  assert.deepEqual(status('a').exemplars, { ...shared, dropped: { filtered: 1 } })
  assert.deepEqual(status('b').exemplars, { ...shared, dropped: {}, written: 1 })
  assert.deepEqual(status('c').exemplars, { ...shared, dropped: { refused_unrepresentable: 1 } })
  assert.ok(addsUp(status('a')) && addsUp(status('b')) && addsUp(status('c')))
  const name = 'prometheus_remote_storage_exemplars_dropped_total'
  const line = `${name}{remote_name="c",url="c",reason="refused_unrepresentable"} 1\n`
  assert.ok(metrics.render().includes(line), 'the metric has the reason')
  await stop(clock, sending)
})

test('exemplars add up whatever becomes of the samples beside them', async () => {
  const clock = fakeClock()
  const { sending, status, writer } = await startTest(clock, [
    destinationOf('dead', {}, { bufferAgeMsMax: 60_000 }),
    destinationOf('full', {}, { bufferBytesMax: 4000 }),
    destinationOf('old', {}, { sampleAgeMsMax: 1000 }),
    destinationOf('refused'),
    destinationOf('partly'),
  ])
  for (const name of ['dead', 'full', 'old']) writer(name).answer = () => RETRY
  const message = 'no'
  writer('refused').answer = () => ({ outcome: 'refused', reason: 'status_400', message })
  const exemplarsRefused = new Map([['unconfirmed', 99]])
  writer('partly').answer = () => ({ outcome: 'written', refused: new Map(), exemplarsRefused })
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  const rows = 20
  for (let row = 0; row < rows; row++) {
    const timeMs = clock.now()
    appendRow(appender, timeMs, ids, ids)
    appender.side?.exemplar(ids[0], { labels: [], value: row, timeMs })
    await clock.advance(1000)
    for (const each of sending.status()) assert.ok(addsUp(each), `${each.name} in row ${row}`)
  }
  const counts = (name: string): number[] => {
    const { written, queued } = status(name).exemplars
    return [written, queued]
  }
  assert.deepEqual(counts('dead'), [0, rows])
  assert.deepEqual(counts('refused'), [0, 0])
  assert.deepEqual(status('refused').exemplars.dropped, { refused_status_400: rows })
  assert.deepEqual(counts('partly'), [0, 0])
  assert.deepEqual(status('partly').exemplars.dropped, { refused_unconfirmed: rows })
  assert.ok(status('full').exemplars.dropped.queue_full > 0)
  assert.ok(status('old').exemplars.dropped.too_old > 0)
  await clock.advance(50_000)
  assert.ok(status('dead').exemplars.dropped.expired > 0)
  for (const each of sending.status()) assert.ok(addsUp(each), `${each.name} later`)
  await stop(clock, sending)
  assert.ok(status('full').exemplars.dropped.shutdown > 0)
  for (const each of sending.status()) assert.ok(addsUp(each), `${each.name} in the end`)
})

test('C17: a reload keeps what waits, whatever it changes', async () => {
  const clock = fakeClock()
  const { sending, opened, status } = await startTest(
    clock,
    [destinationOf('a'), destinationOf('b'), destinationOf('gone')],
    { answer: () => RETRY },
  )
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 10))
  appendRow(appender, clock.now(), ids, ids)
  await clock.advance(2000)
  const drop = compileRelabel({ action: 'drop', sourceLabels: ['__name__'], regex: 'm[0-4]' })
  const applied = sending.apply(
    [
      destinationOf('a', { relabel: [drop] }, { samplesPerSendMax: 3, backoffMsMax: 2000 }),
      destinationOf('b'),
      destinationOf('new'),
    ],
    [],
  )
  await clock.advance(10_000)
  await applied
  assert.equal(opened.get('a')?.length, 2)
  assert.ok(opened.get('a')?.[0].isClosed)
  assert.equal(opened.get('b')?.length, 1, 'what did not change is not opened again')
  assert.ok(opened.get('gone')?.[0].isClosed)
  assert.deepEqual(
    sending.status().map(({ name, queued }) => [name, queued]),
    [
      ['a', 5],
      ['b', 10],
      ['new', 0],
    ],
  )
  for (const list of opened.values()) for (const writer of list) writer.answer = () => WRITTEN
  appendRow(appender, clock.now(), ids, ids)
  await clock.advance(20_000)
  assert.equal(opened.get('a')?.[1].series.size, 5, 'new rules hold for what waits, too')
  assert.deepEqual(status('a').dropped, { filtered: 10 })
  assert.equal(status('a').written, 10)
  assert.equal(status('b').written, 20)
  assert.equal(status('new').written, 10)
  for (const each of sending.status()) assert.ok(addsUp(each))
  await stop(clock, sending)
})

test('a reload that cannot open a writer changes nothing', async () => {
  const clock = fakeClock()
  const { sending, opened } = await startTest(clock, [destinationOf('a')], {
    onOpen(config) {
      if (config.name === 'bad') throw new NarthexError('bad_data', 'cannot open bad')
    },
  })
  await assert.rejects(
    sending.apply([destinationOf('b'), destinationOf('bad')], []),
    /cannot open bad/,
  )
  assert.deepEqual(
    sending.status().map(({ name }) => name),
    ['a'],
  )
  assert.equal(opened.get('a')?.[0].isClosed, false)
  assert.ok(opened.get('b')?.[0].isClosed)
  await assert.rejects(sending.apply([destinationOf('b'), destinationOf('b')], []), /"b"/)
  await stop(clock, sending)
  await assert.rejects(sending.apply([destinationOf('c')], []), /stopping/)
})

test('reloads at once follow each other', async () => {
  const clock = fakeClock()
  const { sending, opened } = await startTest(clock, [destinationOf('a')])
  await Promise.all([
    sending.apply([destinationOf('a'), destinationOf('b')], []),
    sending.apply([destinationOf('b'), destinationOf('c')], []),
  ])
  assert.deepEqual(
    sending.status().map(({ name }) => name),
    ['b', 'c'],
  )
  assert.equal(opened.get('b')?.length, 1)
  await stop(clock, sending)
})
