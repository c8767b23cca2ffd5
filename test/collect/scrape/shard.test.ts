/** Sharing targets between agents: one owner each, few moves, parts of about the same size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { ownsTarget, shardOf } from '../../../src/collect/scrape/shard.ts'
import { parseShard, SHARDS_MAX } from '../../../src/config/shard.ts'
import { configOf, inWorld, World } from './world.ts'

const SEED = 20_260_101
const KEYS = Array.from(
  { length: 20_000 },
  (_, i) => `__address__\u000010.0.${i >> 8}.${i & 255}:9100`,
)

test('every key has exactly one owner', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 200 }), (key, count) => {
      const owners = Array.from({ length: count }, (_, index) => ownsTarget(key, { index, count }))
      assert.equal(owners.filter((owns) => owns).length, 1)
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('one agent more: a key stays or goes to the new one', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 5000 }), (key, count) => {
      const [before, after] = [shardOf(key, count), shardOf(key, count + 1)]
      assert.ok(after === before || after === count, `${before} → ${after} of ${count + 1}`)
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

for (const count of [1, 2, 3, 7, 20]) {
  test(`from ${count} to ${count + 1} agents about one of ${count + 1} keys moves, and parts are even`, () => {
    const moved = KEYS.filter((key) => shardOf(key, count) !== shardOf(key, count + 1)).length
    const wanted = KEYS.length / (count + 1)
    assert.ok(Math.abs(moved - wanted) < 5 * Math.sqrt(wanted), `${moved} of ${wanted}`)
    const sizes = new Array<number>(count + 1).fill(0)
    for (const key of KEYS) sizes[shardOf(key, count + 1)]++
    for (const size of sizes) assert.ok(Math.abs(size - wanted) < 5 * Math.sqrt(wanted), `${sizes}`)
  })
}

test('the owner of a key is the same in every version of the program', () => {
  const owners = ['a', 'b', '__address__\u0000host:9100\u0000job\u0000node', 'ü'].map((key) =>
    [2, 3, 10, 1000].map((count) => shardOf(key, count)),
  )
  assert.deepEqual(owners, [
    [1, 1, 3, 611],
    [0, 0, 7, 39],
    [0, 2, 6, 507],
    [0, 0, 7, 973],
  ])
})

test('a shard is read from index/count', () => {
  assert.deepEqual(parseShard('0/1'), { index: 0, count: 1 })
  assert.deepEqual(parseShard('2/3'), { index: 2, count: 3 })
})

for (const text of [
  '',
  '1',
  '3/3',
  '1/0',
  '0/0',
  '-1/3',
  '1/3/4',
  ' 1/3',
  '1/x',
  `0/${SHARDS_MAX + 1}`,
]) {
  test(`no shard: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseShard(text),
      (e) =>
        e instanceof NarthexError && e.kind === 'bad_data' && e.message.includes('index/count'),
    )
  })
}

test('agents scrape each target once between them, also after one more joins', async () => {
  const worlds = [await World.open(), await World.open(), await World.open()]
  const found = Array.from({ length: 60 }, (_, i) => ['__address__', `10.0.0.${i}:1`])
  const owned = (): string[][] =>
    worlds.map((world) => world.manager.targets.active().map((target) => target.scrapeUrl))
  try {
    for (const [index, world] of worlds.entries()) {
      world.manager.reshard({ index, count: index < 2 ? 2 : 3 })
      world.manager.apply([configOf()])
      world.manager.retarget('test', found)
    }
    const before = owned()
    assert.equal(new Set([...before[0], ...before[1]]).size, 60)
    assert.equal(before[0].length + before[1].length, 60)
    for (const [index, world] of worlds.entries()) world.manager.reshard({ index, count: 3 })
    const after = owned()
    assert.equal(new Set(after.flat()).size, 60)
    assert.equal(after.flat().length, 60)
    for (const i of [0, 1]) {
      assert.ok(
        after[i].every((url) => before[i].includes(url)),
        'nothing moves between old agents',
      )
    }
    const others = `narthex_scrape_pool_other_shards_targets{scrape_job="test"} ${60 - after[0].length}`
    assert.ok(worlds[0].metrics.render().includes(others))
  } finally {
    for (const world of worlds) await world.close()
  }
})

test('what was found on this machine is never shared', () =>
  inWorld(
    async (world) => {
      world.manager.apply([configOf()])
      const exporters = Array.from({ length: 10 }, (_, i) =>
        world.found({ __meta_narthex_exporter: 'x', n: String(i) }),
      )
      world.manager.retarget('test', exporters)
      assert.equal(world.manager.targets.active().length, 10)
    },
    { shard: { index: 1, count: 5 } },
  ))
