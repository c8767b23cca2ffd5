/** Three brokers: partitions get other leaders under load, by a death and by a move, and nothing is lost. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import {
  distinct,
  kafkaDestination,
  openProducer,
  sizeOf,
  sourceOf,
  startReader,
  startSender,
} from '../../collect/receive/kafka/world.ts'
import { appendRow, idsOf, targetLabels } from '../../send/support.ts'
import { type KafkaBroker, startKafkaCluster } from '../../support/kafka.ts'
import { missingComponents, temporaryFolder, until } from '../../support/processes.ts'

const skip = missingComponents('kafka') ?? false
const folder = temporaryFolder('kafka-leaders')
const TOPIC = 'led'
const SERIES = 5

/** Who is dead is missed soon: a test has no half minute. */
const QUICK = [
  'broker.session.timeout.ms=2000',
  'broker.heartbeat.interval.ms=400',
  'controller.quorum.election.timeout.ms=500',
  'controller.quorum.fetch.timeout.ms=1000',
  'group.min.session.timeout.ms=1000',
  'leader.imbalance.check.interval.seconds=2',
  'leader.imbalance.per.broker.percentage=0',
]

let brokers: readonly KafkaBroker[] = []

before(async () => {
  if (skip === false)
    brokers = await startKafkaCluster({ folder: folder.path, properties: QUICK }, 3)
})
after(async () => {
  for (const broker of brokers) await broker.kill()
  folder.remove()
})

const allAddresses = (): string[] => brokers.map(({ address }) => address)

/** Leaders by partition, as the brokers that live say. */
async function leaders(admin: Admin): Promise<readonly number[]> {
  const metadata = await admin.metadata({ topics: [TOPIC], forceUpdate: true })
  return metadata.topics.get(TOPIC)?.partitions.map(({ leader }) => leader) ?? []
}

test('the leader of partitions dies and comes back: every sample arrives, in order', {
  skip,
}, async (t) => {
  const [{ address }] = brokers
  const producer = openProducer(address)
  await producer.createTopic({ topic: TOPIC, partitions: 4, replicas: 3 })
  await producer.close()
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: allAddresses(), retries: 0 })
  t.after(() => admin.close())
  await until('leaders', async () => {
    const all = await leaders(admin).catch(() => [])
    return all.length === 4 && all.every((id) => id > 0)
  })

  const ends = { brokers: allAddresses() }
  const sender = await startSender(t, kafkaDestination(address, TOPIC, ends))
  const source = sourceOf(address, TOPIC, { ...ends, sessionMsMax: 3000, heartbeatMs: 300 })
  const reader = await startReader(t, source)
  await until('a share', () => reader.receiver.view.partitions().length === 4)

  const rows = sender.rows()
  const targets = Array.from({ length: 8 }, (_, i) => idsOf(rows, targetLabels(`t${i}`, SERIES)))
  let row = 0
  const append = async (): Promise<void> => {
    for (const ids of targets)
      appendRow(
        rows,
        1000 * row,
        ids,
        Float64Array.from(ids, () => row),
      )
    row++
    await rows.commit()
  }
  /** Load until something is so. */
  const appendUntil = async (what: string, probe: () => Promise<boolean>): Promise<void> => {
    const endMs = Date.now() + 60_000
    for (;;) {
      await append()
      if (await probe().catch(() => false)) return
      assert.ok(Date.now() < endMs, `${what}: ${await leaders(admin).catch(String)}`)
      await delay(50)
    }
  }

  for (let i = 0; i < 5; i++) await append()
  const before = await leaders(admin)
  const victim = before[0]
  await brokers[victim - 1].kill()
  await appendUntil('other leaders', async () => !(await leaders(admin)).includes(victim))
  for (let i = 0; i < 5; i++) await append()

  await brokers[victim - 1].restart()
  // Both leaders live when it is given back: who asks the old one hears that it is not the leader.
  await appendUntil('the leadership to return', async () => (await leaders(admin))[0] === victim)
  for (let i = 0; i < 5; i++) await append()

  for (const writer of reader.writers.values()) {
    await until('all samples', () => sizeOf(distinct(writer)) === row * 8 * SERIES)
    const wanted = Array.from({ length: row }, (_, i) => `${1000 * i} ${i}`)
    for (const [series, samples] of distinct(writer)) assert.deepEqual(samples, wanted, series)
  }
})
