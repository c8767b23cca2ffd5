/** What the description of the registry and of discovery says is what they take and answer. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { registryRoutes, sdRoutes } from '../../../src/serve/hub/routes.ts'
import { openWorld } from '../../hub/registry/world.ts'
import { serveDescribed } from '../../support/described.ts'

const world = await openWorld()
const { registry } = world
const hub = await serveDescribed([
  ...registryRoutes(registry),
  ...sdRoutes({ registry, scheme: () => 'http' }),
])
after(async () => {
  await hub[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

test('every request of the registry is answered as it is described', async () => {
  const entry = { targets: ['h:1'], labels: { a: 'b' } }
  const service = { nodes: [{ host: 'h', exporters: [{ job: 'node', port: 9100 }] }] }
  const lease = { group: 'g', target: 'h:2', ttl: '30s' }
  const csv = { 'content-type': 'text/csv' }
  const json = { 'content-type': 'application/json' }
  const X = { kind: 'group', name: 'x' }
  for (const [method, address, body, headers] of [
    ['PUT', '/api/v1/sd/groups/g', [entry]],
    ['PUT', '/api/v1/sd/groups/g', null],
    ['PUT', '/api/v1/sd/groups/g', [], { 'if-match': '"7"' }],
    ['GET', '/api/v1/sd/groups'],
    ['GET', '/api/v1/sd/groups?limit=x'],
    ['GET', '/api/v1/sd/groups/g'],
    ['GET', '/api/v1/sd/groups/none'],
    ['GET', '/api/v1/sd/groups/g/history'],
    ['GET', '/api/v1/sd/groups/g/history?version=1'],
    ['POST', '/api/v1/sd/groups/g/undo', { version: 1 }],
    ['PUT', '/api/v1/sd/services/s', service],
    ['GET', '/api/v1/sd/services'],
    ['GET', '/api/v1/sd/services/s'],
    ['GET', '/api/v1/sd/services/s/history'],
    ['POST', '/api/v1/sd/services/s/undo', { version: 1 }],
    ['DELETE', '/api/v1/sd/services/s'],
    ['POST', '/api/v1/sd/import', 'group,target\nx,h:3\n', csv],
    ['POST', '/api/v1/sd/import', 'group,target\nx,h\n', csv],
    ['POST', '/api/v1/sd/import?kind=service&whole=true', JSON.stringify({ s: service }), json],
    ['POST', '/api/v1/sd/import?dry_run=true', 'group,target\nx,h:4\n', csv],
    ['POST', '/api/v1/sd/import', 'group,target\nx,h:4\n', { ...csv, 'if-match': '"old"' }],
    ['POST', '/api/v1/sd/import?kind=x', '', csv],
    ['GET', '/api/v1/sd/export'],
    ['GET', '/api/v1/sd/export?kind=service&format=yaml'],
    ['GET', '/api/v1/sd/export?format=csv'],
    ['GET', '/api/v1/sd/export?format=xml'],
    ['PUT', '/api/v1/sd/leases/k', lease],
    ['PUT', '/api/v1/sd/leases/k', { ...lease, ttl: 'soon' }],
    ['GET', '/api/v1/sd/changes?before=99&limit=5'],
    ['GET', '/api/v1/sd/changes?search=x'],
    ['POST', '/api/v1/sd/bulk?dry_run=true', { action: 'delete', documents: [X] }],
    ['POST', '/api/v1/sd/bulk', { action: 'relabel', documents: [X], set: { env: 'prod' } }],
    ['POST', '/api/v1/sd/bulk', { action: 'relabel', documents: [X], set: { 'a-b': '' } }],
    ['POST', '/api/v1/sd/bulk', { action: 'undo', revision: 9999 }],
    ['POST', '/api/v1/sd/bulk', { action: 'undo' }],
    ['GET', '/api/v1/sd/leases'],
    ['GET', '/sd/http'],
    ['GET', '/sd/http?db-name=x'],
    ['GET', '/sd/http/node'],
    ['GET', '/api/v1/sd/consumers'],
    ['GET', '/api/v1/sd/scrape-config?for=vmagent&job=node'],
    ['DELETE', '/api/v1/sd/groups/g'],
    ['DELETE', '/api/v1/sd/leases/k'],
    ['DELETE', '/api/v1/sd/leases/none'],
  ] as const satisfies readonly (readonly [string, string, unknown?, object?])[]) {
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const how = { ...(sent === undefined ? {} : { body: sent }), headers: headers ?? {} }
    await hub.ask(method, address, how)
  }
  world.isAway = true
  await hub.ask('GET', '/sd/http')
  world.isAway = false
  assert.deepEqual(hub.unasked(), [])
})
