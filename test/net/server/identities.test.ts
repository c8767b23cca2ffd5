/** Users, tokens and sessions that are known elsewhere than in the web configuration. */
import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Secret } from '../../../src/base/secret.ts'
import type { WebUser } from '../../../src/config/web.ts'
import type { Role } from '../../../src/model/role.ts'
import { openAuthenticator } from '../../../src/net/server/auth.ts'
import {
  type IdentitySource,
  type KnownIdentities,
  readSessionCookies,
} from '../../../src/net/server/identities.ts'
import type { Ask, Identity, Witness } from '../../../src/net/server/message.ts'
import { BCRYPT_WORKER, metric, route, serve } from './support.ts'

function user(name: string, password: string, role: Role): WebUser {
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const salt = Buffer.from('0123456789abcdef')
  const key = plain(scryptSync(password, salt, 32, { N: 2 ** 4, r: 8, p: 1 }))
  return { name, role, hash: new Secret(`$scrypt$ln=4,r=8,p=1$${plain(salt)}$${key}`) }
}

const ANNE = user('anne', 'good', 'editor')

/** Knows anne, the token `t` and sessions by their secrets; the proof is what the gate says. */
function sourceOf(more: Partial<KnownIdentities> = {}): IdentitySource & { urgent: number } {
  return {
    urgent: 0,
    async known(isUrgent) {
      if (isUrgent) this.urgent++
      return {
        asks: true,
        stranger: ANNE,
        user: (name) => (name === 'anne' ? ANNE : undefined),
        token: (text) => (text === 't' ? { name: 'ci', role: 'viewer' } : undefined),
        session: () => undefined,
        ...more,
      }
    },
  }
}

const whoami = (path: string, more = {}) =>
  route(path, {
    handle: ({ identity }: Ask) => ({
      ...{ status: 200, type: 'application/json', body: JSON.stringify(identity) },
    }),
    ...more,
  })
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

test('a user, a token and a session come in, and nobody else', async () => {
  let proof = ''
  const source = sourceOf({
    session: (secret) => (secret === 's' ? { id: '1', user: 'anne', proof } : undefined),
  })
  await using server = await serve({ routes: [whoami('/me')], identities: source })
  const as = async (headers: Readonly<Record<string, string>>): Promise<Identity | number> => {
    const { status, text } = await server.ask('/me', { headers })
    return status === 200 ? JSON.parse(text) : status
  }
  const anne = (await as(basic('anne', 'good'))) as Identity
  assert.deepEqual([anne.name, anne.role], ['anne', 'editor'])
  proof = anne.proof ?? ''
  assert.deepEqual(await as({ authorization: 'Bearer t' }), { name: 'ci', role: 'viewer' })
  const byCookie = { name: 'anne', role: 'editor', session: '1' }
  assert.deepEqual(await as({ cookie: 'narthex_session=s' }), byCookie)
  assert.deepEqual(await as({ cookie: 'a=b; narthex_session=old; narthex_session=s' }), byCookie)
  for (const headers of [
    {},
    basic('anne', 'bad'),
    basic('bob', 'good'),
    { authorization: 'Bearer u' },
    { cookie: 'narthex_session=u' },
    { cookie: 's=s' },
    { cookie: 'narthex_session=s', authorization: 'Bearer u' },
  ]) {
    assert.equal(await as(headers), 401, JSON.stringify(headers))
  }
  proof = 'of another password'
  assert.equal(await as({ cookie: 'narthex_session=s' }), 401)
})

test('who is not found is looked for again before he is refused; who shows nothing is not', async () => {
  const source = sourceOf()
  await using server = await serve({ identities: source })
  for (const [headers, urgent] of [
    [{}, 0],
    [{ authorization: 'Bearer t' }, 0],
    [{ authorization: 'Bearer u' }, 1],
    [{ cookie: 'narthex_session=u' }, 2],
    [basic('bob', 'x'), 3],
    [basic('anne', 'x'), 3],
  ] as const) {
    await server.ask('/hello', { headers })
    assert.equal(source.urgent, urgent, JSON.stringify(headers))
  }
})

test('a browser is not asked in a box of its own where there is a login page', async () => {
  const web = { users: [user('file', 'x', 'admin')] }
  await using server = await serve({ web, identities: sourceOf() })
  const { headers } = await server.ask('/hello')
  assert.equal(headers['www-authenticate'], 'Bearer realm="narthex"')
  assert.equal((await server.ask('/hello', { headers: basic('file', 'x') })).status, 200)
})

test('while nobody can be told who is known, nobody comes in', async () => {
  const known = () => Promise.reject(new NarthexError('busy', 'cannot reach the database: gone'))
  await using server = await serve({ identities: { known } })
  const answer = await server.ask('/hello', { headers: { authorization: 'Bearer t' } })
  assert.equal(answer.status, 503)
  assert.ok(Number(answer.headers['retry-after']) > 0)
})

test('a route for strangers lets them in as viewers of it, and shows nothing of others', async () => {
  const routes = [whoami('/login', { role: 'none' }), whoami('/other')]
  await using server = await serve({ routes, identities: sourceOf() })
  const { text } = await server.ask('/login', { headers: { authorization: 'Bearer u' } })
  assert.deepEqual(JSON.parse(text), { name: 'anybody', role: 'viewer' })
  for (const path of ['/other', '/nothing']) assert.equal((await server.ask(path)).status, 401)
  assert.equal((await server.ask('/login', { method: 'POST' })).status, 401)
})

test('C35: a change by cookie needs a browser that says it comes from our pages', async () => {
  let proof = ''
  const source = sourceOf({ session: () => ({ id: '1', user: 'anne', proof }) })
  const change = whoami('/change', { methods: ['POST'], changes: true })
  await using server = await serve({ routes: [whoami('/me'), change], identities: source })
  proof = JSON.parse((await server.ask('/me', { headers: basic('anne', 'good') })).text).proof
  const cookie = 'narthex_session=s'
  for (const [headers, status] of [
    [{}, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ origin: `http://127.0.0.1:${server.port}` }, 200],
  ] as const) {
    const answer = await server.ask('/change', { method: 'POST', headers: { ...headers, cookie } })
    assert.equal(answer.status, status, JSON.stringify(headers))
  }
})

test('a witness is told of changes with their outcome, and of wrong passwords once', async () => {
  const seen: unknown[] = []
  const witness: Witness = {
    changed: ({ identity, method, route, segments, status }) =>
      seen.push([identity.name, method, route.path, ...segments.values(), status]),
    refused: (name) => seen.push(['refused', name]),
  }
  const routes = [
    route('/things/:name', { methods: ['PUT'], changes: true, role: 'editor' }),
    route('/beat', { methods: ['PUT'], changes: true, isHeartbeat: true }),
    route('/hello'),
  ]
  await using server = await serve({ routes, identities: sourceOf(), witness })
  const put = (path: string, headers: Readonly<Record<string, string>>) =>
    server.ask(path, { method: 'PUT', headers })
  await put('/things/a%2Fb', basic('anne', 'good'))
  await put('/things/x', { authorization: 'Bearer t' })
  await put('/things/x', { ...basic('anne', 'good'), origin: 'https://evil.example' })
  await put('/things/x', {})
  await put('/beat', basic('anne', 'good'))
  await put('/nothing', basic('anne', 'good'))
  await server.ask('/hello', { headers: basic('anne', 'good') })
  for (let i = 0; i < 3; i++) await server.ask('/hello', { headers: basic('anne', 'bad') })
  await server.ask('/hello', { headers: basic('my password', 'x') })
  assert.deepEqual(seen, [
    ['anne', 'PUT', '/things/:name', 'a/b', 200],
    ['ci', 'PUT', '/things/:name', 'x', 403],
    ['anne', 'PUT', '/things/:name', 'x', 403],
    ['refused', 'anne'],
    ['refused', ''],
  ])
})

test('a caller who changes too much has to wait, others do not, and reading is free', async () => {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const routes = [route('/c', { methods: ['PUT'], changes: true }), route('/hello')]
  const limits = { changesPerSecondMax: 1 }
  await using server = await serve({ routes, identities: sourceOf(), limits, clock })
  const put = async (headers: Readonly<Record<string, string>>) =>
    await server.ask('/c', { method: 'PUT', headers })
  const ci = { authorization: 'Bearer t' }
  for (let i = 0; i < 10; i++) assert.equal((await put(ci)).status, 200)
  const refused = await put(ci)
  assert.equal(refused.status, 429)
  assert.equal(refused.headers['retry-after'], '1')
  assert.match(refused.text, /more than 1 a second \(--limit\.changes\)/)
  assert.equal((await put(basic('anne', 'good'))).status, 200)
  assert.equal((await server.ask('/hello', { headers: ci })).status, 200)
  assert.equal(metric(server.metrics, 'narthex_http_refused_changes_total'), 1)
  nowMs = 1000
  assert.equal((await put(ci)).status, 200)
})

test('one name is guessed from many addresses no faster than from a few', async () => {
  const clock = { ...systemClock, monotonicMs: () => 0 }
  const authenticator = openAuthenticator(
    { users: [], tokens: [] },
    BCRYPT_WORKER,
    clock,
    sourceOf(),
  )
  const statusOf = async (password: string, address: string): Promise<number> => {
    const { authorization } = basic('anne', password)
    const verdict = await authenticator.identify({ authorization, address, certificate: undefined })
    return 'fault' in verdict ? verdict.fault.status : 200
  }
  for (let i = 0; i < 50; i++) assert.equal(await statusOf(`bad${i}`, `10.0.0.${i}`), 401)
  assert.equal(await statusOf('bad', '10.0.1.1'), 429)
})

for (const [header, secrets] of [
  [undefined, []],
  ['', []],
  ['narthex_session=abc', ['abc']],
  ['x=1;narthex_session=a-_b ; y="2"', ['a-_b']],
  ['narthex_session=', []],
  ['narthex_session=a b', []],
  ['xnarthex_session=a', []],
  ['Narthex_Session=a', []],
  [`narthex_session=${'a'.repeat(65)}`, []],
  [`${'a=b;'.repeat(200)}narthex_session=a`, []],
] as const) {
  test(`secrets of a cookie header: ${header?.slice(0, 40)}`, () => {
    assert.deepEqual(readSessionCookies(header), secrets)
  })
}
