/** The filter of the targets page. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { filterPools, formatFilter, parseFilter } from '../../../ui/targets/filter.ts'
import { poolsOf, type Target, targetKey } from '../../../ui/targets/target.ts'

const target = (pool: string, host: string, health: Target['health']): Target => ({
  scrapePool: pool,
  scrapeUrl: `http://${host}:9100/metrics`,
  health,
  lastError: health === 'down' ? 'connection refused' : '',
  lastScrape: '2026-08-01T09:30:00Z',
  lastScrapeDuration: 0.01,
  scrapeInterval: '15s',
  scrapeTimeout: '10s',
  labels: { job: pool, instance: `${host}:9100` },
  discoveredLabels: { __address__: `${host}:9100` },
})

const POOLS = poolsOf({
  activeTargets: [
    target('node', 'alpha', 'up'),
    target('node', 'beta', 'down'),
    target('api', 'gamma', 'unknown'),
  ],
  droppedTargets: [{ scrapePool: 'node', discoveredLabels: { __address__: 'delta:9100' } }],
  droppedTargetCounts: { node: 3, api: 0 },
})

test('pools come by name, what is down comes first', () => {
  assert.deepEqual(
    POOLS.map((pool) => pool.name),
    ['api', 'node'],
  )
  assert.equal(POOLS[1].targets[0].health, 'down')
  assert.equal(POOLS[1].droppedCount, 3)
})

test('a dropped target of an older server belongs to the pool of its job', () => {
  const [pool] = poolsOf({
    activeTargets: [],
    droppedTargets: [{ discoveredLabels: { job: 'x' } }],
  })
  assert.equal(pool.name, 'x')
  assert.equal(pool.droppedCount, 1)
})

for (const [search, hosts] of [
  ['', ['gamma', 'beta', 'alpha']],
  ['?health=down', ['beta']],
  ['?health=down,unknown', ['gamma', 'beta']],
  ['?search=REFUSED', ['beta']],
  ['?search=node+alpha', ['alpha']],
  ['?search=nowhere', []],
  ['?health=sick', ['gamma', 'beta', 'alpha']],
] as const) {
  test(`the filter ${JSON.stringify(search)} leaves ${hosts.length} targets`, () => {
    const shown = filterPools(POOLS, parseFilter(search)).flatMap((pool) => pool.targets)
    assert.deepEqual(
      shown.map((t) => new URL(t.scrapeUrl).hostname),
      hosts,
    )
  })
}

test('words are found in dropped targets, too', () => {
  const [pool] = filterPools(POOLS, parseFilter('?search=delta'))
  assert.equal(pool.dropped.length, 1)
})

test('a filter survives its link', () => {
  const search = 'search=a+b&health=up%2Cdown&folded=x%26y&folded=z'
  assert.equal(formatFilter(parseFilter(search)), search)
  assert.equal(formatFilter(parseFilter('')), '')
})

test('a target and the series of its scrape have one key', () => {
  const { labels } = target('node', 'alpha', 'up')
  assert.equal(targetKey(labels), targetKey({ ...labels, __name__: 'scrape_samples_scraped' }))
})
