/** Targets that send what nobody wants: an honest error each, bounded memory, and the others go on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ask } from '../support/answers.ts'
import { type BadTargets, serveBadTargets } from '../support/badtargets.ts'
import { startNarthex, type TestProcess, temporaryFolder, until } from '../support/processes.ts'

const folder = temporaryFolder('badinput')
after(() => folder.remove())

const MIB = 1024 * 1024
const BOMB_BYTES = 256 * MIB
const ENDLESS_BYTES = 10 * 1024 * MIB
const BODY_MIB_MAX = 16
const INTERVAL_MS = 2000

interface ShownTarget {
  readonly labels: { readonly job: string }
  readonly health: string
  readonly lastError: string
}

function residentMib(server: TestProcess): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

function configFor(jobs: readonly (readonly [job: string, path: string])[], port: number): string {
  const scrapes = jobs.map(
    ([job, path]) =>
      `- {job_name: ${job}, metrics_path: /${path}, static_configs: [{targets: ["127.0.0.1:${port}"]}]}`,
  )
  return `scrape_configs:\n${scrapes.join('\n')}\n`
}

async function shownTargets(server: TestProcess): Promise<Map<string, ShownTarget>> {
  const got = await ask(server.url, '/api/v1/targets', {})
  const { activeTargets } = got.data as unknown as { activeTargets: ShownTarget[] }
  return new Map(activeTargets.map((target) => [target.labels.job, target]))
}

/** Values of an instant query by the labels that are asked for. */
async function valuesOf(
  server: TestProcess,
  query: string,
  label: string,
): Promise<Record<string, string>> {
  const got = await ask(server.url, '/api/v1/query', { query })
  const result = got.data?.result as { metric: Record<string, string>; value: [number, string] }[]
  return Object.fromEntries(result.map(({ metric, value }) => [metric[label], value[1]]))
}

/** Each path, what the target sends, and the last error that is shown for it; none means up. */
const CASES: readonly (readonly [path: string, what: string, lastError: RegExp])[] = [
  ['good', 'what it should', /^$/],
  ['broken', 'a label that does not end', /label value.*while parsing.*broken_value/],
  ['garbage', 'bytes that are no text', /valid start token/],
  ['number', 'a value that is no number', /"12x".*invalid syntax/],
  ['flood', '10 GB', /^body size limit exceeded$/],
  ['declared', '10 GB and says so', /^body size limit exceeded$/],
  ['trickle', 'a body that never ends', /context deadline exceeded$/],
  ['silent', 'nothing', /context deadline exceeded$/],
  ['notgzip', 'text that it calls gzip', /gzip: invalid data/],
  ['cutgzip', 'half of a gzip', /gzip: unexpected EOF$/],
  ['bomb', 'a gzip bomb', /^body size limit exceeded$/],
  ['br', 'a compression that nobody asked for', /"br", not gzip$/],
  ['html', 'a login page', /unsupported Content-Type "text\/html"/],
  ['untyped', 'no content type', /blank Content-Type/],
  ['early', 'less than it promised', /unexpected EOF$/],
  ['earlychunk', 'a chunk and no last one', /unexpected EOF$/],
  ['rude', 'another protocol', /not an HTTP\/1 status line$/],
  ['shut', 'nothing and hangs up', /EOF$/],
  ['error', 'status 500', /^server returned HTTP status 500 Internal Server Error$/],
  ['header', 'a header of 1 MiB', /headers are too long$/],
  ['odd', 'NaN and infinities', /^$/],
  ['twice', 'a series three times', /^$/],
  ['future', 'a sample of tomorrow', /^$/],
  ['empty', 'an empty body', /^$/],
]

test('a target that sends', async (t) => {
  const bad: BadTargets = await serveBadTargets(BOMB_BYTES, ENDLESS_BYTES)
  t.after(() => bad.close())
  const server = await startNarthex({
    config: `global: {scrape_interval: ${INTERVAL_MS}ms, scrape_timeout: 1s, body_size_limit: ${BODY_MIB_MAX}MB}\n${configFor(
      CASES.map(([path]) => [path, path]),
      bad.port,
    )}`,
    storage: join(folder.path, 'each'),
    flags: ['--log.level=warn'],
  })
  t.after(() => server.stop())
  const beforeMib = residentMib(server)
  let peakMib = 0
  const isScraped = async (): Promise<boolean> => {
    peakMib = Math.max(peakMib, residentMib(server))
    const counts = await valuesOf(server, 'count_over_time(up[10m])', 'job')
    return CASES.every(([path]) => Number(counts[path]) >= 3)
  }
  await until('three scrapes of each', isScraped)
  const targets = await shownTargets(server)
  const up = await valuesOf(server, 'up', 'job')

  for (const [path, what, lastError] of CASES) {
    await t.test(what, () => {
      const isUp = lastError.source === '^$'
      assert.match(targets.get(path)?.lastError ?? 'not shown', lastError)
      assert.equal(targets.get(path)?.health, isUp ? 'up' : 'down')
      assert.equal(up[path], isUp ? '1' : '0')
    })
  }

  await t.test('anything takes no more memory than a few bodies', () => {
    assert.ok(peakMib - beforeMib < 10 * BODY_MIB_MAX, `${beforeMib} MiB grew to ${peakMib} MiB`)
  })

  await t.test('10 GB is cut off at the limit', async () => {
    const scrapes = await valuesOf(server, 'count_over_time(up[10m])', 'job')
    const count = Number(scrapes.flood) + Number(scrapes.declared) + 2
    assert.ok(
      bad.sentBytes() < count * 2 * BODY_MIB_MAX * MIB,
      `${bad.sentBytes()} bytes were sent`,
    )
  })

  await t.test('anything disturbs no other target', async () => {
    const steady = 'min_over_time(up{job="good"}[10m])'
    assert.deepEqual(await valuesOf(server, steady, 'job'), { good: '1' })
    const got = await ask(server.url, '/api/v1/query', { query: 'good_value{job="good"}[10m]' })
    const values =
      (got.data?.result as { values: [number, string][] }[] | undefined)?.[0].values ?? []
    for (let i = 1; i < values.length; i++) {
      const gapMs = (values[i][0] - values[i - 1][0]) * 1000
      assert.ok(Math.abs(gapMs - INTERVAL_MS) < INTERVAL_MS / 2, `${gapMs} ms between two scrapes`)
    }
  })

  await t.test('NaN and infinities is stored as they are', async () => {
    const wanted = { nan: 'NaN', inf: '+Inf', minus: '-Inf' }
    assert.deepEqual(await valuesOf(server, 'odd_value', 'k'), wanted)
  })

  await t.test(
    'a series three times keeps the first, counts the others, and keeps the rest',
    async () => {
      assert.deepEqual(await valuesOf(server, 'twice_value', 'job'), { twice: '1' })
      assert.deepEqual(await valuesOf(server, 'once_value', 'job'), { twice: '3', future: '3' })
      const metrics = await (await fetch(`${server.url}/metrics`)).text()
      for (const reason of ['duplicate_timestamp', 'out_of_bounds']) {
        const counter = `prometheus_target_scrapes_sample_${reason}_total`
        assert.match(metrics, new RegExp(`^${counter} [1-9]`, 'm'))
      }
      assert.match(server.output(), /"scrape_pool":"twice".*"duplicate_timestamp":2/)
    },
  )
})

test('bodies that fill the memory for bodies and then hang leave room for small ones', async (t) => {
  const bad = await serveBadTargets(MIB, MIB)
  t.after(() => bad.close())
  const heavy = Array.from({ length: 8 }, (_, i) => [`heavy${i}`, 'heavy'] as const)
  const jobs = configFor([['good', 'good'], ...heavy], bad.port)
  const server = await startNarthex({
    config: `global: {scrape_interval: 5s, scrape_timeout: 4500ms}\n${jobs}`,
    storage: join(folder.path, 'heavy'),
    flags: ['--log.level=warn'],
  })
  t.after(() => server.stop())
  const beforeMib = residentMib(server)
  let peakMib = 0
  await until('three scrapes', async () => {
    peakMib = Math.max(peakMib, residentMib(server))
    const counts = await valuesOf(server, 'count_over_time(up[10m])', 'job')
    return (
      Object.keys(counts).length === 9 && Object.values(counts).every((one) => Number(one) >= 3)
    )
  })
  const { good, ...others } = await valuesOf(server, 'min_over_time(up[10m])', 'job')
  assert.deepEqual(new Set(Object.values(others)), new Set(['0']))
  assert.equal(good, '1')
  assert.ok(peakMib - beforeMib < 400, `${beforeMib} MiB grew to ${peakMib} MiB`)
})
