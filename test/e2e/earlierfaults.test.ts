/** What an earlier pipeline of this kind got wrong on the way of an agent; the rest has its names in other files. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startRole, type TestProcess, temporaryFolder, until } from '../support/processes.ts'
import { bitsOf, STALE_BITS, startWriteSink, type WriteSink } from '../support/writesink.ts'

/** Series of the report of each scrape. */
const REPORT = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const
/** Around the 1,024 samples at which requests are cut, with and without the report; a real exporter has 1,126. */
const SIZES = [1018, 1019, 1020, 1023, 1024, 1025, 1126, 2043, 2047, 2048, 2049, 3067, 3072]

const folder = temporaryFolder('earlierfaults')
let isUp = true
let scrapes = 0
const exporter = createServer((request, reply) => {
  reply.statusCode = isUp ? 200 : 500
  const size = Number(request.url?.slice(1))
  if (size === 1) scrapes++
  const value = size === 1 ? scrapes : 7
  const lines = Array.from({ length: size }, (_, i) => `value{index="${i}"} ${value}\n`)
  reply.setHeader('content-type', 'text/plain; version=0.0.4')
  reply.end(lines.join(''))
})
await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve))
const { port } = exporter.address() as AddressInfo
let status = 200
const sink: WriteSink = await startWriteSink(() => ({ status, delayMs: 0 }))
const groups = [1, ...SIZES].map(
  (size) =>
    `{targets: ['127.0.0.1:${port}'], labels: {__metrics_path__: /${size}, size: '${size}'}}`,
)
const file = join(folder.path, 'prometheus.yml')
writeFileSync(
  file,
  `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: sizes, static_configs: [${groups.join(', ')}]}]
remote_write:
  - url: '${sink.url}'
    queue_config: {max_samples_per_send: 1024, batch_send_deadline: 100ms, max_backoff: 100ms}
`,
)
const agent: TestProcess = await startRole('agent', [`--config.file=${file}`, '--log.level=error'])
after(async () => {
  await agent.kill()
  exporter.closeAllConnections()
  exporter.close()
  sink.close()
  folder.remove()
})

/** Bits of what arrived of the series of a target, by name or index, in order. */
function arrivedOf(size: number): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const [labels, arrivals] of sink.series) {
    if (!labels.includes(`size="${size}"`)) continue
    const name = /index="(\d+)"/.exec(labels)?.[1] ?? /__name__="([^"]+)"/.exec(labels)?.[1] ?? ''
    found.set(
      name,
      arrivals.map(([, bits]) => bits),
    )
  }
  return found
}

test('no series is lost where a scrape is cut into requests, whatever its size', async () => {
  await until('all sizes', () =>
    SIZES.every((size) => arrivedOf(size).size >= size + REPORT.length),
  )
  for (const size of SIZES) {
    const arrived = arrivedOf(size)
    assert.equal(arrived.size, size + REPORT.length, `${size} series and their report`)
    for (let i = 0; i < size; i++) assert.equal(arrived.get(String(i))?.[0], bitsOf(7))
  }
})

test('each scrape leaves its whole report, not only up', () => {
  for (const size of SIZES) {
    const arrived = arrivedOf(size)
    for (const name of REPORT) assert.ok((arrived.get(name)?.length ?? 0) > 0, `${name} of ${size}`)
    assert.equal(arrived.get('scrape_samples_scraped')?.[0], bitsOf(size))
    assert.equal(arrived.get('up')?.[0], bitsOf(1))
  }
})

test('a write that fails is written again: no scrape is missing', async () => {
  status = 503
  const before = scrapes
  await until('scrapes while the receiver refuses', () => scrapes >= before + 3)
  status = 200
  const last = scrapes
  await until('what waited', () => arrivedOf(1).get('0')?.includes(bitsOf(last)) ?? false)
  const numbers = arrivedOf(1).get('0') ?? []
  const wanted = Array.from({ length: last }, (_, i) => bitsOf(i + 1))
  assert.deepEqual([...new Set(numbers)].slice(0, last), wanted)
})

test('the series of a target that fails end with one staleness marker each', async () => {
  isUp = false
  const isOver = (size: number): boolean =>
    arrivedOf(size)
      .get(String(size - 1))
      ?.at(-1) === STALE_BITS
  await until('the markers', () => [1, ...SIZES].every(isOver))
  const before = sink.requests
  await until('further scrapes', () => sink.requests > before + 10)
  for (const size of SIZES) {
    const arrived = arrivedOf(size)
    for (let i = 0; i < size; i++) {
      const markers = arrived.get(String(i))?.filter((bits) => bits === STALE_BITS)
      assert.equal(markers?.length, 1, `series ${i} of ${size}`)
    }
    assert.equal(arrived.get('up')?.at(-1), bitsOf(0))
  }
  assert.equal(await agent.stop(), 0, 'and the agent never crashed')
})
