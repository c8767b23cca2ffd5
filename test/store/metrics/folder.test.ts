/** Folders that cannot be used, and files that are damaged: one-line errors, and a start that works (C03). */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { openStoreReader, type Store } from '../../../src/store/metrics/store.ts'
import {
  metaKey,
  openWindowFile,
  TABLE_BLOCKS,
  TABLE_META,
} from '../../../src/store/metrics/windowfile.ts'
import { makeFolder, openTestStore, samplesOf } from './support.ts'

const ALL = [{ name: 'job', op: '=', value: 'x' }] as const
const ROW_COUNT = 1000
const SERIES_COUNT = 20

/** Whether an error is a one-line NarthexError of a kind that says something. */
function says(kind: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof NarthexError &&
    error.kind === kind &&
    pattern.test(error.message) &&
    !error.message.includes('\n')
}

async function fill(store: Store): Promise<void> {
  const ids = Float64Array.from({ length: SERIES_COUNT }, (_, i) =>
    store.appender.series(['__name__', `m${i}`, 'instance', `i${i % 2}`, 'job', 'x']),
  )
  const outcomes = new Uint8Array(SERIES_COUNT)
  for (let row = 0; row < ROW_COUNT; row++) {
    const values = Float64Array.from(ids, (_, i) => (row * 7919 * i) % 104_729)
    store.appender.append(row * 15_000, ids, values, SERIES_COUNT, outcomes)
    if (row % 50 === 0) await store.appender.commit()
  }
  await store.appender.commit()
}

/** A filled data folder that no process has open. */
async function filledFolder(t: TestContext): Promise<string> {
  const { store, path } = await openTestStore(t)
  await fill(store)
  await store.stop()
  return path
}

function countSamples(store: Pick<Store, 'queryable'>): number {
  return Object.values(samplesOf(store, ALL)).reduce((sum, list) => sum + list.length, 0)
}

test('a folder that another store has open is refused by name', async (t) => {
  const { path } = await openTestStore(t)
  await assert.rejects(openTestStore(t, { path }), says('busy', /^cannot open data folder/))
})

test('a path that is no folder is refused', async (t) => {
  const path = join(makeFolder(), 'file')
  fs.writeFileSync(path, '')
  await assert.rejects(openTestStore(t, { path }), says('io', /^cannot /))
})

test('a disk with too little room is read-only, says why, and answers queries', async (t) => {
  const path = await filledFolder(t)
  const { store } = await openTestStore(t, { path, minFreeBytes: 2 ** 60 })
  assert.match(store.view.status().readOnlyReason, /bytes are free, at least/)
  const id = store.appender.series(['__name__', 'm0', 'instance', 'i0', 'job', 'x'])
  const append = (): number =>
    store.appender.append(1e9, Float64Array.of(id), Float64Array.of(1), 1, new Uint8Array(1))
  assert.throws(append, says('busy', /^cannot append: /))
  assert.equal(countSamples(store), ROW_COUNT * SERIES_COUNT)
})

test('a window of a newer version is refused, and left as it is', async (t) => {
  const path = await filledFolder(t)
  const [name] = fs.readdirSync(join(path, 'windows')).filter((file) => file.endsWith('.mdb'))
  const file = join(path, 'windows', name)
  const environment = openWindowFile(file, false)
  environment.write((table) => table(TABLE_META).put(metaKey(), Uint8Array.of(99)))
  await environment.close()
  await assert.rejects(openTestStore(t, { path }), says('corrupt', /format version 99, at most 1/))
  assert.ok(fs.existsSync(file))
})

test('C03: a damaged block is counted, and told once, whichever thread meets it', async (t) => {
  const path = await filledFolder(t)
  const [name] = fs.readdirSync(join(path, 'windows')).filter((file) => file.endsWith('.mdb'))
  const environment = openWindowFile(join(path, 'windows', name), false)
  environment.write((table) => {
    const blocks = table(TABLE_BLOCKS)
    const [key] = [...blocks.keys(undefined, undefined)]
    blocks.put(key, Uint8Array.of(99))
  })
  await environment.close()
  const told: string[] = []
  const log = { ...silentLog, error: (message: string) => void told.push(message) }
  const metrics = new Metrics()
  const { store } = await openTestStore(t, { path, metrics, log })
  const reader = openStoreReader(store.attachReader().data)
  t.after(() => reader.close())
  const lost = ROW_COUNT * SERIES_COUNT - countSamples({ queryable: reader })
  assert.ok(lost > 0 && lost <= 80 * SERIES_COUNT, `${lost} samples are lost`)
  countSamples({ queryable: reader })
  countSamples(store)
  const isCounted = (): boolean => /^narthex_store_damaged_blocks_total 3$/m.test(metrics.render())
  for (let turn = 0; turn < 1000 && !isCounted(); turn++) await nextTurn()
  assert.ok(isCounted())
  assert.deepEqual(told, ['a block is damaged and was left out'])
})

for (const kind of ['flip', 'cut', 'zero'] as const) {
  for (const folder of ['wal', 'windows']) {
    test(`a start works, and most samples are there, after a ${kind} in ${folder}`, async (t) => {
      const path = await filledFolder(t)
      const file = fs
        .readdirSync(join(path, folder))
        .filter((name) => /\.(log|mdb)$/.test(name))
        .map((name) => join(path, folder, name))
        .sort()[0]
      const bytes = fs.readFileSync(file)
      const at = Math.floor(bytes.length * 0.6)
      if (kind === 'flip') bytes[at] ^= 4
      if (kind === 'zero') bytes.fill(0, at, at + 4096)
      fs.writeFileSync(file, kind === 'cut' ? bytes.subarray(0, at) : bytes)
      const { store } = await openTestStore(t, { path })
      const found = countSamples(store)
      assert.ok(found >= ROW_COUNT * SERIES_COUNT * 0.5, `${found} samples`)
      const id = store.appender.series(['__name__', 'later', 'instance', 'i0', 'job', 'x'])
      const one = new Uint8Array(1)
      store.appender.append(2e7, Float64Array.of(id), Float64Array.of(3), 1, one)
      await store.appender.commit()
      assert.deepEqual(samplesOf(store, [{ name: '__name__', op: '=', value: 'later' }]), {
        'later{instance="i0", job="x"}': [[2e7, 3]],
      })
    })
  }
}
