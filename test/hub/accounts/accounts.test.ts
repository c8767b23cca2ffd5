/** Who comes in at which of two hubs, how soon a change counts, and what holds without the database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HubAccounts } from '../../../src/hub/accounts/accounts.ts'
import { hashCost, openPasswordChecks } from '../../../src/net/server/password.ts'
import { BCRYPT_WORKER, metric } from '../../net/server/support.ts'
import { openWorld, type World } from './world.ts'

const PASSWORD = 'correct horse'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const knowsToken = async (hub: HubAccounts, text: string): Promise<boolean> =>
  (await hub.known(false)).token(text, '10.0.0.1') !== undefined
const knowsSession = async (hub: HubAccounts, secret: string): Promise<boolean> =>
  (await hub.known(false)).session(secret) !== undefined

async function withAdmin(): Promise<World> {
  const world = await openWorld()
  await world.accounts.putUser('anne', { role: 'admin', password: PASSWORD }, 'anybody')
  return world
}

test('without accounts nobody is asked, unless other machines could come in', async () => {
  await using world = await openWorld()
  assert.equal((await world.accounts.known(false)).asks, false)
  world.isGuarded = true
  assert.equal((await world.accounts.known(false)).asks, true)
})

test('a user has a scrypt hash of the password, another one each time', async () => {
  await using world = await withAdmin()
  const hashOf = async (): Promise<string> =>
    (await world.accounts.known(true)).user('anne')?.hash.reveal() ?? ''
  const first = await hashOf()
  assert.match(first, /^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.ok(hashCost(first) >= 2 ** 15, 'as good as OWASP wants')
  const checks = openPasswordChecks(BCRYPT_WORKER, world.clock)
  assert.equal(await checks.check('anne', first, PASSWORD), true)
  assert.equal(await checks.check('anne', first, 'correct horsf'), false)
  await world.accounts.changePassword('anne', { password: PASSWORD })
  assert.notEqual(await hashOf(), first)
  await assert.rejects(world.accounts.changePassword('bob', { password: PASSWORD }), {
    kind: 'conflict',
  })
})

test('what is changed at a hub counts there at once, and within a second at others', async () => {
  await using world = await withAdmin()
  const { accounts, other, clock } = world
  const { token } = await accounts.addToken('ci', { role: 'viewer' }, 'anne')
  const user = { user: 'anne', proof: 'p', address: '10.0.0.1', agent: 'Firefox' }
  const { secret } = await accounts.openSession(user)
  const [session] = await accounts.sessions()
  for (const hub of [accounts, other]) {
    assert.equal(await knowsToken(hub, token), true)
    assert.equal(await knowsSession(hub, secret), true)
  }
  await accounts.removeToken('ci')
  await accounts.endSession(session.id)
  assert.equal(await knowsToken(accounts, token), false)
  assert.equal(await knowsSession(accounts, secret), false)
  await clock.advance(1000)
  assert.equal(await knowsToken(other, token), false)
  assert.equal(await knowsSession(other, secret), false)
  await accounts.putUser('anne', { role: 'admin' }, 'anne')
  await accounts.putUser('bob', { role: 'admin', password: PASSWORD }, 'anne')
  await accounts.putUser('anne', { role: 'viewer' }, 'bob')
  await clock.advance(1000)
  assert.equal((await other.known(false)).user('anne')?.role, 'viewer')
})

test('somebody who was added at another hub a moment ago is found when it is urgent', async () => {
  await using world = await withAdmin()
  const { accounts, other } = world
  await other.known(false)
  const { token } = await accounts.addToken('ci', { role: 'viewer' }, 'anne')
  assert.equal(await knowsToken(other, token), false)
  assert.deepEqual((await other.known(true)).token(token, ''), { name: 'ci', role: 'viewer' })
})

test('without the database those who are known go on for ten minutes, and nobody else', async () => {
  await using world = await withAdmin()
  const { accounts, clock } = world
  const { token } = await accounts.addToken('ci', { role: 'viewer' }, 'anne')
  assert.equal(await knowsToken(accounts, token), true)
  world.isAway = true
  await world.pass(9 * MINUTE_MS)
  assert.equal(await knowsToken(accounts, token), true)
  const away = { kind: 'busy', message: /^cannot tell who asks: the database is away/ }
  await assert.rejects(accounts.known(true), away)
  await assert.rejects(accounts.addToken('x', { role: 'viewer' }, 'anne'), { kind: 'busy' })
  await world.pass(2 * MINUTE_MS)
  await assert.rejects(accounts.known(false), away)
  world.isAway = false
  await clock.advance(1000)
  assert.equal(await knowsToken(accounts, token), true)
})

test('while the database is away it is asked once a second, not at every request', async () => {
  await using world = await withAdmin()
  const { accounts, clock } = world
  await accounts.known(false)
  world.isAway = true
  await clock.advance(1000)
  await assert.rejects(accounts.known(true))
  world.isAway = false
  await assert.rejects(accounts.known(true), { kind: 'busy' }, 'it was asked just now')
  await clock.advance(1000)
  await accounts.known(true)
})

test('a token is over when its time is, and says when it was used and from where', async () => {
  await using world = await withAdmin()
  const { accounts, clock } = world
  const { token } = await accounts.addToken('ci', { role: 'viewer', expires: '1h' }, 'anne')
  assert.match(token, /^narthex_[\w-]{43}$/)
  await world.pass(30 * MINUTE_MS)
  assert.equal(await knowsToken(accounts, token), true)
  const usedMs = clock.now()
  await clock.advance(10_000)
  const [shown] = await accounts.tokens()
  assert.deepEqual([shown.name, shown.usedMs, shown.usedFrom], ['ci', usedMs, '10.0.0.1'])
  assert.ok(!JSON.stringify(shown).includes(token))
  await world.pass(30 * MINUTE_MS)
  assert.equal(await knowsToken(accounts, token), false)
})

test('a session is over when it was not used for an hour, or after a day', async () => {
  await using world = await withAdmin()
  const { accounts, other } = world
  const user = { user: 'anne', proof: 'p', address: '10.0.0.1', agent: 'Firefox' }
  const unused = (await accounts.openSession(user)).secret
  const used = (await accounts.openSession(user)).secret
  for (let hours = 0; hours < 23; hours++) {
    for (let i = 0; i < 2; i++) {
      await world.pass(HOUR_MS / 2)
      assert.equal(await knowsSession(accounts, used), true, `after ${hours} hours`)
    }
  }
  assert.equal(await knowsSession(accounts, unused), false)
  // What was used at one hub is not over at another that has not seen it for long.
  await world.pass(2 * MINUTE_MS)
  assert.notEqual((await other.known(true)).session(used), undefined)
  await world.pass(HOUR_MS)
  assert.equal(await knowsSession(accounts, used), false)
})

test('how many there are is told', async () => {
  await using world = await withAdmin()
  const { accounts, metrics } = world
  await accounts.addToken('ci', { role: 'viewer' }, 'anne')
  await accounts.known(false)
  assert.equal(metric(metrics, 'narthex_hub_users'), 1)
  assert.equal(metric(metrics, 'narthex_hub_tokens'), 1)
  assert.equal(metric(metrics, 'narthex_hub_sessions'), 0)
  assert.equal(metric(metrics, 'narthex_hub_sessions_max'), 10)
})
