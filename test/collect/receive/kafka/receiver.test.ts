/** The way through a real Kafka broker: what is sent is what arrives, once it is committed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { STALE } from '../../../../src/model/stale.ts'
import { appendRow, idsOf, type MemoryWriter, targetLabels } from '../../../send/support.ts'
import { type KafkaBroker, startKafka } from '../../../support/kafka.ts'
import { missingComponents, temporaryFolder, until } from '../../../support/processes.ts'
import { kafkaDestination, sourceOf, startReader, startSender } from './world.ts'

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

/** Distinct samples by series, in order of arrival. */
function distinct(writer: MemoryWriter): Map<string, string[]> {
  return new Map([...writer.series].map(([key, list]) => [key, [...new Set(list)]]))
}

function sizeOf(series: ReadonlyMap<string, readonly string[]>): number {
  return [...series.values()].reduce((sum, list) => sum + list.length, 0)
}

for (const encoding of ['protobuf', 'json'] as const) {
  test(`both destinations get every sample, value by value, in order (${encoding})`, {
    skip,
  }, async (t) => {
    const topic = `values-${encoding}`
    const sender = await startSender(kafkaDestination(broker.address, topic, { encoding }))
    t.after(() => sender.stop())
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
    const reader = await startReader(sourceOf(broker.address, topic))
    t.after(() => reader.stop())
    for (const writer of reader.writers.values()) {
      await until('all samples', () => sizeOf(distinct(writer)) === 1800)
      assert.deepEqual(new Map([...distinct(writer)].sort()), new Map([...expected].sort()))
    }
    await until('no lag', () => reader.receiver.view.partitions().every(({ lag }) => lag === 0))
    assert.equal(reader.receiver.view.partitions().length, 4)
    assert.ok(reader.receiver.isReady)
  })
}
