/** The registry inside `up`: what is registered is scraped, and is again after a restart. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  freePort,
  missingComponents,
  startComponent,
  startNarthex,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const skip = missingComponents('prometheus-node-exporter')

async function ask<T>({ url }: TestProcess, path: string): Promise<T> {
  const reply = await fetch(`${url}/api/v1/${path}`)
  return ((await reply.json()) as { data: T }).data
}

async function put({ url }: TestProcess, targets: readonly string[]): Promise<void> {
  const body = JSON.stringify([{ targets, labels: { job: 'mine', dc: 'a' } }])
  const reply = await fetch(`${url}/api/v1/sd/groups/web`, { method: 'PUT', body })
  assert.equal(reply.status, 200, await reply.text())
}

async function pools(server: TestProcess): Promise<readonly string[]> {
  return (await ask<{ scrapePools: readonly string[] }>(server, 'scrape_pools')).scrapePools
}

/** The value of `up` of an address as it was registered; undefined where there is none. */
async function upOf(server: TestProcess, address: string): Promise<string | undefined> {
  const expr = encodeURIComponent(`up{job="mine",dc="a",instance="${address}"}`)
  const { result } = await ask<{ result: readonly { value: readonly [number, string] }[] }>(
    server,
    `query?query=${expr}`,
  )
  return result.at(0)?.value[1]
}

/** Whether the last scrape of this process went well; the series may be of an earlier one. */
async function isUp(server: TestProcess): Promise<boolean> {
  const path = 'targets?state=active&scrapePool=registry'
  const { activeTargets } = await ask<{ activeTargets: readonly { health: string }[] }>(
    server,
    path,
  )
  return activeTargets.at(0)?.health === 'up'
}

async function startNode(): Promise<{ exporter: TestProcess; address: string }> {
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const flags = [`--web.listen-address=${address}`, '--no-collector.rapl']
  const exporter = await startComponent('prometheus-node-exporter', flags, port, '/metrics')
  return { exporter, address }
}

test('without a configuration file what is registered is scraped, also after a restart', {
  skip,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('registered')
  const { exporter, address } = await startNode()
  let server = await startNarthex({ storage: folder.path })
  try {
    assert.deepEqual(await pools(server), ['narthex', 'loopback'])
    await put(server, [address])
    await until('it is up', async () => (await upOf(server, address)) === '1')
    assert.deepEqual(await pools(server), ['narthex', 'loopback', 'registry'])

    await server.stop()
    server = await startNarthex({ storage: folder.path })
    await until('it is scraped before anybody asked', () => isUp(server))
    await put(server, [])
    await until('it is gone', async () => (await upOf(server, address)) === undefined)
    assert.deepEqual(await pools(server), ['narthex', 'loopback'])
  } finally {
    await server.stop()
    await exporter.stop()
    folder.remove()
  }
})

test('with a configuration file it is scraped when the file says so', {
  skip,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('registered')
  const { exporter, address } = await startNode()
  const config = 'global: {scrape_interval: 1s, scrape_timeout: 1s}\n'
  const storage = join(folder.path, 'data')
  const silent = await startNarthex({ storage, config })
  try {
    await put(silent, [address])
    const list = await fetch(`${silent.url}/sd/http`)
    assert.match(await list.text(), /"dc":"a"/)
    assert.deepEqual(await pools(silent), [])
  } finally {
    await silent.stop()
  }
  const server = await startNarthex({
    storage,
    config: `${config}narthex: {registry: {mode: on}}\n`,
  })
  try {
    await until('it is up', async () => (await upOf(server, address)) === '1')
  } finally {
    await server.stop()
    await exporter.stop()
    folder.remove()
  }
})
