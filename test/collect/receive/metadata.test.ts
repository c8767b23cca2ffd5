import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { openPushedMetadata, PUSHED_FAMILIES_MAX } from '../../../src/collect/receive/metadata.ts'
import type { MetadataView } from '../../../src/model/target.ts'

const SCRAPED: MetadataView = {
  families: () => new Map([['up', [{ type: 'gauge', help: 'Scraped.', unit: '' }]]]),
  ofTargets: () => [],
}

test('pushed metadata is shown beside scraped metadata, which wins', () => {
  const { add, view } = openPushedMetadata(SCRAPED, new Metrics())
  add({ family: 'up', type: 'gauge', help: 'Pushed.', unit: '' })
  add({ family: 'jobs', type: 'counter', help: 'Jobs.', unit: '' })
  add({ family: '', type: 'counter', help: 'No name.', unit: '' })
  const families = view.families('', 0, 0)
  assert.deepEqual([...families.keys()], ['up', 'jobs'])
  assert.equal(families.get('up')?.at(0)?.help, 'Scraped.')
  assert.equal(view.families('', 1, 0).size, 1)
})

test('families beyond the bound are left out, and the figure says that it is reached', () => {
  const metrics = new Metrics()
  const { add, view } = openPushedMetadata(SCRAPED, metrics)
  for (let i = 0; i <= PUSHED_FAMILIES_MAX; i++) {
    add({ family: `f${i}`, type: 'gauge', help: '', unit: '' })
  }
  add({ family: 'f0', type: 'counter', help: 'Known ones still change.', unit: '' })
  const families = view.families('', 0, 0)
  assert.equal(families.size, PUSHED_FAMILIES_MAX + 1, 'with the scraped one')
  assert.equal(families.has(`f${PUSHED_FAMILIES_MAX}`), false)
  assert.equal(families.get('f0')?.at(0)?.type, 'counter')
  assert.match(metrics.render(), /^narthex_pushed_metadata_families 100000$/m)
})
