/** The service of a database provider, from the order to `up == 1`, with those who really scrape. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findComponent } from '../../tools/components.ts'
import { type MariaDb, startMariaDb } from '../support/mariadb.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  startNarthex,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

/** How soon those who scrape must know of a change, in ms. */
const SEEN_MS_MAX = 15_000

/** How often the test looks, in ms. */
const LOOK_MS = 250

const skip = missingComponents(
  ...['prometheus', 'promtool', 'vmagent', 'mariadbd', 'mariadb-install-db'],
  ...['prometheus-node-exporter', 'prometheus-mysqld-exporter'],
)

const NAMES = ['프라이머리', '세컨더리A', '세컨더리B']
/** Loopback addresses that no other test has, so that the exporters can have their own ports. */
const network = `127.${randomInt(2, 250)}.${randomInt(1, 250)}`
const hosts = NAMES.map((_, i) => `${network}.${i + 11}`)

/** What the provider orders: three nodes with two exporters each. */
const order = {
  labels: { dbms: 'MySQL', service_name: 'My서비스' },
  nodes: hosts.map((host, i) => ({
    host,
    labels: { db_name: NAMES[i] },
    exporters: [
      { job: 'node', port: 9100 },
      { job: 'mysqld', port: 9104 },
    ],
  })),
}

// One for each process that ends with this one.
process.setMaxListeners(20)

interface SeenTarget {
  readonly labels: Readonly<Record<string, string>>
  readonly health: string
}

/** Active targets as Prometheus's API tells them, which narthex and vmagent have too. */
async function targetsOf(url: string): Promise<readonly SeenTarget[]> {
  const reply = await fetch(`${url}/api/v1/targets?state=active`)
  const { data } = (await reply.json()) as { data: { activeTargets: SeenTarget[] } }
  return data.activeTargets.filter(({ labels }) => labels.dbms === 'MySQL')
}

const describeTarget = ({ labels, health }: SeenTarget): string =>
  [labels.instance, labels.job, labels.service_name, labels.db_name, health].join(' ')

const wanted = (nodes: typeof order.nodes): string[] =>
  nodes
    .flatMap(({ host, labels, exporters }) =>
      exporters.map(({ job, port }) => `${host}:${port} ${job} My서비스 ${labels.db_name} up`),
    )
    .sort()

test('the ordered service is scraped by Prometheus, narthex and vmagent, and a removed node is not', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryFolder('discovery')
  const running: { stop(): Promise<unknown> }[] = []
  after(async () => {
    for (const each of running.reverse()) await each.stop()
    folder.remove()
  })
  const own = <T extends { stop(): Promise<unknown> }>(each: T): T => {
    running.push(each)
    return each
  }

  const hub = own(await startRole('hub', [`--storage.path=${join(folder.path, 'hub')}`]))
  const database = own(await startMariaDb())
  for (const each of startExporters(database)) own(each)

  const configFor = async (consumer: string): Promise<string> => {
    const reply = await fetch(`${hub.url}/api/v1/sd/scrape-config?for=${consumer}`)
    // Shorter than a person would have it, so that the test need not wait for scrapes.
    return (await reply.text()).replace('scrape_interval: 15s', 'scrape_interval: 2s')
  }
  const consumers = await startConsumers(folder.path, configFor, own)

  const [service, url] = [JSON.stringify(order), `${hub.url}/api/v1/sd/services/my-db`]
  const put = async (body: string): Promise<void> => {
    const reply = await fetch(url, { method: 'PUT', body })
    assert.equal(reply.status, 200, await reply.text())
  }
  const seenBy = async (nodes: typeof order.nodes): Promise<void> => {
    const startedMs = Date.now()
    await Promise.all(
      [...consumers].map(async ([name, { url: place }]) => {
        let seen: string[] = []
        await until(
          `${name} to see ${nodes.length} nodes`,
          async () => {
            await delay(LOOK_MS)
            seen = (await targetsOf(place)).map(describeTarget).sort()
            return JSON.stringify(seen) === JSON.stringify(wanted(nodes))
          },
          SEEN_MS_MAX,
        ).catch((error: unknown) => {
          assert.deepEqual(seen, wanted(nodes), `${name}: ${String(error)}`)
        })
        t.diagnostic(`${name} knows of ${nodes.length} nodes after ${Date.now() - startedMs} ms`)
      }),
    )
  }

  await put(service)
  await seenBy(order.nodes)
  const prometheus = consumers.get('prometheus')?.url ?? ''
  const narthex = consumers.get('narthex')?.url ?? ''
  for (const place of [prometheus, narthex]) {
    await until(`mysql_up at ${place}`, async () => {
      const query = encodeURIComponent('mysql_up{service_name="My서비스"} == 1')
      const reply = await fetch(`${place}/api/v1/query?query=${query}`)
      const { data } = (await reply.json()) as { data: { result: { metric: object }[] } }
      await delay(LOOK_MS)
      return data.result.length === 3
    })
  }

  const fewer = order.nodes.slice(0, 2)
  await put(JSON.stringify({ ...order, nodes: fewer }))
  await seenBy(fewer)

  const reply = await fetch(`${hub.url}/api/v1/sd/consumers`)
  const { data } = (await reply.json()) as {
    data: { consumers: { agent: string; intervalSeconds: number; targets: number }[] }
  }
  const agents = data.consumers.map(({ agent }) => agent).join(', ')
  assert.match(agents, /Prometheus\/2/)
  assert.match(agents, /vm/i)
  assert.match(agents, /narthex/)
  for (const { agent, intervalSeconds, targets } of data.consumers) {
    assert.equal(targets, 4, agent)
    if (agent.startsWith('Prometheus')) assert.equal(intervalSeconds, 5)
  }

  // The hub goes away: who scrapes keeps the targets.
  await hub.stop()
  await until('Prometheus to miss the hub', async () => {
    await delay(LOOK_MS)
    const metrics = await (await fetch(`${prometheus}/metrics`)).text()
    return /^prometheus_sd_http_failures_total [1-9]/m.test(metrics)
  })
  for (const [name, { url: place }] of consumers) {
    assert.equal((await targetsOf(place)).length, 4, name)
  }
})

/** Two on each node; all databases are the same one. */
function startExporters(database: MariaDb): Omit<TestProcess, 'url'>[] {
  const source = { DATA_SOURCE_NAME: `root:@(127.0.0.1:${database.port})/` }
  return hosts.flatMap((host) => [
    startProcess(pathOf('prometheus-node-exporter'), [
      `--web.listen-address=${host}:9100`,
      '--collector.disable-defaults',
      '--collector.loadavg',
    ]),
    startProcess(
      pathOf('prometheus-mysqld-exporter'),
      [`--web.listen-address=${host}:9104`],
      source,
    ),
  ])
}

/** Who scrapes, each with the configuration that the hub writes for it. */
async function startConsumers(
  folder: string,
  configFor: (consumer: string) => Promise<string>,
  own: <T extends { stop(): Promise<unknown> }>(each: T) => T,
): Promise<ReadonlyMap<string, TestProcess>> {
  const file = async (consumer: string): Promise<string> => {
    const path = join(folder, `${consumer}.yml`)
    writeFileSync(path, await configFor(consumer))
    return path
  }
  const [prometheusFile, vmagentFile] = [await file('prometheus'), await file('vmagent')]
  const checked = spawnSync(pathOf('promtool'), ['check', 'config', prometheusFile])
  assert.equal(checked.status, 0, String(checked.stderr))

  const narthex = own(
    await startNarthex({ storage: join(folder, 'narthex'), config: await configFor('narthex') }),
  )
  const port = await freePort()
  const prometheus = own(
    await startComponent(
      'prometheus',
      [
        `--config.file=${prometheusFile}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      port,
      '/-/ready',
    ),
  )
  const agentPort = await freePort()
  const vmagent = own(
    await startComponent(
      'vmagent',
      [
        `-promscrape.config=${vmagentFile}`,
        '-promscrape.httpSDCheckInterval=5s',
        `-remoteWrite.url=${narthex.url}/api/v1/write`,
        `-remoteWrite.tmpDataPath=${join(folder, 'vmagent')}`,
        `-httpListenAddr=127.0.0.1:${agentPort}`,
        '-loggerLevel=WARN',
      ],
      agentPort,
      '/health',
    ),
  )
  return new Map([
    ['prometheus', prometheus],
    ['narthex', narthex],
    ['vmagent', vmagent],
  ])
}

function pathOf(command: string): string {
  const component = findComponent(command)
  if (component === undefined) throw new Error(`${command} is not on this machine`)
  return component.path
}
