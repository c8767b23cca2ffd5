/** The stream from an agent's writer into a gateway's appender, over real sockets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { DUPLICATE, UNKNOWN } from '../../../src/model/appender.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { Writer } from '../../../src/send/writer.ts'
import { readCaptures } from '../../support/captures.ts'
import {
  bitsOf,
  type GatewayOptions,
  GOING,
  openWriter,
  rowOf,
  startGateway,
  type TestGateway,
  TestSeries,
} from './world.ts'

interface World {
  readonly gateway: TestGateway
  readonly series: TestSeries
  readonly writer: Writer
}

async function withWorld(
  act: (world: World) => Promise<void>,
  options: GatewayOptions = {},
): Promise<void> {
  const gateway = await startGateway(options)
  const series = new TestSeries()
  const writer = openWriter(series, [gateway.address])
  try {
    await act({ gateway, series, writer })
  } finally {
    await writer.close()
    await gateway.stop()
  }
}

function targetOf(series: TestSeries, instance: string, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    series.add({ __name__: `metric_${i}`, job: 'node', instance, device: `d${i % 3}` }),
  )
}

test('rows arrive value by value, series that come and go included', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const ids = targetOf(series, 'a:1', 100)
    const expected = new Map<string, string[]>()
    for (let row = 0; row < 30; row++) {
      const present = row % 7 === 3 ? ids.slice(0, 95) : ids
      const values = [...present].map((_, i) => (i % 5 === 0 ? row * 1.5 + i : i))
      const parcel = rowOf(1000 * row, present, values)
      const isStale = row % 10 === 9
      if (isStale) parcel.values.set(STALE, 7)
      const result = await writer.write([parcel], GOING)
      assert.deepEqual(result, { outcome: 'written', refused: new Map() })
      for (const [i, id] of present.entries()) {
        const bits = isStale && i === 7 ? '7ff0000000000002' : bitsOf(values[i])
        const list = expected.get(series.name(id)) ?? []
        expected.set(series.name(id), [...list, `${1000 * row} ${bits}`])
      }
    }
    assert.deepEqual(gateway.appender.noted, expected)
    const [agent] = gateway.receiver.view.senders()
    assert.equal(agent.name, 'agent-1')
    assert.equal(agent.series, 100)
    assert.equal(agent.samples, 30 * 100 - 4 * 5)
    assert.ok(agent.isConnected && agent.lagSeconds > 0)
  })
})

test('samples with times of their own, histograms and exemplars arrive', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const ids = Float64Array.of(...targetOf(series, 'a:1', 2), ...targetOf(series, 'b:1', 2))
    const histogram = {
      schema: 3,
      isFloat: false,
      resetHint: 'no',
      zeroThreshold: 0.001,
      zeroCount: 2,
      count: 9,
      sum: Float64Array.of(12.5),
      positiveSpans: [{ offset: -1, length: 2 }],
      positiveCounts: Float64Array.of(3, 4),
      negativeSpans: [],
      negativeCounts: new Float64Array(0),
      customValues: new Float64Array(0),
    } as const
    const exemplar = { labels: ['trace_id', 'x'], value: 3, timeMs: 7 }
    const parcel: Parcel = {
      ...rowOf(5, ids, [1, -0, 0.1, Infinity]),
      times: Float64Array.of(5, 5, 6, 2),
      histograms: [{ id: ids[0], timeMs: 11, histogram }],
      exemplars: [{ id: ids[1], exemplar }],
    }
    assert.equal((await writer.write([parcel], GOING)).outcome, 'written')
    const { noted } = gateway.appender
    assert.deepEqual(noted.get(series.name(ids[0])), [
      `5 ${bitsOf(1)}`,
      `11 histogram ${JSON.stringify(histogram)}`,
    ])
    assert.deepEqual(noted.get(series.name(ids[1])), [
      `5 ${bitsOf(-0)}`,
      `exemplar ${JSON.stringify(exemplar)}`,
    ])
    assert.deepEqual(noted.get(series.name(ids[2])), [`6 ${bitsOf(0.1)}`])
    assert.deepEqual(noted.get(series.name(ids[3])), [`2 ${bitsOf(Infinity)}`])
  })
})

test('nothing is acknowledged before the commit, and the reason of its failure comes back', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const ids = targetOf(series, 'a:1', 3)
    const { promise, resolve } = Promise.withResolvers<void>()
    gateway.appender.gate = promise
    let isDone = false
    const write = writer.write([rowOf(1, ids, [1, 2, 3])], GOING).then((result) => {
      isDone = true
      return result
    })
    while (gateway.appender.commits === 0) await new Promise(setImmediate)
    assert.equal(isDone, false)
    resolve()
    assert.equal((await write).outcome, 'written')

    gateway.appender.commitError = new NarthexError('busy', 'store-2 answers 503')
    const busy = await writer.write([rowOf(2, ids, [1, 2, 3])], GOING)
    assert.ok(busy.outcome === 'retry' && busy.afterMs >= 1000)
    assert.equal(busy.reason, 'gateway_busy')
    assert.match(busy.message, /store-2 answers 503/)
    gateway.appender.commitError = new NarthexError('bad_data', 'store-1 refuses')
    const refused = await writer.write([rowOf(3, ids, [1, 2, 3])], GOING)
    assert.deepEqual(refused, {
      outcome: 'refused',
      reason: 'gateway_bad_data',
      message: 'store-1 refuses',
    })
    gateway.appender.commitError = undefined
    gateway.appender.appendError = new NarthexError('busy', 'read-only')
    assert.equal((await writer.write([rowOf(4, ids, [4, 5, 6])], GOING)).outcome, 'retry')
    gateway.appender.appendError = undefined
    await writer.write([rowOf(4, ids, [4, 5, 6])], GOING)
    assert.equal(gateway.appender.noted.get(series.name(ids[2]))?.at(-1), `4 ${bitsOf(6)}`)
  })
})

test('refused cells are told by reason, and forgotten series are sent anew', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const ids = targetOf(series, 'a:1', 3)
    gateway.appender.outcome = DUPLICATE
    const duplicate = await writer.write([rowOf(1, ids, [1, 2, 3])], GOING)
    assert.deepEqual(duplicate, { outcome: 'written', refused: new Map([['duplicate', 3]]) })
    gateway.appender.outcome = UNKNOWN
    const lost = await writer.write([rowOf(2, ids, [1, 2, 3])], GOING)
    assert.ok(lost.outcome === 'retry' && lost.reason === 'layout_lost' && lost.afterMs === 0)
    gateway.appender.outcome = 0
    assert.equal((await writer.write([rowOf(2, ids, [1, 2, 3])], GOING)).outcome, 'written')
    assert.deepEqual(gateway.appender.noted.get(series.name(ids[1])), [`2 ${bitsOf(2)}`])
    assert.deepEqual(gateway.receiver.view.senders()[0].refused, { duplicate: 3 })
  })
})

test('what destinations of the gateway refuse is acknowledged, and told with its count', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    gateway.appender.shortfall = { count: 2, reason: 'destination vm: status_400' }
    const result = await writer.write([rowOf(1, targetOf(series, 'a:1', 3), [1, 2, 3])], GOING)
    const refused = new Map([['destination_refused', 2]])
    assert.deepEqual(result, { outcome: 'written', refused })
    const [agent] = gateway.receiver.view.senders()
    assert.deepEqual([agent.samples, agent.refused], [1, { destination_refused: 2 }])
  })
})

test('a gateway that ended and came back gets everything again from a key row', async () => {
  const first = await startGateway()
  const port = Number(first.address.split(':')[1])
  const series = new TestSeries()
  const writer = openWriter(series, [first.address])
  const ids = targetOf(series, 'a:1', 50)
  const values = [...ids].map((_, i) => i * 1.25)
  await writer.write([rowOf(1, ids, values)], GOING)
  first.receiver.leave()
  await first.stop()
  assert.equal((await writer.write([rowOf(2, ids, values)], GOING)).outcome, 'retry')
  const second = await startGateway({ port })
  let result = await writer.write([rowOf(2, ids, values)], GOING)
  while (result.outcome === 'retry') result = await writer.write([rowOf(2, ids, values)], GOING)
  assert.equal(result.outcome, 'written')
  assert.equal(second.appender.sampleCount, 50)
  assert.deepEqual(second.appender.noted.get(series.name(ids[49])), [`2 ${bitsOf(61.25)}`])
  await writer.close()
  await second.stop()
})

test('two agents of like targets keep their rows apart', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const others = new TestSeries()
    const other = openWriter(others, [gateway.address], { agentName: 'agent-2' })
    const mine = targetOf(series, 'a:1', 20)
    const theirs = targetOf(others, 'b:1', 20)
    for (let row = 0; row < 5; row++) {
      await Promise.all([
        writer.write([rowOf(row, mine, Array(20).fill(row))], GOING),
        other.write([rowOf(row, theirs, Array(20).fill(row + 100))], GOING),
      ])
    }
    assert.equal(gateway.appender.sampleCount, 200)
    assert.equal(gateway.appender.noted.get(others.name(theirs[3]))?.at(-1), `4 ${bitsOf(104)}`)
    const names = gateway.receiver.view.senders().map((agent) => agent.name)
    assert.deepEqual(names, ['agent-1', 'agent-2'])
    await other.close()
  })
})

test('a full window holds the agent up until answers come', async () => {
  await withWorld(
    async ({ gateway, series, writer }) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gateway.appender.gate = promise
      const writes = Array.from({ length: 10 }, (_, i) => {
        const ids = targetOf(series, `t${i}:1`, 50)
        return writer.write([rowOf(1, ids, Array(50).fill(i))], GOING)
      })
      while (gateway.appender.commits < 1) await new Promise(setImmediate)
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
      assert.ok(gateway.appender.commits < 10, 'not all batches are let through')
      resolve()
      for (const write of writes) assert.equal((await write).outcome, 'written')
      assert.equal(gateway.appender.sampleCount, 500)
    },
    { limits: { inflightBytesMax: 2000 } },
  )
})

test('series over the bound of an agent are refused, the others go on', async () => {
  await withWorld(
    async ({ gateway, series, writer }) => {
      const ids = targetOf(series, 'a:1', 30)
      const result = await writer.write([rowOf(1, ids, Array(30).fill(1))], GOING)
      const refused = new Map([['agent_series_limit', 10]])
      assert.deepEqual(result, { outcome: 'written', refused })
      assert.equal(gateway.appender.sampleCount, 20)
    },
    { limits: { seriesMax: 20 } },
  )
})

test('more samples than the rate of an agent are to be tried again later', async () => {
  await withWorld(
    async ({ gateway, series, writer }) => {
      const ids = targetOf(series, 'a:1', 200)
      const values = Array(200).fill(1)
      assert.equal((await writer.write([rowOf(1, ids, values)], GOING)).outcome, 'written')
      const late = await writer.write([rowOf(2, ids, values)], GOING)
      assert.ok(late.outcome === 'retry' && late.reason === 'gateway_agent_rate')
      assert.ok(late.afterMs >= 1000)
      assert.equal(gateway.appender.sampleCount, 200)
    },
    { limits: { samplesPerSecondMax: 10 } },
  )
})

test('rows larger than a message are refused, smaller ones go in several messages', async () => {
  await withWorld(
    async ({ gateway, series, writer }) => {
      const many = targetOf(series, 'a:1', 700)
      const values = [...many].map((_, i) => Math.sin(i))
      const tooBig = await writer.write([rowOf(1, many, values)], GOING)
      const refused = new Map([['message_too_big', 700]])
      assert.deepEqual(tooBig, { outcome: 'written', refused })
      const parcels = Array.from({ length: 8 }, (_, i) =>
        rowOf(1, targetOf(series, `t${i}`, 20), Array(20).fill(i)),
      )
      assert.equal((await writer.write(parcels, GOING)).outcome, 'written')
      assert.equal(gateway.appender.sampleCount, 160)
    },
    { limits: { messageBytesMax: 4000 } },
  )
})

test('forgotten series make room, and their slots may be given to others', async () => {
  await withWorld(async ({ gateway, series, writer }) => {
    const ids = targetOf(series, 'a:1', 200)
    await writer.write([rowOf(1, ids, Array(200).fill(1))], GOING)
    writer.forget([...ids.subarray(50)])
    await writer.write([rowOf(2, ids.slice(0, 50), Array(50).fill(2))], GOING)
    assert.equal(gateway.receiver.view.senders()[0].series, 50)
    assert.equal(gateway.appender.sampleCount, 250)
  })
})

test('scrapes of a real exporter take less than a byte a sample on the wire', async () => {
  const gateway = await startGateway()
  const series = new TestSeries()
  const metrics = new Metrics()
  const writer = openWriter(series, [gateway.address], {}, metrics)
  const { keys, rows } = readCaptures()
  const ids = Float64Array.from(keys, (key) =>
    series.add({ __name__: key, job: 'node', instance: 'a:9100' }),
  )
  const sentBytes = (): number =>
    Number(/^narthex_send_gateway_bytes_total\S* (\d+)$/m.exec(metrics.render())?.[1])
  let firstBytes = 0
  for (const [i, values] of rows.entries()) {
    const parcel = { ...rowOf(1_700_000_000_000 + 5000 * i, ids, []), values }
    assert.equal((await writer.write([parcel], GOING)).outcome, 'written')
    if (i === 0) firstBytes = sentBytes()
  }
  assert.equal(gateway.appender.sampleCount, keys.length * rows.length)
  const perSample = (sentBytes() - firstBytes) / (keys.length * (rows.length - 1))
  assert.ok(perSample < 1, `${perSample} bytes a sample`)
  await writer.close()
  await gateway.stop()
})
