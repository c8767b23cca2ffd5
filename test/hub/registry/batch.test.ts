/** Changes of several documents: what they would do, what they do, and back again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BulkEdit, DocumentKey, Outcome, RegistryPlan } from '../../../src/model/registry.ts'
import { openWorld, type World } from './world.ts'

const group = (name: string): DocumentKey => ({ kind: 'group', name })
const service = (name: string): DocumentKey => ({ kind: 'service', name })
const FILE = { action: 'import', kind: 'group', type: 'application/json', isWhole: false } as const
const SERVICE = {
  labels: { env: 'test', dbms: 'MySQL' },
  nodes: [{ host: 'h', labels: { env: 'own' }, exporters: [{ job: 'node', port: 9100 }] }],
}

async function fill(world: World): Promise<void> {
  await world.registry.put(group('a'), [{ targets: ['h:1', 'h:2'], labels: { env: 'a' } }], 'anne')
  await world.registry.put(group('b'), [{ targets: ['h:3'] }], 'anne')
}

async function served(world: World): Promise<unknown> {
  const list = await world.other.targets({ job: '', labels: new Map() })
  return JSON.parse(Buffer.from(list.json).toString())
}

function done<T>(outcome: Outcome<T>): T {
  if ('problems' in outcome) assert.fail(JSON.stringify(outcome.problems))
  return outcome.done
}

function shown({ documents }: RegistryPlan): unknown[] {
  return documents.map(({ name, action, added, removed }) => [
    `${action} ${name}`,
    added.map(({ target }) => target),
    removed.map(({ target }) => target),
  ])
}

test('a plan of an import tells of each group what comes and goes, and changes nothing', async () => {
  await using world = await openWorld()
  await fill(world)
  const before = await served(world)
  const text = JSON.stringify({
    a: [{ targets: ['h:2', 'h:4', 'h:4'], labels: { env: 'a' } }],
    b: [{ targets: ['h:3'] }],
    c: [{ targets: ['h:5'] }],
  })
  const plan = done(await world.registry.plan({ ...FILE, text }))
  assert.deepEqual(shown(plan), [
    ['change a', ['h:4'], ['h:1']],
    ['keep b', [], []],
    ['add c', ['h:5'], []],
  ])
  assert.deepEqual(plan.documents[0].repeated, ['h:4'])
  assert.deepEqual(await served(world), before)
})

test('a file that is the whole takes away what is not in it, of its kind', async () => {
  await using world = await openWorld()
  await fill(world)
  await world.registry.put(service('s'), SERVICE, 'anne')
  const edit = { ...FILE, isWhole: true, text: '{"a": []}' }
  assert.deepEqual(shown(done(await world.registry.plan(edit))), [
    ['change a', [], ['h:1', 'h:2']],
    ['delete b', [], ['h:3']],
  ])
  await world.registry.carryOut(edit, 'anne')
  assert.equal((await world.registry.list('group', '', 0, 9)).total, 1)
  assert.equal((await world.registry.list('service', '', 0, 9)).total, 1)
})

test('services are files, too, of JSON and YAML', async () => {
  await using world = await openWorld()
  const file = { ...FILE, kind: 'service' } as const
  done(await world.registry.carryOut({ ...file, text: JSON.stringify({ s: SERVICE }) }, 'anne'))
  const yaml = await world.registry.dump('service', 'application/yaml')
  const again = { ...file, type: 'application/yaml', text: yaml }
  assert.deepEqual(shown(done(await world.registry.plan(again))), [['keep s', [], []]])
  await assert.rejects(world.registry.dump('service', 'text/csv'), { kind: 'bad_data' })
  await assert.rejects(world.registry.plan({ ...file, type: 'text/csv', text: '' }), {
    kind: 'bad_data',
  })
  const bad = { ...file, text: '{"s": {"nodes": [{"host": "h", "exporters": [{"job": "n"}]}]}}' }
  const outcome = await world.registry.plan(bad)
  assert.ok('problems' in outcome)
  assert.deepEqual(
    outcome.problems.map(({ index, field }) => [index, field]),
    [[0, 's.exporters[0].port']],
  )
})

test('what was changed since the plan is not changed', async () => {
  await using world = await openWorld()
  await fill(world)
  const edit: BulkEdit = { action: 'delete', documents: [group('a'), group('b')] }
  const { tag } = done(await world.registry.plan(edit))
  await world.other.put(group('a'), [{ targets: ['h:9'] }], 'bert')
  await assert.rejects(world.registry.carryOut(edit, 'anne', tag), { kind: 'conflict' })
  const fresh = done(await world.registry.plan(edit))
  assert.notEqual(fresh.tag, tag)
  done(await world.registry.carryOut(edit, 'anne', fresh.tag))
  assert.deepEqual(await served(world), [])
})

test('several are deleted as one change, which one step takes back', async () => {
  await using world = await openWorld()
  await fill(world)
  const before = await served(world)
  await world.registry.carryOut({ action: 'delete', documents: [group('a'), group('b')] }, 'bert')
  assert.deepEqual(await served(world), [])
  const [change] = await world.registry.changes({ before: 0, count: 1, search: '' })
  assert.equal(change.by, 'bert')
  const undo: BulkEdit = { action: 'undo', revision: change.revision }
  assert.deepEqual(shown(done(await world.registry.plan(undo))), [
    ['add a', ['h:1', 'h:2'], []],
    ['add b', ['h:3'], []],
  ])
  done(await world.registry.carryOut(undo, 'anne'))
  assert.deepEqual(await served(world), before)
  const none: BulkEdit = { action: 'delete', documents: [group('a'), group('none')] }
  await assert.rejects(world.registry.carryOut(none, 'anne'), { kind: 'not_found' })
  assert.deepEqual(await served(world), before)
})

test('a change is not taken back where a document was changed since', async () => {
  await using world = await openWorld()
  await fill(world)
  await world.registry.put(group('a'), [], 'bert')
  const undo: BulkEdit = { action: 'undo', revision: 1 }
  await assert.rejects(world.registry.carryOut(undo, 'anne'), {
    kind: 'conflict',
    message: 'cannot undo change 1: group "a" was changed since',
  })
  await assert.rejects(world.registry.carryOut({ action: 'undo', revision: 99 }, 'anne'), {
    kind: 'not_found',
  })
})

test('labels are set and taken away in all targets of a group, and of a service', async () => {
  await using world = await openWorld()
  await fill(world)
  await world.registry.put(service('s'), SERVICE, 'anne')
  const edit: BulkEdit = {
    action: 'relabel',
    documents: [group('a'), group('b'), service('s')],
    set: { env: 'prod' },
    remove: ['dbms'],
  }
  done(await world.registry.carryOut(edit, 'anne'))
  assert.deepEqual(await served(world), [
    { targets: ['h:1', 'h:2'], labels: { env: 'prod' } },
    { targets: ['h:3'], labels: { env: 'prod' } },
    { targets: ['h:9100'], labels: { env: 'prod', job: 'node' } },
  ])
  assert.equal((await world.registry.history(group('a')))[0].action, 'relabel')
})

test('labels that cannot be are refused before anything is changed', async () => {
  await using world = await openWorld()
  await fill(world)
  const outcome = await world.registry.carryOut(
    {
      ...{ action: 'relabel', documents: [group('a')] },
      ...{ set: { 'db-name': 'x', ok: 'y' }, remove: ['a b'] },
    },
    'anne',
  )
  assert.ok('problems' in outcome)
  assert.deepEqual(
    outcome.problems.map(({ field }) => field),
    ['set.db-name', 'remove[0]'],
  )
})

test('targets that become the same are kept once, and told', async () => {
  await using world = await openWorld()
  const entries = ['x', 'y'].map((env) => ({ targets: ['h:1'], labels: { env } }))
  await world.registry.put(group('a'), entries, 'anne')
  const edit = { action: 'relabel', documents: [group('a')], set: {}, remove: ['env'] } as const
  const [taken] = done(await world.registry.carryOut(edit, 'anne'))
  assert.deepEqual([taken.targets, taken.repeated], [1, ['h:1']])
})
