/** Agents, three gateways and a store as real processes: gateways are killed, nothing is lost. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  freePort,
  ROOT,
  startNarthex,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const folder = temporaryFolder('gateway')
const running: TestProcess[] = []
after(async () => {
  await Promise.all(running.map((each) => each.kill()))
  folder.remove()
})

function file(name: string, text: string): string {
  const path = `${folder.path}/${name}`
  writeFileSync(path, text)
  return path
}

async function own(started: Promise<TestProcess>): Promise<TestProcess> {
  const each = await started
  running.push(each)
  return each
}

/** A target whose counter says how often it was asked. */
async function startTarget(): Promise<{ port: number; served: () => number; stop: () => void }> {
  let served = 0
  const server = createServer((_request, response) => {
    served++
    const lines = Array.from({ length: 50 }, (_, i) => `noise{i="${i}"} ${(served * i) % 17}`)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(`# TYPE asked counter\nasked ${served}\n${lines.join('\n')}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    served: () => served,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function json(url: string): Promise<{ data: Record<string, unknown> }> {
  const headers = { authorization: 'Bearer geheim' }
  return (await (await fetch(url, { headers })).json()) as { data: Record<string, unknown> }
}

/** All values of a counter in the store, in the order of their times. */
async function valuesOf(store: TestProcess, selector: string): Promise<number[]> {
  const query = encodeURIComponent(`${selector}[10m]`)
  const { data } = await json(`${store.url}/api/v1/query?query=${query}`)
  const [series] = data.result as { values: [number, string][] }[]
  return series === undefined ? [] : series.values.map(([, value]) => Number(value))
}

test('two of three gateways are killed: the store has every scrape, once and in order', async () => {
  const store = await own(
    startNarthex({ storage: `${folder.path}/store`, config: 'scrape_configs: []' }),
  )
  const config = file(
    'gateway.yml',
    `remote_write: [{name: store, url: '${store.url}/api/v1/write'}]
narthex:
  gateway:
    tenants: [{name: team, token: geheim, labels: {tenant: team}}]`,
  )
  const ports = [await freePort(), await freePort(), await freePort()]
  const gateways = await Promise.all(ports.map((port) => own(startGateway(config, port))))
  const target = await startTarget()
  const addresses = ports.map((port) => `'127.0.0.1:${port}'`).join(', ')
  const agentConfig = file(
    'agent.yml',
    `global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs: [{job_name: t, static_configs: [{targets: ['127.0.0.1:${target.port}']}]}]
narthex:
  host: {mode: 'off'}
  destinations:
    - name: gateways
      type: gateway
      addresses: [${addresses}]
      agent_name: edge-1
      authorization: {credentials: geheim}
      queue_config: {batch_send_deadline: 200ms}`,
  )
  const agent = await own(startRole('agent', [`--config.file=${agentConfig}`, '--log.level=warn']))
  const connected = async (): Promise<TestProcess | undefined> => {
    for (const gateway of gateways) {
      try {
        const { data } = await json(`${gateway.url}/api/v1/status/senders`)
        const senders = data.senders as { isConnected: boolean; samples: number }[]
        if (senders.some((each) => each.isConnected && each.samples > 0)) return gateway
      } catch {} // one that was killed answers nothing
    }
    return undefined
  }
  for (let round = 0; round < 2; round++) {
    let used: TestProcess | undefined
    await until('an agent that sends', async () => {
      used = await connected()
      return used !== undefined
    })
    await used?.kill()
  }
  let last: TestProcess | undefined
  await until('an agent that sends to the last one', async () => {
    last = await connected()
    return last !== undefined
  })
  const { data } = await json(`${last?.url}/api/v1/status/senders`)
  const [{ name, tenant, lagSeconds }] = data.senders as Record<string, unknown>[]
  assert.deepEqual([name, tenant], ['edge-1', 'team'])
  assert.ok(Number(lagSeconds) < 60, `${lagSeconds} s behind`)
  const asked = target.served()
  await until('twenty more scrapes', () => target.served() >= asked + 20)
  await agent.stop()
  target.stop()
  const values = await valuesOf(store, 'asked{tenant="team",job="t"}')
  const wanted = Array.from({ length: values.length }, (_, i) => i + 1)
  assert.deepEqual(values, wanted, 'every value once, in order')
  assert.ok(values.length > 20)
  assert.ok(values.length >= target.served() - 1, 'at most the scrape under way is missing')
})

/** A gateway with a port for agents; it is ready for those only who have its tenant's token. */
async function startGateway(config: string, grpcPort: number): Promise<TestProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    'gateway',
    `--config.file=${config}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--gateway.grpc-address=127.0.0.1:${grpcPort}`,
    '--log.level=warn',
  ])
  await until('a gateway that is ready', async () => {
    try {
      const headers = { authorization: 'Bearer geheim' }
      return (await fetch(`${url}/-/ready`, { headers })).status === 200
    } catch {
      return false // not listening yet
    }
  })
  return { ...started, url }
}
