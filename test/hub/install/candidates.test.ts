/** Where an entry could be put to use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { CANDIDATES_MAX, findCandidates } from '../../../src/hub/install/candidates.ts'
import type { Found, FoundView, TargetKey } from '../../../src/model/found.ts'

function viewOf(by: Found['by'], targets: readonly TargetKey[]): FoundView {
  const entries = [{ entry: 'node', hosts: 1, targetCount: targets.length, targets }]
  return { found: async () => ({ by, atMs: 0, entries }) }
}

const away: FoundView = {
  found: async () => {
    throw new NarthexError('busy', 'the database is away')
  },
}

function find(views: readonly FoundView[], jobs: readonly (readonly [string, string[]])[] = []) {
  return findCandidates('node', {
    views,
    jobsByAddress: () => new Map(jobs),
    hasEntry: (name) => name === 'node',
  })
}

test('a target that two know is told once, as the surer one knows it, with the jobs that have it', async () => {
  const proved = viewOf('metrics', [{ job: 'x', instance: 'b:9100' }])
  const likely = viewOf('registry', [
    { job: 'node', instance: 'b:9100' },
    { job: 'node', instance: 'a:9100' },
  ])
  const { targets, warnings } = await find([proved, likely], [['b:9100', ['x', 'y']]])
  assert.deepEqual(targets, [
    { address: 'a:9100', by: 'registry', jobs: [] },
    { address: 'b:9100', by: 'metrics', jobs: ['x', 'y'] },
  ])
  assert.deepEqual(warnings, [])
})

test('an instance that is no address cannot be scraped', async () => {
  const { targets } = await find([viewOf('metrics', [{ job: 'node', instance: 'my-host' }])])
  assert.deepEqual(targets, [])
})

test('who cannot say it now is a warning, the others are told', async () => {
  const known = viewOf('registry', [{ job: 'node', instance: 'a:9100' }])
  const { targets, warnings } = await find([away, known])
  assert.deepEqual(
    targets.map(({ address }) => address),
    ['a:9100'],
  )
  assert.match(warnings.join(), /not known now: the database is away$/)
})

test('no more are told than the bound, and nothing of an entry that is not there', async () => {
  const many = Array.from({ length: CANDIDATES_MAX + 5 }, (_, i) => ({
    ...{ job: 'node', instance: `h${i}:9100` },
  }))
  assert.equal((await find([viewOf('registry', many)])).targets.length, CANDIDATES_MAX)
  const deps = { views: [], jobsByAddress: () => new Map(), hasEntry: () => false }
  await assert.rejects(findCandidates('nope', deps), /cannot find entry "nope"/)
})
