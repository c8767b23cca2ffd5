import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPushedMetadata } from '../../../src/collect/receive/metadata.ts'
import type { MetadataView } from '../../../src/model/target.ts'

const SCRAPED: MetadataView = {
  families: () => new Map([['up', [{ type: 'gauge', help: 'Scraped.', unit: '' }]]]),
  ofTargets: () => [],
}

test('pushed metadata is shown beside scraped metadata, which wins', () => {
  const { add, view } = openPushedMetadata(SCRAPED)
  add({ family: 'up', type: 'gauge', help: 'Pushed.', unit: '' })
  add({ family: 'jobs', type: 'counter', help: 'Jobs.', unit: '' })
  add({ family: '', type: 'counter', help: 'No name.', unit: '' })
  const families = view.families('', 0, 0)
  assert.deepEqual([...families.keys()], ['up', 'jobs'])
  assert.equal(families.get('up')?.at(0)?.help, 'Scraped.')
  assert.equal(view.families('', 1, 0).size, 1)
})
