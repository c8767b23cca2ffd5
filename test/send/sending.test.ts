/** Destinations as a whole: order, bounds, trouble, reloads and stopping. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRelabel } from '../../src/config/relabel.ts'
import { labelsFrom } from '../../src/model/labels.ts'
import { STALE } from '../../src/model/stale.ts'
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

test('every destination gets every sample in order, and rows keep the identity of their ids', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('a'),
    destinationOf('b'),
  ])
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 5))
  for (let i = 0; i < 10; i++) {
    const timeMs = clock.now()
    appendRow(appender, timeMs, ids, [i, i + 1, i + 2, i + 3, i === 9 ? STALE[0] : 4])
    await appender.commit()
    await clock.advance(15_000)
  }
  for (const name of ['a', 'b']) {
    const { series, requests } = writer(name)
    assert.equal(series.size, 5)
    assert.deepEqual(
      series.get('m1{instance="x:1", job="node"}'),
      Array.from({ length: 10 }, (_, i) => `${1_700_000_000_000 + i * 15_000} ${i + 1}`),
    )
    assert.equal(series.get('m4{instance="x:1", job="node"}')?.at(-1)?.split(' ')[1], 'stale')
    assert.equal(new Set(requests.flat().map((parcel) => parcel.ids)).size, 1)
    assert.ok(addsUp(status(name)))
    assert.equal(status(name).written, 50)
  }
  assert.equal(writer('a').requests[0][0], writer('b').requests[0][0], 'parcels are shared')
  await stop(clock, sending)
})

test('a destination that hangs delays neither the appender nor another destination', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('dead'),
    destinationOf('alive'),
  ])
  let release: (result: WriteResult) => void = () => {}
  writer('dead').answer = () => new Promise<WriteResult>((resolve) => (release = resolve))
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  for (let i = 0; i < 3; i++) {
    appendRow(appender, clock.now(), ids, [1, 2, 3, 4])
    await appender.commit()
    await clock.advance(15_000)
  }
  assert.equal(status('alive').written, 12)
  assert.equal(status('dead').written, 0)
  assert.equal(status('dead').queued, 12)
  assert.equal(writer('dead').requests.length, 1)
  writer('dead').answer = () => WRITTEN
  release(WRITTEN)
  await clock.advance(1000)
  assert.equal(status('dead').written, 12)
  await stop(clock, sending)
})

test('rules drop series before the queue, and views with equal rules share their filtered arrays', async () => {
  const clock = fakeClock()
  const rules = () => [
    compileRelabel({ action: 'drop', sourceLabels: ['__name__'], regex: 'm1' }),
    compileRelabel({ targetLabel: 'env', replacement: 'prod' }),
  ]
  const { sending, writer, status } = await startTest(
    clock,
    [
      destinationOf('all'),
      destinationOf('a', { relabel: rules() }),
      destinationOf('b', { relabel: rules() }),
    ],
    {
      externalLabels: labelsFrom([
        ['cluster', 'c1'],
        ['instance', 'never'],
      ]),
    },
  )
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 4))
  for (let i = 0; i < 2; i++) {
    appendRow(appender, clock.now(), ids, [1, 2, 3, 4])
    await clock.advance(15_000)
  }
  assert.deepEqual([...writer('all').series.keys()].slice(0, 2), [
    'm0{cluster="c1", instance="x:1", job="node"}',
    'm1{cluster="c1", instance="x:1", job="node"}',
  ])
  assert.deepEqual(
    [...writer('a').series.keys()],
    ['m0', 'm2', 'm3'].map(
      (name) => `${name}{cluster="c1", env="prod", instance="x:1", job="node"}`,
    ),
  )
  const [[first], [second]] = writer('a').requests
  assert.equal(first.ids, second.ids)
  assert.equal(writer('b').requests[0][0], first)
  assert.deepEqual(status('a').dropped, { filtered: 2 })
  assert.ok(addsUp(status('a')))
  await stop(clock, sending)
})

test('a target that is larger than a request leaves in several, one after the other', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [
    destinationOf('a', {}, { samplesPerSendMax: 10 }),
  ])
  const appender = sending.rows()
  const ids = idsOf(appender, targetLabels('x:1', 25))
  for (let i = 0; i < 2; i++) {
    appendRow(
      appender,
      clock.now(),
      ids,
      ids.map((_, j) => j + i),
    )
    await clock.advance(15_000)
  }
  const sizes = writer('a').requests.map((parcels) => parcels.map(({ count }) => count))
  assert.deepEqual(sizes, [[9], [9], [7], [9], [9], [7]])
  assert.equal(writer('a').parallel, 1)
  assert.equal(writer('a').requests[0][0].ids, writer('a').requests[3][0].ids)
  assert.equal(writer('a').sampleCount, 50)
  await stop(clock, sending)
})

test('a destination that is down is probed one write at a time, with pauses that grow', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('a', {}, { samplesPerSendMax: 4, shardsMin: 8, shardsMax: 8 }),
  ])
  const times: number[] = []
  writer('a').answer = () => {
    times.push(clock.monotonicMs())
    return RETRY
  }
  const appender = sending.rows()
  for (let target = 0; target < 20; target++) {
    appendRow(appender, clock.now(), idsOf(appender, targetLabels(`x:${target}`, 4)), [1, 2, 3, 4])
  }
  await clock.advance(60_000)
  const gaps = times.slice(8).map((timeMs, i) => timeMs - times[i + 7])
  assert.ok(
    gaps.every((gap) => gap >= 22),
    `all gaps are pauses: ${gaps}`,
  )
  assert.ok(times.length < 40, `${times.length} writes in a minute`)
  assert.equal(status('a').health, 'retrying')
  assert.equal(status('a').queued, 80)
  writer('a').answer = () => WRITTEN
  await clock.advance(10_000)
  assert.equal(status('a').written, 80)
  assert.equal(status('a').health, 'idle')
  assert.ok(addsUp(status('a')))
  await stop(clock, sending)
})

test('who answers at once is written to one request after the other', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('a', {}, { samplesPerSendMax: 8, shardsMax: 6 }),
  ])
  writer('a').answer = () =>
    new Promise<WriteResult>((resolve) => clock.after(5, () => resolve(WRITTEN)))
  const appender = sending.rows()
  for (let i = 0; i < 40; i++) {
    const ids = idsOf(appender, targetLabels(`x:${i}`, 8))
    appendRow(appender, clock.now(), ids, ids)
  }
  await clock.advance(3000)
  assert.equal(writer('a').parallel, 1)
  assert.equal(status('a').written, 8 * 40)
  await stop(clock, sending)
})

test('writes at once grow with need, up to their bound, and no lane is written twice at once', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(clock, [
    destinationOf('a', {}, { samplesPerSendMax: 8, shardsMax: 6 }),
  ])
  writer('a').answer = () =>
    new Promise<WriteResult>((resolve) => clock.after(1000, () => resolve(WRITTEN)))
  const appender = sending.rows()
  const targets = Array.from({ length: 40 }, (_, i) => idsOf(appender, targetLabels(`x:${i}`, 8)))
  appendRow(appender, clock.now(), targets[0], targets[0])
  await clock.advance(3000)
  assert.equal(writer('a').parallel, 1)
  for (const ids of targets) appendRow(appender, clock.now(), ids, ids)
  await clock.advance(15_000)
  assert.equal(writer('a').parallel, 6)
  assert.equal(status('a').written, 8 * 41)
  assert.equal(status('a').shards, 1, 'it begins with one again')
  await stop(clock, sending)
})
