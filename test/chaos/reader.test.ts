/** Readers that never finish: a query that runs to its time-out, and clients that stop reading. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../support/answers.ts'
import { startNarthex, type TestProcess, temporaryFolder, until } from '../support/processes.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const CONFIG = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 10d}}\n'
const HOUR_MS = 3_600_000
const STEP_MS = 60_000
const SERIES = 100
const TIMEOUT_SECONDS = 3
/** What the folder may grow by while nobody can free pages: the log, and the hours that come in. */
const GROWTH_MIB_MAX = 16
const CLIENTS = 12
const IS_LONG = process.env.NARTHEX_TEST_LONG === '1'
/** A reply is given up after one to two times 30 s in which nobody takes a byte of it. */
const STALL_MS_MAX = 75_000

/** Writes `hours` of samples, one a minute. */
async function writeHours(server: TestProcess, fromMs: number, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: 'reading', job: 'j', instance: `i${i % 5}`, n: String(i) },
      samples: Array.from({ length: HOUR_MS / STEP_MS }, (_, row) => {
        const timeMs = fromMs + hour * HOUR_MS + row * STEP_MS
        return [timeMs, Math.sin(timeMs * (i + 1))] as const
      }),
    }))
    assert.equal(await sendWrite(server.url, series), 204)
  }
}

async function metric(server: TestProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

function residentMib(server: TestProcess): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** Bytes on disk of a folder, and of the files that are deleted but still open. */
function diskMib(path: string, pid: number): number {
  let blocks = 0
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    blocks += statSync(join(path, name), { throwIfNoEntry: false })?.blocks ?? 0
  }
  const inodes = new Set<number>()
  for (const descriptor of deletedFiles(pid)) {
    const found = statSync(descriptor, { throwIfNoEntry: false })
    if (found === undefined || inodes.has(found.ino)) continue
    inodes.add(found.ino)
    blocks += found.blocks
  }
  return (blocks * 512) / 1024 / 1024
}

/** Files that a process has open though they are deleted. */
function deletedFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((descriptor) => `/proc/${pid}/fd/${descriptor}`)
    .filter((path) => {
      try {
        return readlinkSync(path).endsWith('(deleted)')
      } catch {
        return false // closed in between
      }
    })
}

test('a query that would never end pins no disk: it ends at its time-out, and deleted windows go', async (t) => {
  const folder = temporaryFolder('reader')
  t.after(() => folder.remove())
  const storage = join(folder.path, 'data')
  const flags = [
    '--log.level=warn',
    `--query.timeout=${TIMEOUT_SECONDS}s`,
    '--storage.retention.time=2d',
  ]
  const server = await startNarthex({ config: CONFIG, storage, flags })
  t.after(() => server.stop())
  const nowMs = Date.now()
  await writeHours(server, nowMs - 72 * HOUR_MS, 48)
  const beforeMib = diskMib(storage, server.pid)

  const terms = Array.from({ length: 8 }, (_, i) => `quantile_over_time(0.${i + 1}, reading[2d])`)
  const startedMs = performance.now()
  let endedMs = 0
  const query = ask(server.url, '/api/v1/query_range', {
    query: `sum(${terms.join(' + ')})`,
    start: String((nowMs - 72 * HOUR_MS) / 1000),
    end: String(nowMs / 1000),
    step: '30',
  }).then((answer) => {
    endedMs = performance.now()
    return answer
  })
  await until('the query to read', async () => {
    return (await metric(server, 'narthex_store_oldest_read_seconds')) > 0
  })
  let oldestSeconds = 0
  let grownMib = 0
  for (let hour = 24; endedMs === 0; hour--) {
    if (hour > 0) await writeHours(server, nowMs - hour * HOUR_MS, 1)
    const ageSeconds = await metric(server, 'narthex_store_oldest_read_seconds')
    oldestSeconds = Math.max(oldestSeconds, ageSeconds)
    grownMib = Math.max(grownMib, diskMib(storage, server.pid) - beforeMib)
  }
  const answer = await query
  assert.match(answer.error ?? '', /timed out/)
  const seconds = (endedMs - startedMs) / 1000
  assert.ok(seconds > TIMEOUT_SECONDS - 0.5 && seconds < TIMEOUT_SECONDS + 3, `${seconds} s`)
  assert.ok(oldestSeconds > TIMEOUT_SECONDS / 2, `the oldest read was ${oldestSeconds} s`)
  assert.ok(grownMib < GROWTH_MIB_MAX, `the folder grew by ${grownMib} MiB`)

  await until('the read to end', async () => {
    return (await metric(server, 'narthex_store_oldest_read_seconds')) === 0
  })
  await until('windows to be deleted', async () => {
    return (await metric(server, 'prometheus_tsdb_time_retentions_total')) > 5
  })
  await until('the next query to let go of deleted windows', async () => {
    const got = await ask(server.url, '/api/v1/query', { query: 'count(rate(reading[2d]))' })
    assert.equal(got.status, 'success')
    return deletedFiles(server.pid).length === 0
  })
})

/** Asks for a long answer and never reads it. */
async function stall(server: TestProcess, path: string): Promise<Socket> {
  const { hostname, port, host } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined) // the server hangs up, that is what is tested
  socket.pause()
  await new Promise<void>((resolve) => {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, () => resolve())
  })
  return socket
}

test('clients that never read their answers cost bounded memory, others are answered', async (t) => {
  const folder = temporaryFolder('stall')
  t.after(() => folder.remove())
  const server = await startNarthex({ config: CONFIG, storage: join(folder.path, 'data') })
  t.after(() => server.stop())
  const nowMs = Date.now()
  await writeHours(server, nowMs - 24 * HOUR_MS, 24)
  const range = new URLSearchParams({
    query: 'reading',
    start: String(nowMs / 1000 - 86_000),
    end: String(nowMs / 1000),
    step: '8',
  })
  const whole = await fetch(`${server.url}/api/v1/query_range?${range}`)
  const replyBytes = (await whole.arrayBuffer()).byteLength
  const clients: Socket[] = []
  t.after(() => {
    for (const client of clients) client.destroy()
  })
  for (let i = 0; i < CLIENTS; i++) {
    clients.push(await stall(server, `/api/v1/query_range?${range}`))
  }
  const bytesMax = await metric(server, 'narthex_http_reply_bytes_max')
  await until('replies that wait', async () => {
    return (await metric(server, 'narthex_http_reply_bytes')) > bytesMax - replyBytes
  })
  assert.ok((await metric(server, 'narthex_http_reply_bytes')) <= bytesMax)
  const mib = residentMib(server)
  assert.ok(mib < bytesMax / 1024 / 1024 + 512, `${mib} MiB`)

  const refused = await fetch(`${server.url}/api/v1/query_range?${range}`, {
    headers: { 'accept-encoding': 'identity' },
  })
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  await refused.text()
  const small = await ask(server.url, '/api/v1/query', { query: 'count(reading)' })
  assert.equal(small.status, 'success')
  await writeHours(server, nowMs - 25 * HOUR_MS, 1)

  const isFree = async (): Promise<boolean> =>
    (await metric(server, 'narthex_http_reply_bytes')) === 0
  if (IS_LONG) {
    await until('the replies to be given up', isFree, STALL_MS_MAX)
    assert.ok((await metric(server, 'narthex_http_stalled_replies_total')) > 0)
  } else {
    for (const client of clients) client.destroy()
    await until('the replies to go with their clients', isFree)
  }
  const again = await fetch(`${server.url}/api/v1/query_range?${range}`, {
    headers: { 'accept-encoding': 'identity' },
  })
  assert.equal(again.status, 200)
  assert.equal((await again.arrayBuffer()).byteLength, replyBytes)
})
