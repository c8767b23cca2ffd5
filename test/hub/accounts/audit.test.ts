/** What the audit log says of requests, and that nothing is lost while the database is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { metric, route } from '../../net/server/support.ts'
import { until } from '../../support/processes.ts'
import { openWorld, type World } from './world.ts'

const ALL = { text: '', failed: false, beforeId: 0, count: 100 }
const NOTED = { who: 'anne', address: '10.0.0.1', action: 'PUT /x', object: '', status: 200 }

const entriesOf = ({ audit }: World): Promise<readonly AuditRecord[]> => audit.entries(ALL)

test('a change is noted with who, from where, what, on what, and what came of it', async () => {
  await using world = await openWorld()
  const { audit, clock } = world
  audit.changed({
    ...{ identity: { name: 'anne', role: 'editor' }, address: '10.0.0.1', method: 'PUT' },
    route: route('/api/v1/sd/groups/:name'),
    ...{ segments: new Map([['name', 'web']]), status: 422 },
  })
  audit.refused('', '10.0.0.2')
  const [refused, changed] = await entriesOf(world)
  assert.deepEqual(changed, {
    ...{ id: 1, timeMs: clock.now(), who: 'anne', address: '10.0.0.1', status: 422 },
    ...{ action: 'PUT /api/v1/sd/groups/:name', object: 'web' },
  })
  assert.deepEqual(
    [refused.who, refused.address, refused.action, refused.status],
    ['', '10.0.0.2', 'log in', 401],
  )
})

test('what is noted while the database is away is written when it is back, in order', async () => {
  await using world = await openWorld()
  const { audit, clock, metrics } = world
  world.isAway = true
  for (let i = 0; i < 3; i++) audit.note({ ...NOTED, object: `o${i}` })
  await settle()
  audit.note({ ...NOTED, object: 'o3' })
  assert.equal(metric(metrics, 'narthex_audit_waiting'), 4)
  world.isAway = false
  await clock.advance(2000)
  await settle()
  assert.deepEqual(
    (await entriesOf(world)).map(({ object }) => object),
    ['o3', 'o2', 'o1', 'o0'],
  )
  assert.equal(metric(metrics, 'narthex_audit_waiting'), 0)
})

test('what waits has a bound, and what is beyond it is counted', async () => {
  await using world = await openWorld()
  const { audit, metrics } = world
  world.isAway = true
  for (let i = 0; i < 10_002; i++) audit.note(NOTED)
  assert.equal(metric(metrics, 'narthex_audit_waiting'), 10_000)
  assert.equal(metric(metrics, 'narthex_audit_dropped_total'), 2)
})

test('texts of callers are cut, and old entries go', async () => {
  await using world = await openWorld()
  const { audit, clock } = world
  audit.note({ ...NOTED, object: 'x'.repeat(10_000) })
  assert.equal((await entriesOf(world))[0].object.length, 200)
  for (let i = 0; i < 150; i++) audit.note(NOTED)
  const count = async (): Promise<number> => (await audit.entries({ ...ALL, count: 1000 })).length
  assert.equal(await count(), 151)
  await clock.advance(60_000)
  await until('the oldest to go', async () => (await count()) === 100)
  await clock.advance(2 * 86_400_000)
  await until('all to go', async () => (await count()) === 0)
})
