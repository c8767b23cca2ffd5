/** Metadata of all targets: distinct, bounded, by name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Layout } from '../../../src/collect/scrape/layout.ts'
import { METADATA_BLOCKS_MAX, MetadataPool } from '../../../src/collect/scrape/metadata.ts'
import { metadataView } from '../../../src/collect/scrape/metadataview.ts'
import { Scanner } from '../../../src/collect/scrape/scan.ts'
import type { MetadataView } from '../../../src/model/target.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { bodyOf, rulesOf } from './bodies.ts'

function viewOf(bodies: readonly string[]): MetadataView {
  const pool = new MetadataPool()
  const scanner = new Scanner(pool)
  const holders = bodies.map((body, i) => {
    const layout = new Layout()
    scanner.scan(bodyOf(body), layout, textFormat, rulesOf())
    return { layout, target: { labels: ['instance', `h${i}`] } }
  })
  return metadataView(pool, () => holders)
}

const view = viewOf([
  '# HELP a one\n# TYPE a counter\na 1\n# HELP b bee\nb 1\n',
  '# HELP a two\n# TYPE a counter\na 1\n# TYPE c gauge\nc 1\n',
  '# HELP a two\n# TYPE a counter\na 1\n',
])

test('families have each distinct metadata once', () => {
  const found = view.families('', 0, 0)
  assert.deepEqual([...found.keys()].sort(), ['a', 'b', 'c'])
  assert.deepEqual(found.get('a'), [
    { type: 'counter', help: 'one', unit: '' },
    { type: 'counter', help: 'two', unit: '' },
  ])
})

test('families are bounded by name, by number, and by distinct metadata', () => {
  assert.deepEqual([...view.families('c', 0, 0).keys()], ['c'])
  assert.equal(view.families('', 2, 0).size, 2)
  assert.equal(view.families('', 0, 1).get('a')?.length, 1)
})

test('metadata of targets names the target, bounded in number', () => {
  const all = view.ofTargets(() => true, '', 0)
  assert.deepEqual(
    all.map(({ target, metric }) => `${target[1]} ${metric}`),
    ['h0 a', 'h0 b', 'h1 a', 'h1 c', 'h2 a'],
  )
  assert.equal(view.ofTargets((labels) => labels[1] === 'h1', 'a', 0)[0].metadata.help, 'two')
  assert.equal(view.ofTargets(() => true, '', 3).length, 3)
})

test('blocks beyond the bound are passed over and counted, and there is room again when some are given up', () => {
  const pool = new MetadataPool()
  const families = new Map([['a', { type: 'gauge', help: '', unit: '' }]])
  const hashOf = (i: number): Int32Array => Int32Array.of(i, i)
  for (let i = 0; i < METADATA_BLOCKS_MAX + 2; i++) pool.hold(hashOf(i), families)
  assert.deepEqual([pool.count, pool.leftOut], [METADATA_BLOCKS_MAX, 2])
  assert.equal(pool.familiesOf(METADATA_BLOCKS_MAX, METADATA_BLOCKS_MAX), undefined)
  pool.release(hashOf(0))
  pool.hold(hashOf(METADATA_BLOCKS_MAX), families)
  assert.equal(pool.familiesOf(METADATA_BLOCKS_MAX, METADATA_BLOCKS_MAX), families)
  assert.deepEqual([pool.count, pool.leftOut], [METADATA_BLOCKS_MAX, 2])
})
