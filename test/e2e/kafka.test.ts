/** C25 with real processes: Kafka, two ingesters, two stores. One ingester is killed; nothing is lost or doubled. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaDestination, makeTopic, startSender } from '../collect/receive/kafka/world.ts'
import { appendRow, idsOf, targetLabels } from '../send/support.ts'
import { ask } from '../support/answers.ts'
import { startKafka } from '../support/kafka.ts'
import {
  missingComponents,
  startNarthex,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

interface Partitions {
  readonly partitions: readonly { readonly lag: number; readonly partition: number }[]
}

async function partitionsOf(ingester: TestProcess): Promise<Partitions['partitions']> {
  const { data } = await ask(ingester.url, '/api/v1/status/partitions', {})
  return (data as unknown as Partitions).partitions
}

/** Values of all series by their name and instance, with their times. */
async function samplesOf(store: TestProcess): Promise<Map<string, string>> {
  const { data } = await ask(store.url, '/api/v1/query', { query: '{job="node"}[1h]' })
  const result = data?.result as {
    metric: Record<string, string>
    values: [number, string][]
  }[]
  return new Map(
    result
      .map(
        ({ metric, values }) =>
          [
            `${metric.instance} ${metric.__name__}`,
            values.map(([time, value]) => `${time} ${value}`).join(),
          ] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

test('two ingesters, one of them killed: both stores have every sample once', {
  skip: missingComponents('kafka') ?? false,
}, async (t) => {
  const folder = temporaryFolder('ingester')
  t.after(() => folder.remove())
  const broker = await startKafka({ folder: join(folder.path, 'kafka') })
  t.after(() => broker.kill())
  await makeTopic(broker.address, 'metrics')

  const stores: TestProcess[] = []
  for (const name of ['one', 'two']) {
    const store = await startNarthex({
      // What is delivered again is older than what came after it.
      config: 'storage: {tsdb: {out_of_order_time_window: 1h}}\n',
      storage: join(folder.path, name),
    })
    t.after(() => store.stop())
    stores.push(store)
  }
  const startIngester = async (group: string): Promise<TestProcess> => {
    const file = join(folder.path, `${group}.yml`)
    const kafka = [
      `brokers: ['${broker.address}']`,
      'topics: [metrics]',
      `group: ${group}`,
      'session_timeout: 6s',
      'rebalance_timeout: 6s',
      'heartbeat_interval: 300ms',
      'batch_max_messages: 2',
    ]
    const sends = stores.map(
      ({ url }, i) =>
        `  - {name: s${i}, url: '${url}/api/v1/write', queue_config: {batch_send_deadline: 50ms}}`,
    )
    const section = `narthex: {ingester: {kafka: {${kafka.join(', ')}}}}`
    writeFileSync(file, [section, 'remote_write:', ...sends].join('\n'))
    const started = await startRole('ingester', [`--config.file=${file}`, '--log.level=warn'])
    t.after(() => started.kill())
    return started
  }

  const sender = await startSender(t, kafkaDestination(broker.address, 'metrics'))
  const rows = sender.rows()
  const targets = Array.from({ length: 8 }, (_, i) => idsOf(rows, targetLabels(`t${i}`, 10)))
  const startMs = Math.floor(Date.now() / 1000) * 1000 - 600_000
  const expected = new Map<string, string[]>()
  let row = 0
  const append = async (): Promise<void> => {
    for (let i = 0; i < 5; i++, row++) {
      const timeMs = startMs + row * 1000
      for (const [target, ids] of targets.entries()) {
        const values = Float64Array.from(ids, (_, k) => row * 100 + target + k / 10)
        appendRow(rows, timeMs, ids, values)
        for (const [k, value] of values.entries()) {
          const key = `t${target} m${k}`
          const list = expected.get(key) ?? []
          list.push(`${timeMs / 1000} ${value}`)
          expected.set(key, list)
        }
      }
    }
    await rows.commit()
  }

  const ingesters = [await startIngester('writers'), await startIngester('writers')]
  await until('two partitions each', async () => {
    const all = await Promise.all(ingesters.map(partitionsOf))
    return all.every((partitions) => partitions.length === 2)
  })
  for (let i = 0; i < 5; i++) await append()
  await ingesters[0].kill()
  for (let i = 0; i < 5; i++) await append()
  const everything = (): Map<string, string> =>
    new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, list]) => [k, list.join()]))
  const isCaughtUp = async (ingester: TestProcess): Promise<boolean> => {
    const partitions = await partitionsOf(ingester)
    return partitions.length === 4 && partitions.every(({ lag }) => lag === 0)
  }
  await until('the other one to have read it all', () => isCaughtUp(ingesters[1]))
  for (const store of stores) {
    await until('every sample', async () => {
      const found = await samplesOf(store)
      return [...found.values()].join().length >= [...everything().values()].join().length
    })
    assert.deepEqual(await samplesOf(store), everything())
  }

  // Another group reads the topic from its beginning: every sample comes a second time.
  await ingesters[1].stop()
  const again = await startIngester('writers-again')
  await until('everything a second time', () => isCaughtUp(again))
  const { data } = await ask(again.url, '/api/v1/status/destinations', {})
  const { destinations } = data as unknown as { destinations: { written: number }[] }
  for (const { written } of destinations) assert.ok(written >= row * 80, `${written} written`)
  for (const store of stores) assert.deepEqual(await samplesOf(store), everything())
})
