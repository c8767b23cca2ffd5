/** A member of a group while brokers are silent, away, or have nothing to say. */
import assert from 'node:assert/strict'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { KafkaSourceConfig } from '../../../src/config/ingester.ts'
import { GroupMember } from '../../../src/net/kafka/group.ts'
import { makeTopic, openProducer, sourceOf } from '../../collect/receive/kafka/world.ts'
import { type KafkaBroker, startKafka } from '../../support/kafka.ts'
import { freePort, missingComponents, temporaryFolder, until } from '../../support/processes.ts'

/** Stands between a client and a broker, and can keep answers to fetches to itself. */
class FetchProxy {
  address = ''
  #isSwallowing = false
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()

  /** Connects to `port`; the port where it listens. */
  async listen(port: number): Promise<number> {
    const server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port: own } = server.address() as { port: number }
    this.address = `127.0.0.1:${own}`
    return own
  }

  swallowFetches(): void {
    this.#isSwallowing = true
  }

  pass(): void {
    this.#isSwallowing = false
  }

  close(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** A connection that has fetched once is one for fetches. */
  #join(client: Socket, upstream: Socket): void {
    let isFetching = false
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.on('data', (bytes: Buffer) => {
      // Length, then the number of the request: 1 is a fetch.
      if (bytes.length > 6 && bytes.readUInt16BE(4) === 1) isFetching = true
      upstream.write(bytes)
    })
    upstream.on('data', (bytes: Buffer) => {
      if (!(isFetching && this.#isSwallowing)) client.write(bytes)
    })
  }
}

const skip = missingComponents('kafka') ?? false
const folder = temporaryFolder('kafka-group')
const proxy = new FetchProxy()
let broker: KafkaBroker

/** Looks for what stands still so far. */
let looks = 0
const LOOK_MS = 5000

/** Twenty times as fast, so that what happens every few seconds happens in a test. */
const quickClock: Clock = {
  ...systemClock,
  after(delayMs, callback) {
    if (delayMs === LOOK_MS) looks++
    return systemClock.after(delayMs / 20, callback)
  },
}

before(async () => {
  if (skip !== false) return
  const port = await freePort()
  const proxyPort = await proxy.listen(port)
  broker = await startKafka({
    folder: folder.path,
    listeners: [{ name: 'PROXIED', protocol: 'PLAINTEXT', port, advertisedPort: proxyPort }],
  })
})
after(async () => {
  proxy.close()
  await broker?.kill()
  folder.remove()
})

function startMember(config: KafkaSourceConfig): { member: GroupMember; offsets: bigint[] } {
  const offsets: bigint[] = []
  const member = new GroupMember({
    ...config,
    config,
    clock: quickClock,
    log: silentLog,
    async take({ messages }) {
      offsets.push(...messages.map(({ offset }) => offset))
    },
  })
  member.start()
  return { member, offsets }
}

async function send(topic: string, count: number): Promise<void> {
  const producer = openProducer(broker.address)
  const message = { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: [] }
  await producer.send(Array.from({ length: count }, () => message))
  await producer.close()
}

test('a partition that gets no answer although it has messages is a stall: the group is joined anew', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'stalls', 1)
  const config = sourceOf(proxy.address, 'stalls', { stallMsMax: 500 })
  const { member, offsets } = startMember(config)
  t.after(() => member.stop(100))
  await until('a share', () => member.isWell)
  await send('stalls', 3)
  await until('three messages', () => offsets.length === 3)
  proxy.swallowFetches()
  await send('stalls', 3)
  await until('a stall', () => member.counts.stalls > 0)
  assert.equal(offsets.length, 3)
  proxy.pass()
  await until('the others', () => offsets.length === 6)
  assert.deepEqual(offsets, [0n, 1n, 2n, 3n, 4n, 5n])
  assert.ok(member.counts.reconnects > 0)
})

test('a partition with nothing to read is no stall, however long', { skip }, async (t) => {
  await makeTopic(broker.address, 'idle', 1)
  const { member, offsets } = startMember(sourceOf(broker.address, 'idle', { stallMsMax: 100 }))
  t.after(() => member.stop(100))
  await until('a share', () => member.isWell)
  const seen = looks
  await until('many looks', () => looks >= seen + 5)
  await send('idle', 2)
  await until('two messages', () => offsets.length === 2)
  assert.equal(member.counts.stalls, 0)
  assert.equal(member.counts.rebalances, 1)
})

test('a batch that nobody takes is no stall either', { skip }, async (t) => {
  await makeTopic(broker.address, 'waiting', 1)
  const config = sourceOf(broker.address, 'waiting', { stallMsMax: 100 })
  let accept = (): void => {}
  const accepted = new Promise<void>((resolve) => {
    accept = resolve
  })
  const member = new GroupMember({
    ...config,
    config,
    clock: quickClock,
    log: silentLog,
    take: () => accepted,
  })
  member.start()
  t.after(() => member.stop(100))
  await until('a share', () => member.isWell)
  await send('waiting', 1)
  await until('a batch', () => member.partitions()[0]?.isTaking === true)
  const seen = looks
  await until('many looks', () => looks >= seen + 5)
  assert.equal(member.counts.stalls, 0)
  assert.equal(member.partitions()[0].lag, 1)
  accept()
  await until('a commit', () => member.partitions()[0].lag === 0)
})

test('brokers and topics that are not there are waited for', { skip }, async (t) => {
  const nobody = startMember(sourceOf(`127.0.0.1:${await freePort()}`, 'later'))
  t.after(() => nobody.member.stop(100))
  await until('a fault', () => /ECONNREFUSED/.test(nobody.member.lastError))
  assert.ok(!nobody.member.isWell)

  const { member, offsets } = startMember(sourceOf(broker.address, 'later'))
  t.after(() => member.stop(100))
  await until('a fault', () => member.lastError !== '')
  assert.ok(!member.isWell)
  await makeTopic(broker.address, 'later', 1)
  await send('later', 2)
  await until('both messages', () => offsets.length === 2)
  assert.ok(member.isWell)
})

test('from latest: what was there before is not read, and what comes while nobody reads is', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'latest', 1)
  await send('latest', 3)
  const config = sourceOf(broker.address, 'latest', { from: 'latest' })
  const first = startMember(config)
  await until('a share', () => first.member.isWell)
  await first.member.stop(100)
  await send('latest', 2)
  const second = startMember(config)
  t.after(() => second.member.stop(100))
  await until('two messages', () => second.offsets.length === 2)
  assert.deepEqual([...first.offsets, ...second.offsets], [3n, 4n])
})

test('messages that are gone before they were read are passed over, and that is counted', {
  skip,
}, async (t) => {
  await makeTopic(broker.address, 'expired', 1)
  const config = sourceOf(broker.address, 'expired')
  const first = startMember(config)
  await send('expired', 2)
  await until('two messages', () => first.offsets.length === 2)
  await until('a commit', () => first.member.partitions()[0].lag === 0)
  await first.member.stop(100)
  await send('expired', 4)
  await asAdmin((admin) =>
    admin.deleteRecords({
      topics: [{ name: 'expired', partitions: [{ partition: 0, offset: 5n }] }],
    }),
  )
  const second = startMember(config)
  t.after(() => second.member.stop(100))
  await until('the last message', () => second.offsets.length === 1)
  assert.deepEqual(second.offsets, [5n])
  assert.equal(second.member.counts.offsetResets, 1)
  await until('a commit', () => second.member.partitions()[0].lag === 0)
})

test('partitions that are added to a topic are read without a restart', { skip }, async (t) => {
  await makeTopic(broker.address, 'grows', 1)
  const { member, offsets } = startMember(sourceOf(broker.address, 'grows'))
  t.after(() => member.stop(100))
  await until('a partition', () => member.partitions().length === 1)
  const seen = looks
  await until('a look at the topic', () => looks >= seen + 2)
  await asAdmin((admin) => admin.createPartitions({ topics: [{ name: 'grows', count: 3 }] }))
  await until('three partitions', () => member.partitions().length === 3)
  await send('grows', 2)
  await until('both messages', () => offsets.length === 2)
})

async function asAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
  await work(admin)
  await admin.close()
}
