/** C25, the way through a real Kafka broker: what is sent is what arrives, once it is committed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Appender } from '../../../../src/model/appender.ts'
import { labelsFrom } from '../../../../src/model/labels.ts'
import { STALE } from '../../../../src/model/stale.ts'
import { WRITTEN } from '../../../../src/send/writer.ts'
import { appendRow, idsOf, RETRY, targetLabels } from '../../../send/support.ts'
import { type KafkaBroker, startKafka } from '../../../support/kafka.ts'
import { missingComponents, temporaryFolder, until } from '../../../support/processes.ts'
import {
  distinct,
  headersOf,
  kafkaDestination,
  makeTopic,
  metricOf,
  openProducer,
  type Reader,
  readTopic,
  sizeOf,
  sourceOf,
  startReader,
  startSender,
  untilCaughtUp,
} from './world.ts'

const skip = missingComponents('kafka') ?? false
const folder = temporaryFolder('kafka-receiver')
let broker: KafkaBroker

before(async () => {
  if (skip === false) broker = await startKafka({ folder: folder.path })
})
after(async () => {
  await broker?.kill()
  folder.remove()
})

/** Row `row` of a target, with values that tell it from all others. */
function appendNumbered(rows: Appender, row: number, ids: Float64Array): void {
  appendRow(
    rows,
    1000 * row,
    ids,
    ids.map((id) => id + row),
  )
}

for (const encoding of ['protobuf', 'json'] as const) {
  test(`both destinations get every sample, value by value, in order (${encoding})`, {
    skip,
  }, async (t) => {
    const topic = `values-${encoding}`
    const sender = await startSender(t, kafkaDestination(broker.address, topic, { encoding }))
    const rows = sender.rows()
    const expected = new Map<string, string[]>()
    const special = [Number.NaN, Infinity, -Infinity, -0, 1e300, 5e-324, 0.1, STALE[0]]
    for (const instance of ['a', 'b', 'c']) {
      const ids = idsOf(rows, targetLabels(instance, 20))
      for (let row = 0; row < 30; row++) {
        const values = Float64Array.from(ids, (_, i) => special[(i + row) % 9] ?? row * 1.5 + i)
        appendRow(rows, 1000 * row, ids, values)
        for (let i = 0; i < 20; i++) {
          const key = `m${i}{instance="${instance}", job="node"}`
          const value = (i + row) % 9 === 7 ? 'stale' : values[i]
          expected.set(key, [...(expected.get(key) ?? []), `${1000 * row} ${value}`])
        }
      }
    }
    await rows.commit()
    const reader = await startReader(t, sourceOf(broker.address, topic))
    for (const writer of reader.writers.values()) {
      await until('all samples', () => sizeOf(distinct(writer)) === 1800)
      assert.deepEqual(new Map([...distinct(writer)].sort()), new Map([...expected].sort()))
    }
    await untilCaughtUp(reader)
    assert.equal(reader.receiver.view.partitions().length, 4)
    assert.ok(reader.receiver.isReady)
  })
}

test('native histograms and exemplars come along with the samples of their series', {
  skip,
}, async (t) => {
  const topic = 'side'
  await makeTopic(broker.address, topic)
  const sender = await startSender(t, kafkaDestination(broker.address, topic))
  const rows = sender.rows()
  const ids = idsOf(rows, targetLabels('a', 3))
  appendRow(rows, 1000, ids.subarray(0, 2), [1, 2])
  const nothing = new Float64Array(0)
  rows.side?.histogram(1000, ids[2], {
    schema: 3,
    isFloat: false,
    resetHint: 'unknown',
    zeroThreshold: 0.001,
    zeroCount: 1,
    count: 4,
    sum: Float64Array.of(9),
    positiveSpans: [{ offset: 2, length: 1 }],
    positiveCounts: Float64Array.of(3),
    negativeSpans: [],
    negativeCounts: nothing,
    customValues: nothing,
  })
  const labels = labelsFrom([['trace_id', 'abc']])
  rows.side?.exemplar(ids[0], { labels, value: 0.5, timeMs: 999 })
  await rows.commit()
  assert.deepEqual(sender.status()[0].exemplars, {
    received: 1,
    written: 1,
    dropped: {},
    queued: 0,
  })
  const reader = await startReader(t, sourceOf(broker.address, topic))
  for (const writer of reader.writers.values()) {
    await until('all of it', () => sizeOf(distinct(writer)) === 4)
    const found = [...distinct(writer)].map(([key, list]) => [key.slice(0, 2), ...list.toSorted()])
    assert.deepEqual(found, [
      ['m0', '1000 1', 'exemplar 0.5'],
      ['m1', '1000 2'],
      ['m2', '1000 histogram 4'],
    ])
  }
})

test('the tenant of a message becomes a label, which wins over what it says itself', {
  skip,
}, async (t) => {
  const topic = 'tenants'
  await makeTopic(broker.address, topic)
  for (const tenant of ['blue', 'red']) {
    const sender = await startSender(t, kafkaDestination(broker.address, topic, { tenant }))
    const rows = sender.rows()
    const pairs = { __name__: 'm', job: 'j', instance: 'i', team: 'green' }
    appendRow(rows, 1000, idsOf(rows, [labelsFrom(Object.entries(pairs))]), [1])
    await rows.commit()
  }
  const reader = await startReader(t, sourceOf(broker.address, topic, { tenantLabel: 'team' }))
  for (const writer of reader.writers.values()) {
    await until('both', () => writer.series.size === 2)
    const wanted = ['blue', 'red'].map((team) => `m{instance="i", job="j", team="${team}"}`)
    assert.deepEqual([...distinct(writer).keys()], wanted)
  }
})

test('messages that nobody can take go to the dead-letter topic with the reason, the others go on', {
  skip,
}, async (t) => {
  const { address } = broker
  await makeTopic(address, 'poison', 1)
  const producer = openProducer(address)
  t.after(() => producer.close())
  const text = new TextEncoder()
  const good = (name: string): string =>
    `{"name":"${name}","labels":{"job":"x"},"timestamp":1000,"value":1}\n`
  const send = async (value: string, headers: Record<string, string> = {}): Promise<void> => {
    const entries = Object.entries(headers).map(([name, one]) => [name, text.encode(one)] as const)
    const key = text.encode('k')
    await producer.send([{ topic: 'poison', key, value: text.encode(value), headers: entries }])
  }
  await send(good('first'))
  await send('\u0001\u0002 no protobuf')
  await send('{"name": 1}\n')
  await send(good('second'), { version: '2' })
  await send(good('third'), { encoding: 'avro' })
  await send(good('bad name').replace('"job"', '""') + good('beside'))
  await send(good('last'))
  const config = sourceOf(address, 'poison', { deadLetterTopic: 'poison-dead' })
  const reader = await startReader(t, config)
  const [a] = [...reader.writers.values()]
  await until('what can be taken', () => a.series.size === 3)
  assert.deepEqual([...distinct(a).keys()], ['beside{job="x"}', 'first{job="x"}', 'last{job="x"}'])
  await untilCaughtUp(reader)
  assert.equal(metricOf(reader.metrics, 'narthex_kafka_dead_letters_total'), 5)
  assert.equal(
    metricOf(reader.metrics, 'narthex_kafka_poison_messages_total{reason="undecodable"}'),
    4,
  )
  const dead = readTopic(address, 'poison-dead')
  t.after(() => dead.stop())
  await until('five dead letters', () => dead.messages.length >= 5)
  const letters = dead.messages.map((each) => headersOf(each))
  assert.deepEqual(
    letters.map((each) => [each['dead-letter-offset'], each['dead-letter-reason']]),
    [
      ['1', 'undecodable'],
      ['2', 'undecodable'],
      ['3', 'undecodable'],
      ['4', 'undecodable'],
      ['5', 'empty_label_name'],
    ],
  )
  assert.equal(letters[3].encoding, 'avro')
  assert.match(letters[2]['dead-letter-error'], /version "2"/)
  assert.equal(letters[0]['dead-letter-topic'], 'poison')
  const [, second] = dead.messages
  assert.equal(Buffer.from(second.message.value).toString(), '{"name": 1}\n')
})

test('what a destination refuses for good is found among its neighbours and put away', {
  skip,
}, async (t) => {
  const { address } = broker
  await makeTopic(address, 'refused', 1)
  const producer = openProducer(address)
  t.after(() => producer.close())
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
  const names = ['one', 'two', 'bad', 'three']
  await producer.send(
    names.map((name) => ({
      topic: 'refused',
      key: bytes('k'),
      value: bytes(`{"name":"${name}","labels":{},"timestamp":1000,"value":1}`),
      headers: [],
    })),
  )
  const config = sourceOf(address, 'refused', { deadLetterTopic: 'refused-dead' })
  const reader = await startReader(t, config)
  const writer = reader.writers.get('b')
  assert.ok(writer)
  const isBad = (id: number): boolean => reader.views.get('b')?.labels(id).includes('bad') ?? false
  writer.answer = (parcels) =>
    parcels.some((each) => each.ids.some(isBad))
      ? { outcome: 'refused', reason: 'status_400', message: 'no bad ones' }
      : WRITTEN
  const [a] = [...reader.writers.values()]
  await until('the others', () => distinct(writer).size === 3 && distinct(a).size >= 3)
  await untilCaughtUp(reader)
  const dead = readTopic(address, 'refused-dead')
  t.after(() => dead.stop())
  await until('a dead letter', () => dead.messages.length > 0)
  assert.equal(headersOf(dead.messages[0])['dead-letter-offset'], '2')
  assert.match(headersOf(dead.messages[0])['dead-letter-error'], /no bad ones/)
})

test('a message of which a destination refuses a part is put away, too', { skip }, async (t) => {
  const { address } = broker
  const topic = 'in-part'
  await makeTopic(address, topic, 1)
  const sender = await startSender(t, kafkaDestination(address, topic))
  const rows = sender.rows()
  for (const instance of ['a', 'b', 'c']) {
    const ids = idsOf(rows, targetLabels(instance, 3))
    appendRow(rows, 1000, ids, ids)
  }
  await rows.commit()
  const reader = await startReader(t, sourceOf(address, topic, { deadLetterTopic: 'in-part-dead' }))
  const writer = reader.writers.get('b')
  assert.ok(writer)
  const isOfB = (id: number): boolean => reader.views.get('b')?.labels(id).includes('b') ?? false
  writer.answer = (parcels) =>
    parcels.some((each) => each.ids.some(isOfB))
      ? { outcome: 'written', refused: new Map([['status_400', 1]]) }
      : WRITTEN
  const dead = readTopic(address, 'in-part-dead')
  t.after(() => dead.stop())
  await until('a dead letter', () => dead.messages.length > 0)
  await untilCaughtUp(reader)
  assert.equal(dead.messages.length, 1)
  assert.match(
    headersOf(dead.messages[0])['dead-letter-error'],
    /^cannot pass on 1 sample: destination b: status_400$/,
  )
})

test('policy all: nothing is committed while one destination is dead; the next reader gets it all', {
  skip,
}, async (t) => {
  const topic = 'one-is-dead'
  await makeTopic(broker.address, topic)
  const sender = await startSender(t, kafkaDestination(broker.address, topic))
  const rows = sender.rows()
  const ids = idsOf(rows, targetLabels('a', 10))
  for (let row = 0; row < 5; row++) appendRow(rows, 1000 * row, ids, ids)
  await rows.commit()

  const config = sourceOf(broker.address, topic)
  const first = await startReader(t, config, { commitMsMax: 300 })
  const dead = first.writers.get('b')
  assert.ok(dead)
  dead.answer = () => RETRY
  await until('a second try', () => {
    return metricOf(first.metrics, 'narthex_kafka_consumer_retries_total') >= 2
  })
  assert.match(first.receiver.view.lastError, /HTTP status 503/)
  const waiting = first.receiver.view.partitions().filter(({ isWaiting }) => isWaiting)
  assert.equal(waiting.length, 1)
  assert.equal(waiting[0].committedOffset, 0)
  const place = `{topic="${topic}",partition="${waiting[0].partition}"}`
  const lagOf = ({ metrics }: Reader): number =>
    metricOf(metrics, `narthex_kafka_consumer_lag${place}`)
  assert.ok(lagOf(first) > 0, 'what waits is lag')
  assert.ok(first.receiver.isReady, 'waiting for destinations is no fault of the group')
  await first.stop()

  const second = await startReader(t, config)
  for (const writer of second.writers.values()) {
    await until('everything again', () => sizeOf(distinct(writer)) === 50)
  }
  await untilCaughtUp(second)
  assert.equal(lagOf(second), 0)
})

test('kill -9 of the broker under load loses nothing, and the order of each series is kept', {
  skip,
}, async (t) => {
  const topic = 'broker-killed'
  await makeTopic(broker.address, topic)
  const sender = await startSender(t, kafkaDestination(broker.address, topic))
  const reader = await startReader(t, sourceOf(broker.address, topic))
  await until('partitions', () => reader.receiver.isReady)
  const rows = sender.rows()
  const targets = ['a', 'b', 'c', 'd'].map((name) => idsOf(rows, targetLabels(name, 25)))
  let row = 0
  const commits: Promise<unknown>[] = []
  const append = (count: number): void => {
    for (let i = 0; i < count; i++, row++) {
      for (const ids of targets) appendNumbered(rows, row, ids)
    }
    commits.push(rows.commit())
  }
  append(20)
  await until('the first samples', () => {
    return sizeOf(distinct(reader.writers.get('a') ?? assert.fail())) > 0
  })
  append(20)
  await broker.kill()
  append(20)
  await until('the reader to say so', () => !reader.receiver.isReady)
  await broker.restart()
  append(20)
  await Promise.all(commits)
  for (const writer of reader.writers.values()) {
    await until('all samples', () => sizeOf(distinct(writer)) === 100 * row, 60_000)
    for (const list of distinct(writer).values()) {
      const times = list.map((one) => Number(one.split(' ')[0]))
      assert.deepEqual(
        times,
        Array.from({ length: row }, (_, i) => 1000 * i),
      )
    }
  }
  await until('the reader to be well', () => reader.receiver.isReady)
})

test('two readers share the partitions; one more and one less loses nothing', {
  skip,
}, async (t) => {
  const topic = 'rebalance'
  await makeTopic(broker.address, topic, 6)
  const sender = await startSender(t, kafkaDestination(broker.address, topic))
  const rows = sender.rows()
  const targets = Array.from({ length: 12 }, (_, i) => idsOf(rows, targetLabels(`t${i}`, 5)))
  let row = 0
  const append = async (): Promise<void> => {
    for (let i = 0; i < 10; i++, row++) {
      for (const ids of targets) appendNumbered(rows, row, ids)
    }
    await rows.commit()
  }
  const config = sourceOf(broker.address, topic, { batchMessagesMax: 2 })
  const first = await startReader(t, config)
  await until('partitions', () => first.receiver.view.partitions().length === 6)
  await append()
  const second = await startReader(t, config)
  const halves = (): boolean =>
    [first, second].every(({ receiver }) => receiver.view.partitions().length === 3)
  for (let i = 0; i < 5; i++) await append()
  await until('half of the partitions for each', halves)
  await append()
  await first.stop()
  await append()
  await until('all partitions for the second', () => {
    return second.receiver.view.partitions().length === 6
  })
  await append()
  const both = (): Map<string, Set<string>> => {
    const all = new Map<string, Set<string>>()
    for (const { writers } of [first, second]) {
      for (const [key, list] of writers.get('a')?.series ?? []) {
        all.set(key, (all.get(key) ?? new Set()).union(new Set(list)))
      }
    }
    return all
  }
  const sampleCount = (): number => [...both().values()].reduce((sum, { size }) => sum + size, 0)
  await until('all samples', () => sampleCount() === 60 * row)
  const taken = [first, second].reduce(
    (sum, { metrics }) => sum + metricOf(metrics, 'narthex_kafka_consumer_messages_total'),
    0,
  )
  const sent = Number(
    second.receiver.view.partitions().reduce((sum, { endOffset }) => sum + endOffset, 0),
  )
  await untilCaughtUp(second)
  // A batch of two messages for each partition and share-out at most.
  assert.ok(taken - sent <= 2 * 6 * 3, `${taken} taken of ${sent}`)
})
