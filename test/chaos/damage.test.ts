/** C03: whatever happens to any one file of a data folder, the next start works and hardly anything is lost. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../support/answers.ts'
import { startNarthex, type TestProcess, temporaryFolder } from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const SEED = 20_261_121
const ROUNDS = process.env.NARTHEX_TEST_LONG === '1' ? 20 : 1
const CONFIG = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 30d}}\n'
const SERIES = 50
const GROUPS = 5
const ROWS = 100
const STEP_MS = 15_000
const DAY_MS = 86_400_000
const PAGE_BYTES = 4096
/** Rows of a block at most. */
const BLOCK_ROWS_MAX = 80

/** What one damage may cost, in samples, by the kind of file. */
const LOG_PAGE_LOSS_MAX = 8 * SERIES
const BLOCK_LOSS_MAX = (BLOCK_ROWS_MAX * SERIES) / GROUPS

type Damage = (bytes: Buffer, random: () => number) => Buffer

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit': (bytes, random) => {
    bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8)
    return bytes
  },
  'a page of zeros': (bytes, random) => {
    const at = Math.floor((random() * bytes.length) / PAGE_BYTES) * PAGE_BYTES
    return bytes.fill(0, at, Math.min(bytes.length, at + PAGE_BYTES))
  },
  'a page of garbage': (bytes, random) => {
    const at = Math.floor((random() * bytes.length) / PAGE_BYTES) * PAGE_BYTES
    for (let i = at; i < Math.min(bytes.length, at + PAGE_BYTES); i++) bytes[i] = random() * 256
    return bytes
  },
  'a byte less': (bytes) => bytes.subarray(0, -1),
  'a cut': (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  garbage: (bytes, random) => Buffer.from(bytes.map(() => Math.floor(random() * 256))),
}

/** A start that writes a day's rows: of two such days, one is in blocks and the log, one not yet sealed. */
async function writeDay(server: TestProcess, day: number): Promise<void> {
  for (let row = 0; row < ROWS; row++) {
    const timeMs = Date.now() - day * DAY_MS - (ROWS - row) * STEP_MS
    const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: 'kept', job: 'j', instance: `i${i % GROUPS}`, n: String(i) },
      samples: [[timeMs, Math.sin(row * i + row)]],
    }))
    assert.equal(await sendWrite(server.url, series), 204)
  }
}

/** A folder as two runs leave it, the second of them killed. */
async function filledFolder(storage: string): Promise<void> {
  for (const day of [2, 1]) {
    const server = await startNarthex({ config: CONFIG, storage })
    await writeDay(server, day)
    if (day === 2) await server.stop()
    else await server.kill()
  }
}

interface Inspection {
  /** Values of the samples that are there, by series and time. */
  readonly found: ReadonlyMap<string, string>
  /** Whether the server says in its log and its metrics that something is damaged. */
  readonly isReported: boolean
  /** What the answer says. */
  readonly warnings: readonly string[]
}

async function inspect(storage: string): Promise<Inspection> {
  const server = await startNarthex({ config: CONFIG, storage })
  try {
    const got = await ask(server.url, '/api/v1/query', { query: 'kept[4d]' })
    const { warnings = [] } = got as { warnings?: string[] }
    const found = new Map<string, string>()
    const result = got.data?.result as { metric: { n: string }; values: [number, string][] }[]
    for (const { metric, values } of result) {
      for (const [seconds, value] of values) found.set(`${metric.n} ${seconds}`, value)
    }
    const later = { __name__: 'later', job: 'j', instance: 'i0' }
    const samples = [[Date.now(), 1]] as const
    assert.equal(await sendWrite(server.url, [{ labels: later, samples }]), 204)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    const counted =
      /^narthex_(store_damaged_blocks_total|store_damaged_windows|log_damages_total) [1-9]/m
    const isTold = /"level":"(warn|error)".*damaged/.test(server.output())
    return { found, isReported: counted.test(metrics) && isTold, warnings }
  } finally {
    assert.equal(await server.stop(), 0)
  }
}

/** Samples that a file may take with it; a file that is no more is worth all that it had. */
function lossMax(file: string, damage: string): number {
  if (!/\.(log|mdb)$/.test(file)) return 0
  if (damage === 'a cut' || damage === 'garbage') return ROWS * SERIES
  if (file.endsWith('.mdb')) return BLOCK_LOSS_MAX
  return damage.startsWith('a page') ? LOG_PAGE_LOSS_MAX : SERIES
}

/** How many samples are not there; those that are have the values that were written. */
function countLost(whole: Inspection, { found }: Inspection): number {
  for (const [sample, value] of found) assert.equal(value, whole.found.get(sample), sample)
  return whole.found.size - found.size
}

test('C03: a data folder starts after any damage to any of its files', async (t: TestContext) => {
  const folder = temporaryFolder('damage')
  t.after(() => folder.remove())
  const whole = join(folder.path, 'whole')
  await filledFolder(whole)
  const files = readdirSync(whole, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(whole, file)).isFile())
    .sort()
  assert.ok(
    files.some((file) => file.endsWith('.log')) && files.some((file) => file.endsWith('.mdb')),
  )
  const random = seededRandom(SEED)
  const copy = join(folder.path, 'copy')
  cpSync(whole, copy, { recursive: true })
  const intact = await inspect(copy)
  assert.equal(intact.found.size, 2 * ROWS * SERIES)
  assert.deepEqual(intact.warnings, [])
  rmSync(copy, { recursive: true })
  let lostInAll = 0
  let starts = 0

  for (const file of files) {
    await t.test(file.replace(/\d{4,}/g, 'N'), async () => {
      for (let round = 0; round < ROUNDS; round++) {
        for (const [damage, apply] of Object.entries(DAMAGES)) {
          cpSync(whole, copy, { recursive: true })
          const sound = readFileSync(join(copy, file))
          const bytes = sound.length > 0 ? sound : Buffer.alloc(PAGE_BYTES)
          writeFileSync(join(copy, file), apply(bytes, random))
          const seen = await inspect(copy)
          const lost = countLost(intact, seen)
          assert.ok(lost <= lossMax(file, damage), `${damage} costs ${lost} samples`)
          // The end of the log that a cut takes looks like a crash before it was written.
          const isCutLog = /^a (cut|byte less)$/.test(damage) && file.endsWith('.log')
          const what = `${damage}: ${lost} samples lost in silence`
          assert.ok(lost === 0 || seen.isReported || isCutLog, what)
          const isOfWindow = file.endsWith('.mdb')
          assert.equal(seen.warnings.length > 0, lost > 0 && isOfWindow, what)
          rmSync(copy, { recursive: true })
          lostInAll += lost
          starts++
        }
      }
    })
  }
  t.diagnostic(`${starts} starts of ${starts} succeeded, ${lostInAll} samples lost in all`)
})
