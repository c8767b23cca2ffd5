/** Favourites, and where entries run, over HTTP. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { foundByName } from '../../../src/hub/found/found.ts'
import { registeredTargets } from '../../../src/hub/found/registered.ts'
import type { Found } from '../../../src/model/found.ts'
import { openRecords } from '../../../src/records/records.ts'
import { favouriteRoutes } from '../../../src/serve/hub/favourites.ts'
import { foundRoutes } from '../../../src/serve/hub/found.ts'
import { catalogueOf, entryYaml } from '../../hub/catalogue/support.ts'
import { openWorld } from '../../hub/registry/world.ts'
import { type DescribedServer, serveDescribed } from '../../support/described.ts'
import { temporaryFolder } from '../../support/processes.ts'

const { catalogue } = await catalogueOf({
  mysqld: { 'entry.yaml': entryYaml('mysqld') },
  node: { 'entry.yaml': entryYaml('node').replace('9104', '9100') },
})
const folder = temporaryFolder('usage')
const deps = { clock: systemClock, log: silentLog, metrics: new Metrics() }
const records = await openRecords({ path: folder.path, url: undefined, ...deps })
after(async () => {
  await records.stop()
  folder.remove()
})

const tokenOf = (name: string) => ({
  ...{ name, role: 'viewer' as const },
  sha256: createHash('sha256').update(name).digest('hex'),
})
const routes = favouriteRoutes({
  ...{ favourites: records.favourites, catalogue },
  now: () => 1,
})

async function withServer(
  isGuarded: boolean,
  run: (server: DescribedServer) => Promise<void>,
): Promise<void> {
  const tokens = ['anne', 'bob'].map(tokenOf)
  await using server = await serveDescribed(routes, isGuarded ? { web: { tokens } } : {})
  await run(server)
}

const of = (name: string) => ({ headers: { authorization: `Bearer ${name}` } })
const PATH = '/api/v1/hub/favourites'

test('everybody who is known marks entries for themselves, as a viewer', async () => {
  await withServer(true, async ({ ask, unasked }) => {
    assert.equal((await ask('PUT', `${PATH}/node`, of('anne'))).status, 204)
    assert.equal((await ask('PUT', `${PATH}/mysqld`, of('anne'))).status, 204)
    assert.equal((await ask('PUT', `${PATH}/mysqld`, of('bob'))).status, 204)
    assert.equal((await ask('DELETE', `${PATH}/node`, of('anne'))).status, 204)
    assert.equal((await ask('DELETE', `${PATH}/nothing`, of('anne'))).status, 204)
    const { text } = await ask('GET', PATH, of('anne'))
    assert.deepEqual(JSON.parse(text).data, { isPersonal: true, entries: ['mysqld'] })
    assert.deepEqual(unasked(), [])
  })
})

test('what is no entry is not marked, whatever its name', async () => {
  await withServer(true, async ({ ask }) => {
    for (const name of ['nothing', '__proto__', 'a%2fb', '%3Cscript%3E']) {
      assert.equal((await ask('PUT', `${PATH}/${name}`, of('anne'))).status, 404)
    }
  })
})

test('favourites of nobody in particular stay in the browser', async () => {
  await withServer(false, async ({ ask }) => {
    const { text } = await ask('GET', PATH)
    assert.deepEqual(JSON.parse(text).data, { isPersonal: false, entries: [] })
    const answer = await ask('PUT', `${PATH}/node`)
    assert.equal(answer.status, 403)
    assert.match(JSON.parse(answer.text).error, /wanted a user, a browser keeps its own/)
    assert.equal((await ask('DELETE', `${PATH}/node`)).status, 403)
  })
})

test('no page of somebody else marks anything', async () => {
  await withServer(true, async ({ server }) => {
    const headers = { ...of('anne').headers, 'sec-fetch-site': 'cross-site' }
    const answer = await server.ask(`${PATH}/node`, { method: 'PUT', headers })
    assert.equal(answer.status, 403)
  })
})

test('the list has counts, an entry its targets; an entry that runs nowhere has none', async () => {
  await using world = await openWorld()
  const { registry } = world
  await registry.put(
    { kind: 'group', name: 'web' },
    [
      { targets: ['a:9100', 'b:9100'], labels: { job: 'node' } },
      { targets: ['c:9104'], labels: { env: 'prod' } },
    ],
    'anne',
  )
  const targets = registeredTargets(registry)
  const view = foundByName({ catalogue, clock: systemClock, targets })
  await using server = await serveDescribed(foundRoutes(view))
  const list = JSON.parse((await server.ask('GET', '/api/v1/hub/found')).text).data as Found
  assert.equal(list.by, 'registry')
  assert.deepEqual(list.entries, [
    { entry: 'mysqld', hosts: 1, targetCount: 1 },
    { entry: 'node', hosts: 2, targetCount: 2 },
  ])
  const { text } = await server.ask('GET', '/api/v1/hub/found/node')
  assert.deepEqual(JSON.parse(text).data.targets, [
    { job: 'node', instance: 'a:9100' },
    { job: 'node', instance: 'b:9100' },
  ])
  const none = JSON.parse((await server.ask('GET', '/api/v1/hub/found/nothing')).text).data
  assert.deepEqual([none.hosts, none.targets], [0, []])
  assert.equal(await targets(), await targets(), 'read once while the list is the same')
})

test('that nobody can say where entries run is said, and not that they run nowhere', async () => {
  const found = async (): Promise<Found> => {
    throw new NarthexError('busy', 'cannot ask upstream: it is away')
  }
  await using server = await serveDescribed(foundRoutes({ found }))
  const answer = await server.ask('GET', '/api/v1/hub/found')
  assert.equal(answer.status, 503)
  assert.match(JSON.parse(answer.text).error, /it is away/)
})
