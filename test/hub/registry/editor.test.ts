/** Large files of targets: read on a thread to the same end as in place, and what becomes of its failures. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { Editor, LARGE_EDITS_MAX } from '../../../src/hub/registry/editor.ts'
import { Lists } from '../../../src/hub/registry/lists.ts'
import type { Outcome } from '../../../src/model/registry.ts'
import { openWorld } from './world.ts'

const FILE = { action: 'import', kind: 'group', type: 'text/csv', isWhole: true } as const
const LABEL = 'x'.repeat(1000)

/** Of 90 targets, each with a label of 1,000 letters: too much to be read in place. */
function largeFile(port: number, more = ''): string {
  const rows = Array.from({ length: 90 }, (_, i) => `g${i % 9},h${i}:${port},${LABEL}\n`)
  return `group,target,note\n${rows.join('')}${more}`
}

function done<T>(outcome: Outcome<T>): T {
  if ('problems' in outcome) assert.fail(JSON.stringify(outcome.problems))
  return outcome.done
}

test('a large file is planned and taken as a small one is', async () => {
  await using world = await openWorld()
  const { registry } = world
  const text = largeFile(1, `g0,h0:1,${LABEL}\ng0,h:9,\n`)
  const plan = done(await registry.plan({ ...FILE, text }))
  assert.deepEqual(
    plan.documents.map(({ action, targets }) => [action, targets]),
    plan.documents.map((_, i) => ['add', i === 0 ? 11 : 10]),
  )
  assert.deepEqual(plan.documents[0].repeated, ['h0:1'])
  const taken = done(await registry.carryOut({ ...FILE, text }, 'anne', plan.tag))
  assert.deepEqual(taken[0].repeated, ['h0:1'])
  assert.equal((await registry.document({ kind: 'group', name: 'g1' })).targets, 10)

  const small = done(await registry.plan({ ...FILE, text: 'group,target\ng1,h:1\n' }))
  assert.deepEqual(
    small.documents.map(({ name, action, version }) => `${action} ${name} ${version}`).toSorted(),
    ['change g1 1', ...[0, 2, 3, 4, 5, 6, 7, 8].map((i) => `delete g${i} 1`)].toSorted(),
  )
  const again = done(await registry.plan({ ...FILE, text }))
  assert.ok(again.documents.every(({ action, version }) => action === 'keep' && version === 1))
})

test('what is wrong with a large file is told as of a small one', async () => {
  await using world = await openWorld()
  const bad = 'g,http://h:1,\n'
  const [small, large] = await Promise.all([
    world.registry.plan({ ...FILE, text: `group,target,note\n${bad}` }),
    world.registry.plan({ ...FILE, text: largeFile(1, bad) }),
  ])
  assert.ok('problems' in small && 'problems' in large)
  assert.deepEqual(large.problems, [{ ...small.problems[0], index: 92 }])
  const text = largeFile(1, 'g,"h:1\n')
  const message = 'cannot read CSV: line 92: a quote does not end'
  await assert.rejects(world.registry.plan({ ...FILE, text }), { kind: 'bad_data', message })
})

test('large files wait for each other, up to a bound', async () => {
  await using world = await openWorld()
  const edits = Array.from({ length: LARGE_EDITS_MAX + 1 }, (_, i) =>
    world.registry.carryOut({ ...FILE, text: largeFile(i + 1) }, 'anne'),
  )
  const ends = await Promise.allSettled(edits)
  const refused = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason)
  assert.deepEqual(
    refused.map(({ kind, message }) => [kind, message]),
    [['busy', 'cannot change the registry: 8 large changes wait already, at most 8']],
  )
  done(await world.registry.carryOut({ ...FILE, text: largeFile(99) }, 'anne'))
})

test('a thread that cannot be had is an error of one line, and small files are read all the same', async () => {
  const editor = new Editor(new URL('file:///nothing/here.js'), systemClock)
  const lists = new Lists()
  await assert.rejects(editor.plan({ ...FILE, text: largeFile(1) }, lists), {
    ...{ kind: 'io', message: /^cannot change the registry: .*here\.js/ },
  })
  const small = await editor.plan({ ...FILE, text: 'group,target\ng,h:1\n' }, lists)
  assert.equal(done(small).documents.length, 1)
})
