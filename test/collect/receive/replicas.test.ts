/** Pairs of senders: one replica of a cluster is listened to, over the stream and remote write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { openDoor, withLabels } from '../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import { openRemoteWrite } from '../../../src/collect/receive/remotewrite.ts'
import { REPLICA_OPTIONS, Replicas } from '../../../src/collect/receive/replicas.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../../src/wire/snappy.ts'
import {
  bitsOf,
  GOING,
  NotingAppender,
  openWriter,
  rowOf,
  startGateway,
  TestSeries,
} from '../../send/gateway/world.ts'
import { encodeWrite1 } from '../../support/writerequest.ts'
import { type FakeClock, fakeClock } from '../clock.ts'

function labels(record: Record<string, string>): Labels {
  return labelsFrom(Object.entries(record))
}

function replicasOf(clustersMax = 10): { clock: FakeClock; metrics: Metrics; replicas: Replicas } {
  const clock = fakeClock()
  const metrics = new Metrics()
  const replicas = new Replicas({ ...REPLICA_OPTIONS, clustersMax }, clock, metrics)
  return { clock, metrics, replicas }
}

test('the first replica is listened to until it is silent for too long', async () => {
  const { clock, metrics, replicas } = replicasOf()
  const a = { cluster: 'c', name: 'a' }
  const b = { cluster: 'c', name: 'b' }
  assert.ok(replicas.admits(a))
  assert.ok(!replicas.admits(b))
  await clock.advance(29_000)
  assert.ok(replicas.admits(a))
  await clock.advance(30_000)
  assert.ok(!replicas.admits(b), 'thirty seconds are not more than thirty')
  await clock.advance(1)
  assert.ok(replicas.admits(b), 'another one takes over')
  assert.ok(!replicas.admits(a), 'and stays')
  assert.ok(replicas.admits({ cluster: 'other', name: 'a' }), 'clusters have nothing in common')
  assert.match(metrics.render(), /narthex_replica_elected_total 3/)
  assert.match(metrics.render(), /narthex_replica_clusters 2/)
})

test('replicas are known by both labels, and by whose they are', () => {
  const { replicas } = replicasOf()
  const pair = labels({ __name__: 'm', cluster: 'c', __replica__: 'a' })
  assert.deepEqual(replicas.replicaOf(pair, ''), { cluster: 'c', name: 'a' })
  assert.deepEqual(replicas.replicaOf(pair, 't'), { cluster: 't/c', name: 'a' })
  assert.deepEqual(replicas.strip(pair), labels({ __name__: 'm', cluster: 'c' }))
  const alone = labels({ __name__: 'm', __replica__: 'a' })
  assert.equal(replicas.replicaOf(alone, ''), undefined)
  assert.equal(replicas.strip(alone), alone, 'without a cluster nothing is taken off')
  assert.equal(replicas.replicaOf(labels({ __name__: 'm', cluster: 'c' }), ''), undefined)
})

test('clusters that are silent make room, others are not deduplicated beyond the bound', async () => {
  const { clock, replicas } = replicasOf(2)
  assert.ok(replicas.admits({ cluster: '1', name: 'a' }))
  assert.ok(replicas.admits({ cluster: '2', name: 'a' }))
  assert.ok(replicas.admits({ cluster: '3', name: 'a' }))
  assert.ok(replicas.admits({ cluster: '3', name: 'b' }), 'taken, and doubled')
  await clock.advance(31_000)
  assert.ok(replicas.admits({ cluster: '3', name: 'a' }))
  assert.ok(!replicas.admits({ cluster: '3', name: 'b' }))
})

test('labels of a door win over those of the sender', () => {
  const own = labels({ __name__: 'm', tenant: 'mine', z: '1' })
  const added = labels({ aaa: '0', tenant: 'given', zz: '2' })
  const wanted = labels({ __name__: 'm', aaa: '0', tenant: 'given', z: '1', zz: '2' })
  assert.deepEqual(withLabels(own, added), wanted)
  assert.deepEqual(openDoor('t', added).enter(own), wanted)
})

test('a pair of agents arrives once, under the labels of its tenant', async () => {
  const { clock, metrics, replicas } = replicasOf()
  const door = openDoor('team', labels({ tenant: 'team' }), replicas)
  const gateway = await startGateway({ doorOf: () => door })
  const pair = ['a', 'b'].map((name) => {
    const series = new TestSeries()
    const common = { __name__: 'm', instance: 'i', cluster: 'c', __replica__: name }
    const ids = Float64Array.of(series.add(common))
    return { ids, writer: openWriter(series, [gateway.address], { agentName: name }) }
  })
  const write = async (agent: number, row: number): Promise<void> => {
    const { ids, writer } = pair[agent]
    assert.equal((await writer.write([rowOf(row, ids, [agent])], GOING)).outcome, 'written')
  }
  for (const row of [1, 2]) for (const agent of [0, 1]) await write(agent, row)
  await clock.advance(31_000)
  await write(1, 3)
  await write(0, 3)
  assert.deepEqual(
    [...gateway.appender.noted],
    [
      [
        'm{cluster="c", instance="i", tenant="team"}',
        [`1 ${bitsOf(0)}`, `2 ${bitsOf(0)}`, `3 ${bitsOf(1)}`],
      ],
    ],
  )
  const counted = /narthex_replica_deduplicated_samples_total\{cluster="team\/c"\} 3/
  assert.match(metrics.render(), counted)
  for (const { writer } of pair) await writer.close()
  await gateway.stop()
})

test('a pair that writes by remote write arrives once, and both are told that it was taken', async () => {
  const { clock, metrics, replicas } = replicasOf()
  const appender = new NotingAppender()
  const write = openRemoteWrite({
    appender,
    clock,
    metrics,
    labelLimits: LABEL_LIMITS,
    requestBytesMax: 10_000,
    decodedBytesMax: 10_000,
    onMetadata: () => {},
  })
  const door = openDoor('', [], replicas)
  const other = openDoor('x', labels({ tenant: 'x' }), replicas)
  const headers: Record<string, string> = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
  }
  const send = async (replica: string, value: number, through = door): Promise<void> => {
    const series = ['m', 'n'].map((name) => ({
      labels: labels({ __name__: name, cluster: 'c', __replica__: replica }),
      times: Float64Array.of(5),
      values: Float64Array.of(value),
    }))
    const request = encodeWrite1(series, new ProtoWriter(1000))
    const block = new Uint8Array(snappyEncodedBytesMax(request.length))
    const sizeBytes = encodeSnappy(request, request.length, block)
    const reply = await write((name) => headers[name], block.subarray(0, sizeBytes), through)
    assert.equal(reply.status, 204)
  }
  await send('a', 1)
  await send('b', 2)
  await send('b', 3, other)
  assert.deepEqual(Object.fromEntries(appender.noted), {
    'm{cluster="c"}': [`5 ${bitsOf(1)}`],
    'n{cluster="c"}': [`5 ${bitsOf(1)}`],
    'm{cluster="c", tenant="x"}': [`5 ${bitsOf(3)}`],
    'n{cluster="c", tenant="x"}': [`5 ${bitsOf(3)}`],
  })
  assert.match(metrics.render(), /narthex_replica_deduplicated_samples_total\{cluster="c"\} 2/)
  assert.match(metrics.render(), /narthex_remote_write_known_series 4/)
})
