/** Several gateways: agents spread over them, go on to the next, and lose nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { NO_WEB_CONFIG } from '../../../src/config/web.ts'
import { homeOf } from '../../../src/send/gateway/writer.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { WriteResult, Writer } from '../../../src/send/writer.ts'
import { fakeClock } from '../../collect/clock.ts'
import {
  bitsOf,
  GOING,
  openWriter,
  rowOf,
  startGateway,
  type TestGateway,
  TestSeries,
} from './world.ts'

/** Writes until it is written, as a sender does; which results came before. */
async function writeAtLast(writer: Writer, parcel: Parcel): Promise<WriteResult[]> {
  const results: WriteResult[] = []
  for (;;) {
    const result = await writer.write([parcel], GOING)
    results.push(result)
    if (result.outcome === 'written') return results
    assert.equal(result.outcome, 'retry')
    assert.ok(results.length < 50, JSON.stringify(result))
  }
}

function gatewayOf(gateways: readonly TestGateway[], address: string): TestGateway {
  const found = gateways.find((gateway) => gateway.address === address)
  assert.ok(found !== undefined)
  return found
}

test('agents spread over all gateways', () => {
  const counts = [0, 0, 0]
  for (let i = 0; i < 300; i++) counts[homeOf(`node-${i}.example`, 3)]++
  for (const count of counts) assert.ok(count > 60, String(counts))
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (name, count) => {
      const home = homeOf(name, count)
      assert.ok(Number.isInteger(home) && home >= 0 && home < count)
      assert.equal(homeOf(name, count), home)
    }),
    { seed: 3 },
  )
})

test('three gateways die one after the other while eight agents send: nothing is lost', async () => {
  const gateways = await Promise.all([startGateway(), startGateway(), startGateway()])
  const addresses = gateways.map((gateway) => gateway.address)
  const agents = Array.from({ length: 8 }, (_, a) => {
    const series = new TestSeries()
    const ids = Float64Array.from({ length: 20 }, (_, i) =>
      series.add({ __name__: `metric_${i}`, instance: `host-${a}` }),
    )
    return { series, ids, writer: openWriter(series, addresses, { agentName: `agent-${a}` }) }
  })
  const alive = [...gateways]
  for (let row = 0; row < 30; row++) {
    const writes = agents.map(({ writer, ids }, a) =>
      writeAtLast(writer, rowOf(row, ids, Array(20).fill(row * 10 + a))),
    )
    if (row === 10 || row === 20) {
      const dying = alive.shift()
      dying?.receiver.leave()
      await dying?.stop()
    }
    await Promise.all(writes)
  }
  for (const [a, { series, ids, writer }] of agents.entries()) {
    await writer.close()
    for (const id of ids) {
      const arrived = new Set(gateways.flatMap((g) => g.appender.noted.get(series.name(id)) ?? []))
      const sent = Array.from({ length: 30 }, (_, row) => `${row} ${bitsOf(row * 10 + a)}`)
      assert.deepEqual([...arrived].sort(), sent.sort())
    }
  }
  assert.ok(
    gateways.every((gateway) => gateway.appender.sampleCount > 0),
    'all of them had agents',
  )
  await Promise.all(alive.map((gateway) => gateway.stop()))
})

test('a write that is under way when its gateway dies is written through the next one', async () => {
  const gateways = await Promise.all([startGateway(), startGateway()])
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const addresses = gateways.map((gateway) => gateway.address)
  const writer = openWriter(series, addresses, { answerMsMax: 10_000 })
  const home = gatewayOf(gateways, addresses[homeOf('agent-1', 2)])
  const other = gateways[home === gateways[0] ? 1 : 0]
  home.appender.gate = new Promise(() => {})
  const write = writer.write([rowOf(1, ids, [7])], GOING)
  while (home.appender.commits === 0) await new Promise(setImmediate)
  const stopped = home.stop()
  const result = await write
  assert.ok(result.outcome === 'retry' && result.reason === 'connection' && result.afterMs === 0)
  await writeAtLast(writer, rowOf(1, ids, [7]))
  assert.deepEqual([...other.appender.noted.values()], [[`1 ${bitsOf(7)}`]])
  await writer.close()
  await stopped
  await other.stop()
})

test('a gateway that stops is left at once, and what is under way is still answered', async () => {
  const gateways = await Promise.all([startGateway(), startGateway()])
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const addresses = gateways.map((gateway) => gateway.address)
  const metrics = new Metrics()
  const writer = openWriter(series, addresses, {}, metrics)
  const home = gatewayOf(gateways, addresses[homeOf('agent-1', 2)])
  const other = gateways[home === gateways[0] ? 1 : 0]
  const { promise, resolve } = Promise.withResolvers<void>()
  home.appender.gate = promise
  const write = writer.write([rowOf(1, ids, [1])], GOING)
  while (home.appender.commits === 0) await new Promise(setImmediate)
  home.receiver.leave()
  resolve()
  assert.equal((await write).outcome, 'written')
  await home.stop()
  const results = await writeAtLast(writer, rowOf(2, ids, [2]))
  assert.equal(results.length, 1, 'nothing had to be tried twice')
  assert.deepEqual([...other.appender.noted.values()], [[`2 ${bitsOf(2)}`]])
  assert.match(metrics.render(), /narthex_send_gateway_streams_total\{destination="gateway"\} 2/)
  await writer.close()
  await other.stop()
})

test('a gateway that is busy for too long is left for the next', async () => {
  const gateways = await Promise.all([startGateway(), startGateway()])
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const addresses = gateways.map((gateway) => gateway.address)
  const writer = openWriter(series, addresses, { busyMsMax: 20 })
  const home = gatewayOf(gateways, addresses[homeOf('agent-1', 2)])
  const other = gateways[home === gateways[0] ? 1 : 0]
  home.appender.commitError = new NarthexError('busy', 'all destinations are down')
  const endMs = performance.now() + 5000
  while (other.appender.sampleCount === 0) {
    assert.ok(performance.now() < endMs, 'the agent goes on to the other one')
    await writer.write([rowOf(1, ids, [1])], GOING)
  }
  await writer.close()
  await Promise.all(gateways.map((gateway) => gateway.stop()))
})

test('no gateway at all, and one that does not say welcome, are reasons to try again later', async () => {
  const gone = await startGateway()
  await gone.stop()
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const writer = openWriter(series, [gone.address])
  const result = await writer.write([rowOf(1, ids, [1])], GOING)
  assert.ok(result.outcome === 'retry' && result.reason === 'connection')
  assert.ok(result.afterMs >= 1000)
  assert.equal(
    result.message,
    `cannot open a stream to gateway ${gone.address}: dial tcp ${gone.address}: connect: connection refused (without TLS)`,
  )
  await writer.close()
})

test('why there is no stream is said once, until it is something else', async () => {
  const lines: string[] = []
  const warn = (_message: string, fields?: Record<string, unknown>): void => {
    lines.push(String(fields?.error))
  }
  const log = { ...silentLog, warn }
  const tokens = [{ name: 'w', sha256: 'a'.repeat(64), role: 'editor' as const }]
  const gateway = await startGateway({ web: { ...NO_WEB_CONFIG, tokens } })
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const writer = openWriter(series, [gateway.address], {}, new Metrics(), { log })
  for (const row of [1, 2, 3]) {
    const result = await writer.write([rowOf(row, ids, [1])], GOING)
    assert.ok(result.outcome === 'retry' && result.reason === 'forbidden')
  }
  const told = `cannot open a stream to gateway ${gateway.address}: Unauthorized, wanted authorization with a token that may write there`
  assert.deepEqual(lines, [told])
  await gateway.stop()
  for (const row of [4, 5]) await writer.write([rowOf(row, ids, [1])], GOING)
  assert.equal(lines.length, 2)
  assert.match(lines[1], /connection refused/)
  await writer.close()
})

test('a write that is given up ends soon, as does one whose writer is closed', async () => {
  const gateway = await startGateway()
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  gateway.appender.gate = new Promise(() => {})
  const writer = openWriter(series, [gateway.address])
  const stop = new AbortController()
  const given = writer.write([rowOf(1, ids, [1])], stop.signal)
  while (gateway.appender.commits === 0) await new Promise(setImmediate)
  stop.abort()
  assert.equal((await given).outcome, 'retry')
  const closed = writer.write([rowOf(2, ids, [1])], GOING)
  while (gateway.appender.commits < 2) await new Promise(setImmediate)
  await writer.close()
  assert.equal((await closed).outcome, 'retry')
  await gateway.stop()
})

test('an agent goes back to its own gateway after a while', async () => {
  const clock = fakeClock()
  const first = await startGateway()
  const second = await startGateway()
  const addresses = [first.address, second.address]
  const name = ['agent-1', 'agent-2', 'agent-3'].find((each) => homeOf(each, 2) === 0)
  assert.ok(name !== undefined)
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const writer = openWriter(series, addresses, { agentName: name }, new Metrics(), { clock })
  await writeAtLast(writer, rowOf(1, ids, [1]))
  first.receiver.leave()
  await first.stop()
  await writeAtLast(writer, rowOf(2, ids, [2]))
  assert.equal(second.appender.sampleCount, 1)
  const again = await startGateway({ port: Number(first.address.split(':')[1]) })
  await writeAtLast(writer, rowOf(3, ids, [3]))
  assert.equal(second.appender.sampleCount, 2, 'not at once')
  await clock.advance(300_001)
  await writeAtLast(writer, rowOf(4, ids, [4]))
  assert.equal(again.appender.sampleCount, 1)
  assert.equal(second.appender.sampleCount, 2)
  await writer.close()
  await Promise.all([again.stop(), second.stop()])
})

test('families are told once, and again to the next gateway', async () => {
  const clock = fakeClock()
  const gateway = await startGateway()
  const series = new TestSeries()
  const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'x' }))
  const known = new Map([['a', [{ type: 'counter', help: 'How often.', unit: '' }]]])
  const metadata = { families: () => known, ofTargets: () => [] }
  const writer = openWriter(series, [gateway.address], {}, new Metrics(), { clock, metadata })
  for (const row of [1, 2]) await writeAtLast(writer, rowOf(row, ids, [1]))
  const told = { family: 'a', type: 'counter', help: 'How often.', unit: '' }
  assert.deepEqual(gateway.families, [told])
  known.set('b', [{ type: 'gauge', help: '', unit: 'bytes' }])
  await clock.advance(60_001)
  await writeAtLast(writer, rowOf(3, ids, [1]))
  assert.deepEqual(gateway.families, [
    told,
    { family: 'b', type: 'gauge', help: '', unit: 'bytes' },
  ])
  await writer.close()
  await gateway.stop()
})
