/** What the writer puts into a real topic: keys, headers, bodies, sizes, compressions. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KafkaDestination } from '../../../src/config/destinations/kafka.ts'
import type { Labels } from '../../../src/model/labels.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import { openKafka } from '../../../src/send/kafka/writer.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { WRITTEN, type Writer } from '../../../src/send/writer.ts'
import {
  headersOf,
  kafkaDestination,
  makeTopic,
  type Placed,
  readTopic,
} from '../../collect/receive/kafka/world.ts'
import { type KafkaBroker, startKafka } from '../../support/kafka.ts'
import { freePort, missingComponents, temporaryFolder, until } from '../../support/processes.ts'
import { type ReadRequest, readWriteRequest } from '../../support/remotewritereader.ts'

const skip = missingComponents('kafka') ?? false
const folder = temporaryFolder('kafka-writer')
const signal = new AbortController().signal
let broker: KafkaBroker

before(async () => {
  if (skip === false) broker = await startKafka({ folder: folder.path })
})
after(async () => {
  await broker?.kill()
  folder.remove()
})

/** Series 10 t + k: metric m<k> of target t. */
function labelsOf(id: number): Labels {
  return labelsFrom([
    ['__name__', `m${id % 10}`],
    ['job', 'node'],
    ['instance', `t${Math.floor(id / 10)}`],
  ])
}

function open(config: KafkaDestination): Writer {
  return openKafka(config)({
    labels: labelsOf,
    targetKey: (id) => `node t${Math.floor(id / 10)}`,
  })
}

function parcelOf(ids: readonly number[], timeMs: number, values: readonly number[]): Parcel {
  return {
    lane: 0,
    count: ids.length,
    ids: Float64Array.from(ids),
    values: Float64Array.from(values),
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

/** Tries as a destination does: a topic that was just made may not have its leaders yet. */
async function written(writer: Writer, parcels: readonly Parcel[]): Promise<void> {
  await until('a write', async () => {
    const result = await writer.write(parcels, signal)
    if (result.outcome === 'written') assert.equal(result, WRITTEN)
    return result.outcome === 'written'
  })
}

/** Distinct messages, in order. */
async function read(
  t: { after(end: () => unknown): void },
  topic: string,
  count: number,
): Promise<readonly Placed[]> {
  const reader = readTopic(broker.address, topic)
  t.after(() => reader.stop())
  const found = (): Placed[] => [
    ...new Map(reader.messages.map((each) => [keyOf(each) + textOf(each), each])).values(),
  ]
  await until(`${count} messages`, () => found().length >= count)
  return found()
}

function readRequest(value: Uint8Array): ReadRequest {
  return readWriteRequest(1, value)
}

const keyOf = ({ message }: Placed): string => Buffer.from(message.key ?? []).toString()
const textOf = ({ message }: Placed): string => Buffer.from(message.value).toString()

test('a target has a message, and always the same partition; headers tell what it is', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'keys', 8)
  const writer = open(kafkaDestination(broker.address, 'keys', { tenant: 'blue' }))
  t.after(() => writer.close())
  for (let row = 0; row < 5; row++) {
    const parcels = [0, 1, 2, 3].map((target) =>
      parcelOf([10 * target, 10 * target + 1], 1000 + row, [row, -row]),
    )
    // A parcel of mixed targets, as pushed ones are.
    await written(writer, [...parcels, parcelOf([2, 12, 3], 1000 + row, [7, 8, 9])])
  }
  const messages = await read(t, 'keys', 20)
  const partitions = Map.groupBy(messages, keyOf)
  assert.deepEqual([...partitions.keys()].sort(), ['node t0', 'node t1', 'node t2', 'node t3'])
  for (const list of partitions.values()) {
    assert.equal(new Set(list.map(({ partition }) => partition)).size, 1)
    const times = list.map(({ message }) => readRequest(message.value).series[0].samples[0][0])
    // A topic that was just made may take part of a write only: the rest comes with the next try.
    assert.deepEqual([...new Set(times)], [1000, 1001, 1002, 1003, 1004])
  }
  assert.ok(new Set(messages.map(({ partition }) => partition)).size > 1)
  assert.deepEqual(headersOf(messages[0]), { version: '1', encoding: 'protobuf', tenant: 'blue' })
  const [first] = partitions.get('node t0') ?? []
  assert.deepEqual(
    readRequest(first.message.value).series.map(({ labels }) => labels.at(1)),
    ['m0', 'm1', 'm2', 'm3'],
  )
})

test('JSON: one flat object a line, numbers that JSON does not have as texts', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'json', 1)
  const writer = open(kafkaDestination(broker.address, 'json', { encoding: 'json' }))
  assert.equal(writer.takesExemplars, false, 'a line of JSON has no place for them')
  t.after(() => writer.close())
  const values = [1.5, Number.NaN, Infinity, -Infinity, -0, STALE[0]]
  await written(writer, [parcelOf([0, 1, 2, 3, 4, 5], 1_700_000_000_123, values)])
  const [message] = await read(t, 'json', 1)
  assert.deepEqual(headersOf(message), { version: '1', encoding: 'json' })
  const head = (k: number): string =>
    `{"name":"m${k}","labels":{"instance":"t0","job":"node"},"timestamp":1700000000123,"value":`
  const words = ['1.5', '"NaN"', '"+Inf"', '"-Inf"', '-0', '"StaleNaN"']
  assert.equal(textOf(message), words.map((word, k) => `${head(k)}${word}}\n`).join(''))
})

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`what is compressed comes back as it was (${compression})`, { skip }, async (t) => {
    const topic = `packed-${compression}`
    await makeTopic(broker.address, topic, 1)
    const writer = open(kafkaDestination(broker.address, topic, { compression }))
    t.after(() => writer.close())
    const ids = Array.from({ length: 10 }, (_, i) => i)
    for (let row = 0; row < 20; row++) await written(writer, [parcelOf(ids, row, ids)])
    const messages = await read(t, topic, 20)
    assert.ok(messages.every(({ message }) => readRequest(message.value).series.length === 10))
  })
}

test('a message above the bound is split by series, and no sample is written twice', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'split', 1)
  const writer = open(kafkaDestination(broker.address, 'split', { messageBytesMax: 1024 }))
  t.after(() => writer.close())
  const ids = Array.from({ length: 100 }, (_, i) => i % 10)
  const times = Float64Array.from(ids, (_, i) => i)
  const parcel = { ...parcelOf(ids, 0, ids), times }
  await written(writer, [parcel])
  const messages = await read(t, 'split', 5)
  for (const { message } of messages) assert.ok(message.value.length <= 1024)
  const found = messages.flatMap(({ message }) =>
    readRequest(message.value).series.flatMap(({ samples }) => samples.map(([time]) => time)),
  )
  assert.deepEqual(found, [...times])
})

test('a topic that is not there is made, unless that is forbidden', { skip }, async (t) => {
  const made = open(kafkaDestination(broker.address, 'made', { partitions: 3 }))
  t.after(() => made.close())
  await written(made, [parcelOf([1], 1, [1])])
  const reader = await read(t, 'made', 1)
  assert.equal(keyOf(reader[0]), 'node t0')
})

test('a cluster that does not answer is a reason to try again, and stopping ends the wait', {
  skip,
}, async (t) => {
  const nobody = kafkaDestination(`127.0.0.1:${await freePort()}`, 'nowhere')
  const writer = open(nobody)
  t.after(() => writer.close())
  const result = await writer.write([parcelOf([1], 1, [1])], signal)
  assert.equal(result.outcome, 'retry')
  assert.ok(result.outcome === 'retry' && result.reason === 'connection', JSON.stringify(result))
  const stopped = await writer.write([parcelOf([1], 1, [1])], AbortSignal.abort())
  assert.equal(stopped.outcome, 'retry')
})
