/** C03: whatever happens to one page of a window, at most that page and one block are missing from answers. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { salvageWindow } from '../../../src/store/metrics/salvage.ts'
import { openStoreReader, type Store } from '../../../src/store/metrics/store.ts'
import { randomOf } from '../log/disk.ts'
import { makeFolder, openTestStore, type Sample, samplesOf, unlimited } from './support.ts'

const ALL = [{ name: 'job', op: '=', value: 'x' }] as const
const PAGE_BYTES = 4096
const GROUPS = 40
const SERIES_OF_GROUP = 25
const ROWS = 300
const ROW_MS = 20_000
const HOUR_MS = 3_600_000
/** Rows of a block at most. */
const SEALED_ROWS_MAX = 80
const MERGED_ROWS_MAX = 512
const SEED = 20_261_121
const IS_LONG = process.env.NARTHEX_TEST_LONG === '1'
/** Pages of each kind that are damaged. */
const PAGES_OF_KIND = 2
/** Heads and segments of blocks of one series that share a page. */
const SHORT_VALUES_MAX = 8

type Content = Record<string, Sample[]>

/** A window as it lies on the disk, with what it holds. */
interface Whole {
  readonly folder: string
  readonly file: string
  readonly bytes: Buffer
  readonly content: Content
  readonly blockSamplesMax: number
}

/** Values that hardly compress, so that blocks take pages of their own. */
async function fill(store: Store, random: () => number): Promise<void> {
  for (let row = 0; row < ROWS; row++) {
    for (let group = 0; group < GROUPS; group++) {
      // Every fourth group has one series only, whose blocks are short values in the tree.
      const count = group % 4 === 0 ? 1 : SERIES_OF_GROUP
      const ids = Float64Array.from({ length: count }, (_, i) =>
        store.appender.series(['__name__', `m${i}`, 'instance', `i${group}`, 'job', 'x']),
      )
      const values = Float64Array.from(ids, () => random() * 1000)
      const timeMs = row * ROW_MS + group
      store.appender.append(timeMs, ids, values, count, new Uint8Array(count))
    }
    if (row % 40 === 39) await store.upkeep()
  }
  await store.appender.commit()
}

async function makeWhole(t: TestContext, isMerged: boolean): Promise<Whole> {
  const folder = makeFolder()
  const { store, clock } = await openTestStore(t, { path: folder })
  await fill(store, randomOf(7))
  const id = store.appender.series(['__name__', 'later', 'instance', 'i', 'job', 'y'])
  store.appender.append(4 * HOUR_MS, Float64Array.of(id), Float64Array.of(1), 1, new Uint8Array(1))
  for (let round = 0; round < 4; round++) {
    clock.advance(isMerged ? HOUR_MS : 1000)
    await store.upkeep()
  }
  await store.stop()
  const [file] = fs.readdirSync(join(folder, 'windows')).filter((name) => name.startsWith('0_'))
  assert.match(file, isMerged ? /_2\.mdb$/ : /_1\.mdb$/)
  fs.rmSync(join(folder, 'wal'), { recursive: true })
  const { store: again } = await openTestStore(t, { path: folder })
  const content = samplesOf(again, ALL)
  await again.stop()
  const bytes = fs.readFileSync(join(folder, 'windows', file))
  const rows = isMerged ? MERGED_ROWS_MAX : SEALED_ROWS_MAX
  return { folder, file, bytes, content, blockSamplesMax: rows * SERIES_OF_GROUP }
}

const wholes = new Map<boolean, Promise<Whole>>()

/** Made once for all tests. */
function wholeOf(t: TestContext, isMerged: boolean): Promise<Whole> {
  const known = wholes.get(isMerged) ?? makeWhole(t, isMerged)
  wholes.set(isMerged, known)
  return known
}

interface Outcome {
  readonly lost: number
  readonly warnings: ReadonlySet<string>
  readonly metrics: string
  readonly isSalvaged: boolean
}

/** Starts on a damaged copy; whatever is answered was written. */
async function start(t: TestContext, whole: Whole, damaged: Buffer): Promise<Outcome> {
  const path = makeFolder()
  fs.cpSync(whole.folder, path, { recursive: true })
  fs.writeFileSync(join(path, 'windows', whole.file), damaged)
  const metrics = new Metrics()
  const told: number[] = []
  const error = (_: string, fields: { lostValues?: number } = {}): void => {
    if (fields.lostValues !== undefined) told.push(fields.lostValues)
  }
  const { store } = await openTestStore(t, { path, metrics, log: { ...silentLog, error } })
  const warnings = new Set<string>()
  const found = samplesOf(store, ALL)
  store.queryable.select(ALL, -1e15, 1e15, unlimited, (text) => warnings.add(text))
  let lost = 0
  for (const [series, samples] of Object.entries(whole.content)) {
    const values = new Map(found[series] ?? [])
    for (const [timeMs, value] of samples) {
      if (values.has(timeMs)) assert.equal(values.get(timeMs), value, `${series} at ${timeMs}`)
      else lost++
    }
    assert.ok(values.size <= samples.length, `${series} has samples that nobody wrote`)
  }
  await store.stop()
  for (const lostValues of told) assert.equal(lostValues > 0, lost > 0, 'the log says the same')
  const quarantine = join(path, 'windows', 'quarantine')
  const kept = fs.existsSync(quarantine) ? fs.readdirSync(quarantine) : []
  for (const file of kept) {
    assert.ok(fs.readFileSync(join(quarantine, file)).equals(damaged), 'the very bytes are kept')
  }
  fs.rmSync(path, { recursive: true })
  return { lost, warnings, metrics: metrics.render(), isSalvaged: kept.length > 0 }
}

type PageKind = 'meta' | 'branch' | 'leaf' | 'long' | 'inside'

/** What a page is; a page inside of a long value has no header, or one that is left over. */
function kindOf(bytes: Buffer, page: number): PageKind {
  const at = page * PAGE_BYTES
  if (page < 2) return 'meta'
  if (bytes.readUIntLE(at, 6) !== page) return 'inside'
  const flags = bytes.readUInt16LE(at + 18)
  return flags === 1 ? 'branch' : flags === 2 ? 'leaf' : flags === 4 ? 'long' : 'inside'
}

/** Pages of each kind, some of each unless all are wanted. */
function pagesToDamage(bytes: Buffer, random: () => number): number[] {
  const byKind = new Map<PageKind, number[]>()
  for (let page = 0; page < bytes.length / PAGE_BYTES; page++) {
    const kind = kindOf(bytes, page)
    byKind.set(kind, [...(byKind.get(kind) ?? []), page])
  }
  return [...byKind].flatMap(([kind, pages]) => {
    const isOfTree = kind !== 'long' && kind !== 'inside'
    if ((IS_LONG && isOfTree) || pages.length <= PAGES_OF_KIND) return pages
    return Array.from({ length: PAGES_OF_KIND }, () => pages[Math.floor(random() * pages.length)])
  })
}

const PAGE_DAMAGES: Readonly<Record<string, (page: Buffer, random: () => number) => void>> = {
  zeros: (page) => void page.fill(0),
  garbage: (page, random) => {
    for (let i = 0; i < page.length; i++) page[i] = random() * 256
  },
  'a flipped bit': (page, random) => {
    page[Math.floor(random() * page.length)] ^= 1 << Math.floor(random() * 8)
  },
  'a flipped bit in its first bytes': (page, random) => {
    page[Math.floor(random() * 64)] ^= 1 << Math.floor(random() * 8)
  },
}

for (const isMerged of [false, true]) {
  const kind = isMerged ? 'merged' : 'sealed'

  for (const [damage, apply] of Object.entries(PAGE_DAMAGES)) {
    test(`C03: ${damage} in a page of a ${kind} window cost at most one block`, async (t) => {
      const whole = await wholeOf(t, isMerged)
      const random = randomOf(SEED)
      let worst = 0
      let salvaged = 0
      const pages = pagesToDamage(whole.bytes, random)
      for (const page of pages) {
        const damaged = Buffer.from(whole.bytes)
        apply(damaged.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), random)
        const { lost, warnings, metrics, isSalvaged } = await start(t, whole, damaged)
        const what = `page ${page} (${kindOf(whole.bytes, page)}): ${lost} samples lost`
        assert.ok(lost <= whole.blockSamplesMax, what)
        assert.equal(warnings.size > 0, lost > 0, `${what}, ${warnings.size} warnings`)
        if (isSalvaged) assert.match(metrics, /^narthex_store_damaged_windows 1$/m)
        if (lost > 0) assert.match(metrics, /^narthex_store_damaged_blocks_total [1-9]/m, what)
        worst = Math.max(worst, lost)
        if (isSalvaged) salvaged++
      }
      t.diagnostic(`${pages.length} pages, ${salvaged} salvaged, at most ${worst} samples lost`)
    })
  }

  test(`C03: a cut of a ${kind} window costs the blocks that it touches`, async (t) => {
    const whole = await wholeOf(t, isMerged)
    const random = randomOf(SEED)
    const { length } = whole.bytes
    const total = Object.values(whole.content).reduce((sum, samples) => sum + samples.length, 0)
    for (const cutBytes of [
      1,
      700,
      PAGE_BYTES,
      5 * PAGE_BYTES + 9,
      random() * length,
      length - 9,
    ]) {
      const cut = whole.bytes.subarray(0, length - Math.floor(cutBytes))
      const { lost, warnings } = await start(t, whole, cut)
      const lostMax = Math.min(total, Math.ceil(cutBytes / PAGE_BYTES) * whole.blockSamplesMax)
      assert.ok(lost <= lostMax, `${cutBytes} bytes: ${lost} samples lost`)
      assert.equal(warnings.size > 0, lost > 0)
    }
  })

  test(`both meta pages of a ${kind} window are not needed`, async (t) => {
    const whole = await wholeOf(t, isMerged)
    const damaged = Buffer.from(whole.bytes).fill(0, 0, 2 * PAGE_BYTES)
    const { lost, warnings } = await start(t, whole, damaged)
    assert.deepEqual([lost, [...warnings]], [0, []])
  })
}

test('C03: no leaf of a merged window costs more values than the short ones in it', async (t) => {
  const whole = await wholeOf(t, true)
  const dir = makeFolder()
  const source = join(dir, 'damaged.mdb')
  let salvaged = 0
  for (let page = 2; page < whole.bytes.length / PAGE_BYTES; page++) {
    if (kindOf(whole.bytes, page) !== 'leaf') continue
    const damaged = Buffer.from(whole.bytes).fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
    fs.writeFileSync(source, damaged)
    const result = await salvageWindow(source, join(dir, 'target.mdb'))
    assert.ok(result?.isComplete)
    assert.ok(result.lostValues <= SHORT_VALUES_MAX, `page ${page}: ${result.lostValues} values`)
    salvaged++
  }
  assert.ok(salvaged > 4, `${salvaged} leaves`)
})

test('a window of which nothing is left is a gap, also after the next start', async (t) => {
  const whole = await wholeOf(t, false)
  const path = makeFolder()
  fs.cpSync(whole.folder, path, { recursive: true })
  fs.writeFileSync(join(path, 'windows', whole.file), Buffer.alloc(whole.bytes.length))
  const gap =
    'cannot read all of window 1970-01-01T00:00Z..02:00Z: it was damaged and lies in quarantine/, ' +
    'samples of any series may be missing'
  for (let round = 0; round < 2; round++) {
    const metrics = new Metrics()
    const { store } = await openTestStore(t, { path, metrics })
    const { queryable } = store
    const reader = openStoreReader(store.attachReader().data)
    for (const source of [queryable, reader]) {
      const warnings: string[] = []
      const warn = (text: string): void => void warnings.push(text)
      assert.deepEqual(source.select(ALL, 0, HOUR_MS, unlimited, warn), [])
      source.series([ALL], 0, HOUR_MS, unlimited, warn)
      source.labelNames([], 0, HOUR_MS, unlimited, warn)
      source.labelValues('job', [ALL], 0, HOUR_MS, unlimited, warn)
      assert.deepEqual(warnings, [gap, gap, gap, gap])
      source.select(ALL, 3 * HOUR_MS, 5 * HOUR_MS, unlimited, warn)
      assert.equal(warnings.length, 4, 'other times are whole')
    }
    reader.close()
    assert.match(metrics.render(), new RegExp(`^narthex_store_damaged_windows ${1 - round}$`, 'm'))
    await store.stop()
  }
})

test('a salvaged window takes further samples, and is merged in its turn', async (t) => {
  const whole = await wholeOf(t, false)
  const path = makeFolder()
  fs.cpSync(whole.folder, path, { recursive: true })
  const damaged = Buffer.from(whole.bytes)
  const branch =
    pagesToDamage(damaged, randomOf(1)).find((p) => kindOf(damaged, p) === 'branch') ?? 0
  damaged.fill(0, branch * PAGE_BYTES, (branch + 1) * PAGE_BYTES)
  fs.writeFileSync(join(path, 'windows', whole.file), damaged)
  const { store, clock } = await openTestStore(t, { path })
  const labels = ['__name__', 'new', 'instance', 'i1', 'job', 'x', 'more', 'labels']
  const id = Float64Array.of(store.appender.series(labels))
  for (let row = 0; row < 200; row++) {
    store.appender.append(HOUR_MS + row * 1000, id, Float64Array.of(row), 1, new Uint8Array(1))
  }
  const far = Float64Array.of(
    store.appender.series(['__name__', 'far', 'instance', 'i', 'job', 'y']),
  )
  store.appender.append(4 * HOUR_MS, far, Float64Array.of(1), 1, new Uint8Array(1))
  for (let round = 0; round < 6; round++) {
    clock.advance(HOUR_MS)
    await store.upkeep()
  }
  assert.ok(fs.existsSync(join(path, 'windows', '0_7200000_2.mdb')), 'it was merged')
  const found = samplesOf(store, ALL)
  const added = found['new{instance="i1", job="x", more="labels"}']
  assert.deepEqual(
    added.map(([, value]) => value),
    Array.from({ length: 200 }, (_, row) => row),
  )
  for (const [series, samples] of Object.entries(whole.content)) {
    assert.deepEqual(found[series], samples)
  }
})
