/** Queries and requests of a line that were made to take all memory or time, sent over HTTP. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ask } from '../support/answers.ts'
import { startNarthex, type TestProcess, temporaryFolder, until } from '../support/processes.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const CONFIG = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n'
const SERIES = 1000
const MIB = 1024 * 1024
/** What one bomb, or a row of bombs, may add for good. */
const EXTRA_MIB_MAX = 128
/** A refusal needs no work. */
const REFUSAL_MS_MAX = 1000
const QUERY_SECONDS_MAX = 3

const folder = temporaryFolder('bombs')
let server: TestProcess

before(async () => {
  server = await startNarthex({
    config: CONFIG,
    storage: join(folder.path, 'data'),
    flags: ['--log.level=warn', `--query.timeout=${QUERY_SECONDS_MAX}s`, '--query.max-memory=64MB'],
  })
  const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
    labels: { __name__: 'm', job: 'j', instance: `i${i % 5}`, i: String(i) },
    samples: Array.from({ length: 20 }, (__, row) => [Date.now() - row * 15_000, i] as const),
  }))
  assert.equal(await sendWrite(server.url, series), 204)
})

after(async () => {
  await server.stop()
  folder.remove()
})

function residentMib(): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** POST of a form. */
async function post(path: string, fields: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams(fields)
  return await fetch(`${server.url}${path}`, { method: 'POST', body })
}

const nowSeconds = Math.floor(Date.now() / 1000)
const DAY = {
  start: String(nowSeconds - 86_400),
  end: String(nowSeconds),
  step: '8',
}
const TWENTY = '$1'.repeat(20)

function nested(count: number, wrap: (inner: string) => string): string {
  let expr = 'label_replace(m, "a", "xxxxxxxxxx", "i", ".*")'
  for (let i = 0; i < count; i++) expr = wrap(expr)
  return expr
}

const BOMBS: readonly (readonly [what: string, query: string, range?: Record<string, string>])[] = [
  ['a subquery of a year in milliseconds', 'count_over_time(vector(1)[1y:1ms])'],
  ['a subquery of a year in tenths of a second', 'absent_over_time(vector(1)[1y:100ms])'],
  ['a mebibyte of parentheses', '('.repeat(1_000_000)],
  ['fifteen thousand parentheses', '('.repeat(15_000)],
  ['a range of ages in milliseconds', 'm', { start: '0', end: '4e9', step: '0.001' }],
  ['everything at every step', '{__name__=~".+"}', DAY],
  [
    'subqueries of subqueries',
    'max_over_time(max_over_time(max_over_time(m[1d:1s])[1d:1s])[1d:1s])',
  ],
  ['every series against every other', 'm * on () group_left () m', DAY],
  ['a value as a label for each series', 'count_values("x", m)', DAY],
  ['labels that grow', nested(12, (one) => `label_replace(${one}, "a", "${TWENTY}", "a", "(.*)")`)],
  ['nine hundred times everything', Array(900).fill('m').join(' + '), DAY],
  ['an hour nine hundred times', Array(900).fill('rate(m[1h])').join(' or '), DAY],
  ['a pattern that hangs others', 'm{i=~"(.*)*(.*)*(a+)+$"}'],
]

for (const [what, query, range] of BOMBS) {
  test(`C13: ${what} is answered or refused in time, and costs no memory`, async () => {
    const beforeMib = residentMib()
    const startedMs = performance.now()
    const path = range === undefined ? '/api/v1/query' : '/api/v1/query_range'
    const reply = await post(path, { query, ...range })
    const text = await reply.text()
    const elapsedMs = performance.now() - startedMs
    assert.ok([200, 400, 413, 422, 503].includes(reply.status), `${reply.status}: ${text}`)
    const boundMs = reply.status === 400 ? REFUSAL_MS_MAX : QUERY_SECONDS_MAX * 1000 + 2000
    assert.ok(elapsedMs < boundMs, `${elapsedMs} ms until ${reply.status}`)
    assert.ok(text.length < MIB || reply.status === 200)
    await until(
      'memory to be given back',
      () => residentMib() - beforeMib < EXTRA_MIB_MAX,
      REFUSAL_MS_MAX,
    )
    const after = await ask(server.url, '/api/v1/query', { query: 'count(m)' })
    assert.match(JSON.stringify(after), new RegExp(`"${SERIES}"`))
  })
}

test('C13: twenty bombs at a time leave a small query its answer', async () => {
  const beforeMib = residentMib()
  const replies = Array.from({ length: 20 }, async (_, i) => {
    const [, query, range] = BOMBS[5 + (i % 7)]
    const reply = await post('/api/v1/query_range', { query, ...DAY, ...range })
    await reply.arrayBuffer()
    return reply.status
  })
  const startedMs = performance.now()
  const small = await ask(server.url, '/api/v1/query', { query: 'vector(1)' })
  assert.equal(small.status, 'success')
  assert.ok(performance.now() - startedMs < 2000, `${performance.now() - startedMs} ms`)
  for (const status of await Promise.all(replies)) {
    assert.ok([200, 422, 503].includes(status), String(status))
  }
  assert.ok(residentMib() - beforeMib < 2 * EXTRA_MIB_MAX, `${beforeMib} MiB to ${residentMib()}`)
})

/** Snappy that unpacks to `sizeBytes` zeros: one literal, then copies of up to 64 bytes. */
function snappyZeros(sizeBytes: number): Buffer {
  const length: number[] = []
  for (let rest = sizeBytes; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest)
      break
    }
    length.push((rest % 128) + 128)
  }
  const copies = Math.floor((sizeBytes - 1) / 64)
  const bytes = Buffer.alloc(copies * 3)
  for (let i = 0; i < copies; i++) bytes.set([(63 << 2) | 2, 1, 0], i * 3)
  return Buffer.concat([Buffer.from(length), Buffer.from([0, 0]), bytes])
}

test('C27: twenty remote writes that unpack to 31 MiB each stay within the budget of all bodies', async () => {
  const bomb = snappyZeros(31 * MIB + 1)
  const beforeMib = residentMib()
  let peakMib = beforeMib
  const watch = setInterval(() => {
    peakMib = Math.max(peakMib, residentMib())
  }, 5)
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const reply = await fetch(`${server.url}/api/v1/write`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: new Uint8Array(bomb),
      })
      await reply.arrayBuffer()
      return reply.status
    }),
  )
  clearInterval(watch)
  for (const status of statuses) assert.ok([400, 413, 503].includes(status), String(status))
  assert.ok(statuses.includes(400), 'some are unpacked and found wrong')
  assert.ok(peakMib - beforeMib < 64 + 64, `${beforeMib} MiB grew to ${peakMib}`)
})
