/** Logging in and out, users, tokens, sessions and the audit log, over HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountRoutes, auditRoutes } from '../../../src/serve/hub/accounts.ts'
import { sessionRoutes } from '../../../src/serve/hub/session.ts'
import { openWorld, type World } from '../../hub/accounts/world.ts'
import type { Answer } from '../../net/server/support.ts'
import { type DescribedServer, serveDescribed } from '../../support/described.ts'

const PASSWORD = 'canary-correct-horse'
const SESSION = '/api/v1/hub/session'

type Headers = Readonly<Record<string, string>>

interface Site extends AsyncDisposable {
  readonly world: World
  readonly hub: DescribedServer
  /** As our own page asks. */
  readonly page: Headers
  ask(method: string, path: string, headers?: Headers, body?: unknown): Promise<Answer>
}

async function openSite(): Promise<Site> {
  const world = await openWorld()
  const { accounts, audit } = world
  const routes = [
    ...sessionRoutes({ accounts, scheme: () => 'http' }),
    ...accountRoutes(accounts),
    ...auditRoutes(audit),
  ]
  const hub = await serveDescribed(routes, { identities: accounts, witness: audit })
  await accounts.putUser('anne', { role: 'admin', password: PASSWORD }, 'anybody')
  return {
    ...{ world, hub, page: { origin: `http://127.0.0.1:${hub.server.port}` } },
    ask: (method, path, headers = {}, body = undefined) =>
      hub.ask(
        method,
        path,
        body === undefined ? { headers } : { headers, body: JSON.stringify(body) },
      ),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const basic = (name: string, password = PASSWORD): Headers => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

async function login(site: Site): Promise<Headers> {
  const { headers } = await site.ask('POST', SESSION, basic('anne'))
  const [, cookie] = /^(narthex_session=[\w-]{43});/.exec(headers['set-cookie'] ?? '') ?? []
  return { cookie, ...site.page }
}

const data = ({ text }: Answer) => JSON.parse(text).data

test('a name and a password open a session, which says who asks until it is ended', async () => {
  await using site = await openSite()
  const me = await login(site)
  assert.deepEqual(data(await site.ask('GET', SESSION, me)), {
    ...{ name: 'anne', role: 'admin', isOpen: false, hasSession: true },
  })
  const ended = await site.ask('DELETE', `${SESSION}?path=/`, me)
  assert.equal(ended.status, 204)
  assert.match(ended.headers['set-cookie'] ?? '', /^narthex_session=; Path=\/; Max-Age=0;/)
  assert.equal((await site.hub.server.ask(SESSION, { headers: me })).status, 401)
})

test('the cookie is for our pages only, and for TLS where there is some', async () => {
  await using site = await openSite()
  const opened = await site.ask('POST', SESSION, basic('anne'), { path: '/hub/' })
  assert.match(
    opened.headers['set-cookie'] ?? '',
    /^narthex_session=[\w-]{43}; Path=\/hub\/; Max-Age=86400; HttpOnly; SameSite=Strict$/,
  )
  const origin = `https://127.0.0.1:${site.hub.server.port}`
  const proxied = await site.ask('POST', SESSION, { ...basic('anne'), origin })
  assert.match(proxied.headers['set-cookie'] ?? '', /; Secure$/)
  for (const path of ['', 'x', '/a', '/; Domain=evil.example/', '/a b/', '//\r\n/', 7]) {
    const { status } = await site.ask('POST', SESSION, basic('anne'), { path })
    assert.equal(status, 400, String(path))
  }
})

test('a token and a session open no session and change no password', async () => {
  await using site = await openSite()
  const me = await login(site)
  const added = await site.ask('POST', '/api/v1/hub/tokens/ci', me, { role: 'admin' })
  const token = { authorization: `Bearer ${data(added).token}` }
  for (const headers of [me, token]) {
    assert.equal((await site.ask('POST', SESSION, headers)).status, 403)
    const body = { password: 'another password' }
    assert.equal((await site.ask('PUT', `${SESSION}/password`, headers, body)).status, 403)
  }
})

test('C35: nobody is logged in, or out, by a page of another site', async () => {
  await using site = await openSite()
  const me = await login(site)
  for (const foreign of [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ] as const) {
    const { server } = site.hub
    const opened = await server.ask(SESSION, {
      ...{ method: 'POST', headers: { ...basic('anne'), ...foreign } },
    })
    assert.equal(opened.status, 403)
    assert.equal(opened.headers['set-cookie'], undefined)
    const ended = { method: 'DELETE', headers: { cookie: me.cookie, ...foreign } }
    assert.equal((await server.ask(SESSION, ended)).status, 403)
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = { method: 'POST', headers: form, body: `name=anne&password=${PASSWORD}` }
  assert.equal((await site.hub.server.ask(SESSION, posted)).status, 401, 'a form is no way in')
  assert.equal((await site.ask('GET', SESSION, me)).status, 200)
})

test('another password ends the sessions that the one before has opened', async () => {
  await using site = await openSite()
  const me = await login(site)
  const body = { password: 'another password' }
  assert.equal((await site.ask('PUT', `${SESSION}/password`, basic('anne'), body)).status, 204)
  const { server } = site.hub
  assert.equal((await server.ask(SESSION, { headers: me })).status, 401)
  assert.equal((await server.ask(SESSION, { headers: basic('anne') })).status, 401)
  assert.equal((await site.ask('GET', SESSION, basic('anne', 'another password'))).status, 200)
})

test('an admin keeps users, tokens and sessions; every answer is as it is described', async () => {
  await using site = await openSite()
  const me = await login(site)
  const USERS = '/api/v1/hub/users'
  const user = { role: 'viewer', password: PASSWORD }
  for (const [method, path, status, body] of [
    ['PUT', `${USERS}/bob`, 204, user],
    ['PUT', `${USERS}/bob`, 204, { role: 'editor' }],
    ['PUT', `${USERS}/bob`, 400, { role: 'root' }],
    ['PUT', `${USERS}/a%20b`, 400, user],
    ['PUT', `${USERS}/anne`, 409, { role: 'viewer' }],
    ['DELETE', `${USERS}/anne`, 409],
    ['DELETE', `${USERS}/nobody`, 404],
    ['GET', SESSION, 200],
    ['GET', USERS, 200],
    ['POST', '/api/v1/hub/tokens/ci', 201, { role: 'viewer', expires: '30d' }],
    ['POST', '/api/v1/hub/tokens/ci', 409, { role: 'viewer' }],
    ['GET', '/api/v1/hub/tokens', 200],
    ['DELETE', '/api/v1/hub/tokens/ci', 204],
    ['DELETE', '/api/v1/hub/tokens/ci', 404],
    ['GET', '/api/v1/hub/sessions', 200],
    ['DELETE', '/api/v1/hub/sessions/none', 404],
    ['GET', '/api/v1/hub/audit', 200],
    ['GET', '/api/v1/hub/audit?search=bob&outcome=failed&limit=5&before=99', 200],
    ['GET', '/api/v1/hub/audit?limit=x', 400],
    ['GET', '/api/v1/hub/audit?outcome=x', 400],
    ['DELETE', `${USERS}/bob`, 204],
  ] as const) {
    const answer = await site.ask(method, path, me, body)
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
  }
  const { sessions } = data(await site.ask('GET', '/api/v1/hub/sessions', me))
  await site.ask('PUT', `${SESSION}/password`, basic('anne'), { password: 'another password' })
  const again = { ...basic('anne', 'another password') }
  assert.equal(
    (await site.ask('DELETE', `/api/v1/hub/sessions/${sessions[0].id}`, again)).status,
    204,
  )
  assert.equal((await site.ask('DELETE', SESSION, again)).status, 204, 'without a session, too')
  assert.deepEqual(site.hub.unasked(), [])
})

test('C28: no answer but that to a new token has a secret in it, and no entry of the log', async () => {
  await using site = await openSite()
  const me = await login(site)
  const { token } = data(await site.ask('POST', '/api/v1/hub/tokens/ci', me, { role: 'viewer' }))
  await site.hub.server.ask(SESSION, { headers: basic(PASSWORD, 'wrong') })
  await site.hub.server.ask(SESSION, { headers: basic('anne', `${PASSWORD}!`) })
  await site.ask('PUT', `/api/v1/hub/users/${PASSWORD}`, me, { role: 'x', password: PASSWORD })
  const refused = await site.ask('PUT', '/api/v1/hub/users/a', me, {
    role: 'viewer',
    password: 'short',
  })
  const { accounts, metrics } = site.world
  const { stored } = await accounts.known(true)
  const said = [metrics.render(), site.hub.server.metrics.render(), refused.text]
  for (const kind of ['users', 'tokens', 'sessions'] as const) {
    said.push((await site.ask('GET', `/api/v1/hub/${kind}`, me)).text)
  }
  const log = (await site.ask('GET', '/api/v1/hub/audit', me)).text
  const secrets = [
    token,
    me.cookie.slice(16),
    stored.users[0].hash.slice(20),
    stored.tokens[0].digest,
  ]
  for (const text of [...said, log]) {
    for (const secret of secrets) assert.ok(!text.includes(secret), text)
    assert.ok(!text.includes('short'), text)
  }
  for (const text of said) assert.ok(!text.includes(PASSWORD), text)
  const { entries } = JSON.parse(log).data
  const failed = entries.filter(({ action }: { action: string }) => action === 'log in')
  assert.deepEqual(
    failed.map(({ who }: { who: string }) => who),
    ['anne', ''],
  )
})
