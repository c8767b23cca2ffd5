/** What a list of 100,000 targets costs who asks for it, and how soon a change is in it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { PASSWORD, startPostgres } from '../../test/support/postgres.ts'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
} from '../../test/support/processes.ts'

const TARGETS = 100_000
const GROUPS = 100
const HITS = 200
const CHANGES = 20

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const folder = temporaryFolder('bench-hub')
const rows: [string, () => Promise<void>][] = [
  ['SQLite', () => measure('SQLite', [`--storage.path=${folder.path}`])],
]
if (missingComponents('postgres', 'initdb', 'setpriv') === undefined) {
  rows.push(['PostgreSQL', measurePostgres])
}
for (const [, run] of rows) await run()
agent.destroy()
folder.remove()

async function measurePostgres(): Promise<void> {
  const database = await startPostgres()
  await database.query('create database hub')
  const user = `narthex:${encodeURIComponent(PASSWORD)}`
  try {
    await measure('PostgreSQL', [
      `--database.url=postgres://${user}@127.0.0.1:${database.port}/hub`,
      `--storage.path=${folder.path}`,
    ])
  } finally {
    await database.stop()
  }
}

async function measure(name: string, flags: readonly string[]): Promise<void> {
  const hub = await startRole('hub', ['--log.level=warn', ...flags])
  try {
    const emptyMib = rssMib(hub)
    const [putMs] = await timed(async () => {
      for (let i = 0; i < GROUPS; i++) await put(hub, i, 0)
    })
    const [firstMs, first] = await timed(() => ask(hub))
    const plain: number[] = []
    const small: number[] = []
    const hits: number[] = []
    for (let i = 0; i < CHANGES; i++) {
      plain.push((await timed(() => ask(hub)))[0])
      small.push((await timed(() => ask(hub, { 'accept-encoding': 'gzip' })))[0])
    }
    const headers = { 'if-none-match': first.etag }
    for (let i = 0; i < HITS; i++) {
      const [ms, { status }] = await timed(() => ask(hub, headers))
      if (status !== 304) throw new Error(`BUG: ${status} instead of 304`)
      hits.push(ms)
    }
    const changed: number[] = []
    for (let i = 1; i <= CHANGES; i++) {
      await put(hub, i % GROUPS, i)
      const [ms, { bytes }] = await timed(() => ask(hub))
      if (!bytes.includes(`"change":"${i}"`)) throw new Error('BUG: a change is not in the list')
      changed.push(ms)
    }
    await delay(1000)
    say(name, 'put of 100 groups of 1,000', [putMs / GROUPS])
    say(name, `first list, ${(first.bytes.length / 2 ** 20).toFixed(1)} MiB`, [firstMs])
    say(name, 'list again', plain)
    say(name, 'list again, gzip', small)
    say(name, 'ETag hit', hits)
    say(name, 'list right after a change, change in it', changed)
    console.log(`${name}: memory ${emptyMib} MiB empty, ${rssMib(hub)} MiB with ${TARGETS} targets`)
  } finally {
    await hub.stop()
  }
}

async function put(hub: TestProcess, group: number, change: number): Promise<void> {
  const each = TARGETS / GROUPS
  const labels = { dbms: 'MySQL', service_name: `서비스 ${group}`, change: String(change) }
  // As of a provider's services: each node is a target with labels of its own.
  const entries = Array.from({ length: each }, (_, i) => ({
    targets: [`10.${group}.${i >> 8}.${i & 255}:9100`],
    labels: { ...labels, db_name: `세컨더리 ${i}` },
  }))
  const url = `${hub.url}/api/v1/sd/groups/group-${group}`
  const reply = await fetch(url, { method: 'PUT', body: JSON.stringify(entries) })
  if (reply.status !== 200) throw new Error(await reply.text())
  await reply.arrayBuffer()
}

/** Bytes as they come: what a client makes of them is not the hub's. */
async function ask(
  hub: TestProcess,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; etag: string; bytes: Buffer }> {
  const [response] = (await once(get(`${hub.url}/sd/http`, { agent, headers }), 'response')) as [
    IncomingMessage,
  ]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const { statusCode = 0, headers: replied } = response
  return { status: statusCode, etag: replied.etag ?? '', bytes: Buffer.concat(chunks) }
}

async function timed<T>(run: () => Promise<T>): Promise<[number, T]> {
  const startedMs = performance.now()
  const result = await run()
  return [performance.now() - startedMs, result]
}

function say(name: string, what: string, ms: number[]): void {
  const sorted = ms.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)
  console.log(`${name}: ${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms`)
}

function rssMib(hub: TestProcess): number {
  const status = readFileSync(`/proc/${hub.pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024)
}
