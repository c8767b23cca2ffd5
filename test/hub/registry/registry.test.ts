/** What consumers get of the registry, and when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetQuery } from '../../../src/model/registry.ts'
import { openWorld, type World } from './world.ts'

const ALL: TargetQuery = { job: '', labels: new Map() }
const group = (name: string) => ({ kind: 'group', name }) as const
const ask = (job: string, labels: Readonly<Record<string, string[]>> = {}): TargetQuery => ({
  job,
  labels: new Map(Object.entries(labels)),
})
const FILE = { action: 'import', kind: 'group', isWhole: false } as const

async function served(registry: World['registry'], query: TargetQuery = ALL): Promise<unknown> {
  const { json, targets } = await registry.targets(query)
  const entries = JSON.parse(Buffer.from(json).toString()) as { targets: string[] }[]
  assert.equal(entries.flatMap((entry) => entry.targets).length, targets)
  return entries
}

const A = [{ targets: ['a:1'], labels: { dbms: 'MySQL', job: 'mysqld' } }]
const B = [{ targets: ['b:1', 'b:2'], labels: { dbms: 'MySQL' } }, { targets: ['b:3'] }]

test('without groups the list is empty, and never null', async () => {
  await using world = await openWorld()
  assert.deepEqual(await served(world.registry), [])
  await world.registry.put(group('empty'), [], 'anne')
  assert.deepEqual(await served(world.registry), [])
  assert.deepEqual(await served(world.registry, ask('nothing')), [])
})

test('a change is seen at once, in every process', async () => {
  await using world = await openWorld()
  assert.deepEqual(await served(world.other), [])
  await world.registry.put(group('b'), B, 'anne')
  await world.registry.put(group('a'), A, 'anne')
  assert.deepEqual(await served(world.other), [...A, ...B])
  await world.other.put(group('b'), [], 'bob')
  assert.deepEqual(await served(world.registry), A)
  await world.registry.remove(group('a'), 'anne')
  assert.deepEqual(await served(world.other), [])
})

test('jobs and labels choose: each label needs one of its values', async () => {
  await using world = await openWorld()
  await world.registry.put(group('a'), A, 'anne')
  await world.registry.put(group('b'), B, 'anne')
  assert.deepEqual(await served(world.registry, ask('mysqld')), A)
  assert.deepEqual(await served(world.registry, ask('b')), B, 'a group without job is its own')
  assert.deepEqual(await served(world.registry, ask('a')), [])
  assert.deepEqual(await served(world.registry, ask('', { dbms: ['MySQL'] })), [...A, B[0]])
  assert.deepEqual(await served(world.registry, ask('', { job: ['x', 'mysqld'] })), A)
  assert.deepEqual(await served(world.registry, ask('', { dbms: [''] })), [B[1]])
  assert.deepEqual(await served(world.registry, ask('', { constructor: [''], toString: [''] })), [
    ...A,
    ...B,
  ])
  await assert.rejects(world.registry.targets(ask('', { 'db-name': ['x'] })), { kind: 'bad_data' })
})

test('the ETag is that of the content: another change leaves it, a change back brings it back', async () => {
  await using world = await openWorld()
  const etag = async (job: string) => (await world.registry.targets(ask(job))).etag
  await world.registry.put(group('a'), A, 'anne')
  const [all, mysqld] = [await etag(''), await etag('mysqld')]
  await world.registry.put(group('b'), B, 'anne')
  assert.notEqual(await etag(''), all)
  assert.equal(await etag('mysqld'), mysqld)
  await world.registry.put(group('b'), [], 'anne')
  assert.equal(await etag(''), all)
})

test('while the database is away nobody gets a list, and is told how old the last one is', async () => {
  await using world = await openWorld()
  await world.registry.put(group('a'), A, 'anne')
  await served(world.registry)
  world.isAway = true
  world.nowMs += 12_000
  await assert.rejects(world.registry.targets(ALL), {
    kind: 'busy',
    message: 'cannot reach the database: gone; the last list is of 12 s ago, revision 1',
  })
  await assert.rejects(world.other.targets(ALL), { message: /no list has been read yet/ })
  assert.match(world.metrics.render(), /narthex_hub_list_age_seconds 12\n/)
  world.isAway = false
  assert.deepEqual(await served(world.registry), A)
})

test('a target that registers itself is there until its time runs out', async () => {
  await using world = await openWorld()
  const lease = { group: 'self', target: 'l:1', labels: { zone: 'x' }, ttl: '30s' }
  assert.ok('done' in (await world.registry.hold('k', lease, 'host')))
  const there = [{ targets: ['l:1'], labels: { zone: 'x' } }]
  assert.deepEqual(await served(world.other), there)
  assert.deepEqual(await served(world.other, ask('self')), there)
  world.nowMs += 20_000
  await world.registry.hold('k', lease, 'host')
  world.nowMs += 29_999
  assert.deepEqual(await served(world.other), there, 'the other process knows of the heartbeat')
  world.nowMs += 1
  assert.deepEqual(await served(world.other), [])
  assert.deepEqual(await world.registry.leases(), [])
})

test('leases of one group and labels are one entry; one that is released is gone', async () => {
  await using world = await openWorld()
  for (const key of ['1', '2']) {
    await world.registry.hold(key, { group: 'g', target: `l:${key}`, ttl: 30 }, 'host')
  }
  assert.deepEqual(await served(world.registry), [{ targets: ['l:1', 'l:2'], labels: {} }])
  await world.registry.release('1', 'host')
  assert.deepEqual(await served(world.registry), [{ targets: ['l:2'], labels: {} }])
  await assert.rejects(world.registry.release('1', 'host'), { kind: 'not_found' })
})

test('a lease is refused with field and reason', async () => {
  await using world = await openWorld()
  for (const [value, fields] of [
    [null, ['', 'group', 'target', 'ttl']],
    [{ group: 'g', target: 'http://x', ttl: '30s' }, ['target']],
    [{ group: 'a/b', target: 'h:1', ttl: 'long', more: 1 }, ['more', 'group', 'ttl']],
    [{ group: 'g', target: 'h:1', ttl: 0.5 }, ['ttl']],
    [{ group: 'g', target: 'h:1', ttl: '2d', labels: { 'a-b': '' } }, ['ttl', 'labels.a-b']],
  ] as const) {
    const outcome = await world.registry.hold('k', value, 'host')
    assert.ok('problems' in outcome)
    assert.deepEqual(outcome.problems.map(({ field }) => field).sort(), [...fields].sort())
  }
})

test('history says who did what when, and each change can be looked at and taken back', async () => {
  await using world = await openWorld()
  const { registry } = world
  await registry.put(group('g'), A, 'anne')
  world.nowMs += 1000
  await registry.put(group('g'), B, 'bob')
  await registry.remove(group('g'), 'anne')
  await assert.rejects(registry.document(group('g')), { kind: 'not_found' })
  assert.deepEqual(await registry.undo(group('g'), 2, 'carol'), {
    ...{ name: 'g', version: 4, targets: 3, repeated: [] },
  })
  assert.deepEqual(await served(registry), B)
  assert.deepEqual(
    (await registry.history(group('g'))).map((each) => [each.version, each.action, each.changedBy]),
    [
      [4, 'undo', 'carol'],
      [3, 'delete', 'anne'],
      [2, 'put', 'bob'],
      [1, 'put', 'anne'],
    ],
  )
  const diff = await registry.diff(group('g'), 2)
  assert.deepEqual([diff.addedCount, diff.removedCount], [3, 1])
  assert.deepEqual(diff.removed, [{ target: 'a:1', labels: A[0].labels }])
  assert.equal((await registry.diff(group('g'), 1)).addedCount, 1)
  assert.equal((await registry.diff(group('g'), 3)).removedCount, 3)
  await registry.undo(group('g'), 3, 'carol')
  assert.deepEqual(await served(registry), [])
  for (const run of [registry.history(group('x')), registry.diff(group('g'), 99)]) {
    await assert.rejects(run, { kind: 'not_found' })
  }
})

test('a change of labels is seen as one target that went and one that came', async () => {
  await using world = await openWorld()
  await world.registry.put(group('g'), [{ targets: ['a:1', 'b:1'], labels: { x: '1' } }], 'anne')
  await world.registry.put(
    group('g'),
    [
      { targets: ['b:1'], labels: { x: '1' } },
      { targets: ['a:1'], labels: { x: '2' } },
    ],
    'anne',
  )
  const { added, removed } = await world.registry.diff(group('g'), 2)
  assert.deepEqual(
    [added, removed],
    [[{ target: 'a:1', labels: { x: '2' } }], [{ target: 'a:1', labels: { x: '1' } }]],
  )
})

test('a service is kept as nodes and served as targets', async () => {
  await using world = await openWorld()
  const node = (host: string) => ({ host, labels: {}, exporters: [{ job: 'node', port: 9100 }] })
  const service = { labels: { dbms: 'MySQL' }, nodes: [node('n1'), node('n1'), node('n2')] }
  const key = { kind: 'service', name: 's' } as const
  const outcome = await world.registry.put(key, service, 'anne')
  assert.deepEqual(outcome, { done: { name: 's', version: 1, targets: 2, repeated: ['n1:9100'] } })
  assert.deepEqual(JSON.parse((await world.registry.document(key)).body), service)
  const labels = { dbms: 'MySQL', job: 'node' }
  assert.deepEqual(await served(world.other), [
    { targets: ['n1:9100'], labels },
    { targets: ['n2:9100'], labels },
  ])
})

test('what is not valid changes nothing', async () => {
  await using world = await openWorld()
  await world.registry.put(group('g'), A, 'anne')
  const outcome = await world.registry.put(group('g'), [...B, { targets: ['http://x:1'] }], 'anne')
  assert.ok('problems' in outcome)
  assert.deepEqual(await served(world.registry), A)
  for (const name of ['', 'a/b', '..', 'x\n', 'n'.repeat(201)]) {
    assert.ok('problems' in (await world.registry.put(group(name), A, 'anne')), name)
  }
})

test('a file is taken as a whole or not at all', async () => {
  await using world = await openWorld()
  const load = (text: string) =>
    world.registry.carryOut({ ...FILE, type: 'text/csv', text }, 'anne')
  const bad = await load('group,target\na,h:1\nb,nothing\n')
  assert.ok('problems' in bad)
  assert.deepEqual(await served(world.registry), [])
  const good = await load('group,target\na,h:1\na,h:1\nb,h:2\n')
  assert.deepEqual(good, {
    done: [
      { name: 'a', version: 1, targets: 1, repeated: ['h:1'] },
      { name: 'b', version: 1, targets: 1, repeated: [] },
    ],
  })
  assert.equal((await world.registry.history(group('b')))[0].action, 'import')
})

test('lists are found by name, target and label, in pages', async () => {
  await using world = await openWorld()
  for (const name of ['web', 'db', 'cache']) {
    await world.registry.put(
      group(name),
      [{ targets: [`${name}-1:80`], labels: { a: '서울' } }],
      'anne',
    )
  }
  const find = async (search: string, from = 0, count = 10) => {
    const { total, documents } = await world.registry.list('group', search, from, count)
    return [total, documents.map(({ name }) => name)]
  }
  assert.deepEqual(await find(''), [3, ['cache', 'db', 'web']])
  assert.deepEqual(await find('', 1, 1), [3, ['db']])
  assert.deepEqual(await find('DB-1'), [1, ['db']])
  assert.deepEqual(await find('서울'), [3, ['cache', 'db', 'web']])
  assert.deepEqual(await find('nothing'), [0, []])
})

test('consumers are remembered with what they got, and are late after two of their intervals', async () => {
  await using world = await openWorld()
  const seen = {
    ...{ name: 'prometheus', address: '192.0.2.1', path: '/sd/http', agent: 'Prometheus' },
    ...{ intervalSeconds: 15, status: 200, targets: 6, etag: '"x"' },
  }
  world.registry.seen(seen)
  world.registry.seen({ ...seen, status: 304 })
  world.registry.seen({ ...seen, path: '/sd/http/a', intervalSeconds: 0 })
  world.isAway = true
  await assert.rejects(world.registry.consumers(), { kind: 'busy' })
  world.registry.seen({ ...seen, status: 503 })
  world.isAway = false
  world.nowMs += 35_000
  assert.deepEqual(
    (await world.registry.consumers()).map(({ path, polls, status, isLate }) => [
      path,
      polls,
      status,
      isLate,
    ]),
    [
      ['/sd/http', 3, 503, false],
      ['/sd/http/a', 1, 200, false],
    ],
  )
  world.nowMs += 1
  const [late, never] = await world.other.consumers()
  assert.deepEqual([late.isLate, never.isLate], [true, false])
})
