/** C03: an answer that lacks something that was stored says so, in every thread and after every merge. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Queryable } from '../../../src/model/queryable.ts'
import { openStoreReader, type Store } from '../../../src/store/metrics/store.ts'
import { openWindowFile, TABLE_BLOCKS } from '../../../src/store/metrics/windowfile.ts'
import { openTestStore, type TestClock, unlimited } from './support.ts'

const ALL = [{ name: 'job', op: '=', value: 'x' }] as const
const OTHER = [{ name: 'instance', op: '=', value: 'b' }] as const
const HOUR_MS = 3_600_000
const LOST =
  'cannot read all of window 1970-01-01T00:00Z..02:00Z: a block is damaged or lost, ' +
  'samples of {instance="a", job="x"} may be missing'

/** A window of which the first block of the first instance cannot be read. */
async function foldersWindow(
  t: TestContext,
  damage: 'lost' | 'garbage',
): Promise<{ store: Store; clock: TestClock; windows: string }> {
  const { store: first, path } = await openTestStore(t)
  const names = ['a', 'b'] as const
  const ids = Float64Array.from(names, (instance) =>
    first.appender.series(['__name__', 'm', 'instance', instance, 'job', 'x']),
  )
  for (let row = 0; row < 400; row++) {
    const values = Float64Array.of(row, -row)
    first.appender.append(row * 15_000, ids, values, 2, new Uint8Array(2))
  }
  await first.appender.commit()
  await first.upkeep()
  await first.stop()
  const windows = join(path, 'windows')
  const [file] = fs.readdirSync(windows).filter((name) => name.endsWith('.mdb'))
  const environment = openWindowFile(join(windows, file), false)
  environment.write((table) => {
    const [key] = [...table(TABLE_BLOCKS).keys(undefined, undefined)]
    if (damage === 'lost') table(TABLE_BLOCKS).remove(key)
    else table(TABLE_BLOCKS).put(key, Uint8Array.of(99))
  })
  await environment.close()
  const { store, clock } = await openTestStore(t, { path })
  return { store, clock, windows }
}

function warningsOf(
  queryable: Queryable,
  matchers: Parameters<Queryable['select']>[0] = ALL,
  fromMs = 0,
  toMs = 1e12,
): string[] {
  const warnings = new Set<string>()
  queryable.select(matchers, fromMs, toMs, unlimited, (text) => warnings.add(text))
  return [...warnings]
}

for (const damage of ['lost', 'garbage'] as const) {
  test(`a select that misses a ${damage} block is told, and no other`, async (t) => {
    const { store } = await foldersWindow(t, damage)
    const reader = openStoreReader(store.attachReader().data)
    t.after(() => reader.close())
    for (const queryable of [store.queryable, reader]) {
      assert.deepEqual(warningsOf(queryable), [LOST])
      assert.deepEqual(warningsOf(queryable, OTHER), [])
      assert.deepEqual(warningsOf(queryable, ALL, HOUR_MS * 1.4), [], 'later blocks are whole')
    }
  })

  test(`a merge keeps the word that a ${damage} block is missing`, async (t) => {
    const { store, clock, windows } = await foldersWindow(t, damage)
    const id = store.appender.series(['__name__', 'm', 'instance', 'b', 'job', 'x'])
    const newest = Float64Array.of(1)
    store.appender.append(4 * HOUR_MS, Float64Array.of(id), newest, 1, new Uint8Array(1))
    const before = store.queryable.select(ALL, 0, 1e12, unlimited).length
    for (let round = 0; round < 4; round++) {
      clock.advance(61_000)
      await store.upkeep()
    }
    assert.ok(fs.existsSync(join(windows, '0_7200000_2.mdb')), 'it was merged')
    assert.deepEqual(warningsOf(store.queryable), [LOST])
    assert.deepEqual(warningsOf(store.queryable, OTHER), [])
    assert.equal(store.queryable.select(ALL, 0, 1e12, unlimited).length, before)
  })
}
