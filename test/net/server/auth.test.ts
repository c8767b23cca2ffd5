import assert from 'node:assert/strict'
import { createHash, scryptSync } from 'node:crypto'
import { test } from 'node:test'
import bcrypt from 'bcryptjs'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Secret } from '../../../src/base/secret.ts'
import type { WebToken, WebUser } from '../../../src/config/web.ts'
import type { Role } from '../../../src/model/role.ts'
import { openAuthenticator } from '../../../src/net/server/auth.ts'
import { openPasswordChecks } from '../../../src/net/server/password.ts'
import { BCRYPT_WORKER, metric, route, serve } from './support.ts'

const COST = 4

function user(name: string, password: string, role: Role = 'admin', cost = COST): WebUser {
  return { name, hash: new Secret(bcrypt.hashSync(password, cost)), role }
}

function token(name: string, text: string, role: Role): WebToken {
  return { name, sha256: createHash('sha256').update(text).digest('hex'), role }
}

function basic(name: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

function scryptHash(password: string): string {
  const salt = Buffer.from('0123456789abcdef')
  const key = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=10,r=8,p=1$${plain(salt)}$${plain(key)}`
}

test('users come in with their passwords, by bcrypt of every name and by scrypt', async () => {
  const hash = bcrypt.hashSync('pâss:wörd', COST)
  const users = ['a', 'b', 'y'].map((letter) => ({
    name: `user${letter}`,
    hash: new Secret(hash.replace(/^\$2./, `$2${letter}`)),
    role: 'admin' as const,
  }))
  const slow = {
    name: 'scrypt',
    hash: new Secret(scryptHash('pâss:wörd')),
    role: 'viewer',
  } as const
  await using server = await serve({ web: { users: [...users, slow] } })
  for (const { name } of [...users, slow]) {
    assert.equal(
      (await server.ask('/hello', { headers: basic(name, 'pâss:wörd') })).status,
      200,
      name,
    )
    assert.equal(
      (await server.ask('/hello', { headers: basic(name, 'pâss:wörd') })).status,
      200,
      name,
    )
    assert.equal((await server.ask('/hello', { headers: basic(name, 'other') })).status, 401, name)
  }
})

test('who is not known gets 401 with a challenge, everywhere alike', async () => {
  const tokens = [token('ci', 'secret-token', 'viewer')]
  const lines: unknown[] = []
  const log = { ...silentLog, warn: (...words: unknown[]) => void lines.push(words) }
  await using server = await serve({ web: { users: [user('alice', 'good')], tokens }, log })
  for (const headers of [
    {},
    basic('alice', 'bad'),
    basic('alice', ''),
    basic('alic', 'egood'),
    basic('nobody', 'good'),
    basic('__proto__', 'good'),
    { authorization: 'Basic !!!' },
    { authorization: `Basic ${Buffer.from('alice').toString('base64')}` },
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer ' },
    { authorization: 'Digest x' },
    { authorization: `Bearer ${tokens[0].sha256}` },
  ]) {
    for (const path of ['/hello', '/nothing', '/api/v1/nothing']) {
      const answer = await server.ask(path, { headers })
      assert.equal(answer.status, 401, JSON.stringify(headers))
      assert.equal(
        answer.headers['www-authenticate'],
        'Basic realm="narthex", charset="UTF-8", Bearer realm="narthex"',
      )
      assert.doesNotMatch(answer.text, /alice|good/)
    }
  }
  assert.ok((metric(server.metrics, 'narthex_http_refused_logins_total') ?? 0) > 20)
  assert.deepEqual(lines, [['credentials refused', { address: '127.0.0.1', count: 1 }]])
})

test('tokens carry roles, and each role may do what the ones before it may', async () => {
  const roles = ['viewer', 'editor', 'admin'] as const
  const tokens = roles.map((role) => token(role, `token-of-${role}`, role))
  const routes = roles.map((role) => route(`/${role}`, { role }))
  await using server = await serve({ routes, web: { tokens } })
  for (const [i, role] of roles.entries()) {
    for (const [j, needed] of roles.entries()) {
      const headers = { authorization: `Bearer token-of-${role}` }
      const { status } = await server.ask(`/${needed}`, { headers })
      assert.equal(status, i >= j ? 200 : 403, `${role} at ${needed}`)
    }
  }
})

test('the memory of verdicts tells pairs apart that join to the same text', async () => {
  const checks = openPasswordChecks(BCRYPT_WORKER, systemClock)
  const hash = bcrypt.hashSync('b', COST)
  assert.equal(await checks.check('a', hash, 'b'), true)
  assert.equal(checks.known('a', hash, 'b'), true)
  for (const [name, of, password] of [
    ['a', hash.slice(0, -1), `${hash.slice(-1)}b`],
    [`a${hash}`, '', 'b'],
    ['', `a${hash}`, 'b'],
    ['a', hash, 'b\u0000'],
  ] as const) {
    assert.equal(checks.known(name, of, password), undefined)
  }
  assert.equal(await checks.check('a', hash, 'c'), false)
  assert.equal(checks.known('a', hash, 'c'), false)
})

test('the same pair sent many times at once is checked once', async () => {
  const checks = openPasswordChecks(BCRYPT_WORKER, systemClock)
  const hash = bcrypt.hashSync('b', COST)
  const all = Array.from({ length: 500 }, () => checks.check('a', hash, 'b'))
  assert.equal(new Set(all).size, 1)
  assert.ok((await Promise.all(all)).every(Boolean))
  const others = Array.from({ length: 65 }, (_, i) => checks.check('a', hash, `p${i}`))
  const results = await Promise.allSettled(others)
  assert.equal(results.filter((each) => each.status === 'rejected').length, 1)
})

test('an address that sends many wrong passwords has to wait, while known pairs come in', async () => {
  let nowMs = 0
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs }
  const authenticator = openAuthenticator(
    { users: [user('a', 'good')], tokens: [] },
    BCRYPT_WORKER,
    clock,
  )
  const statusOf = async (password: string, address: string): Promise<number> => {
    const { authorization } = basic('a', password)
    const verdict = await authenticator.identify({ authorization, address, certificate: undefined })
    return 'fault' in verdict ? verdict.fault.status : 200
  }
  assert.equal(await statusOf('good', '10.0.0.1'), 200)
  for (let i = 0; i < 20; i++) assert.equal(await statusOf(`bad${i}`, '10.0.0.1'), 401)
  assert.equal(await statusOf('bad20', '10.0.0.1'), 429)
  assert.equal(await statusOf('bad3', '10.0.0.1'), 401, 'known to be wrong: costs nothing')
  assert.equal(await statusOf('good', '10.0.0.1'), 200)
  assert.equal(await statusOf('bad20', '10.0.0.2'), 401)
  nowMs = 3000
  assert.equal(await statusOf('bad21', '10.0.0.1'), 401)
})

test('somebody unknown costs as much as the dearest known user', async () => {
  const users = [user('cheap', 'x', 'admin', 4), user('dear', 'y', 'admin', 9)]
  const authenticator = openAuthenticator({ users, tokens: [] }, BCRYPT_WORKER, systemClock)
  const timed = async (name: string): Promise<number> => {
    const { authorization } = basic(name, 'wrong')
    const startedMs = performance.now()
    await authenticator.identify({ authorization, address: name, certificate: undefined })
    return performance.now() - startedMs
  }
  await timed('dear')
  // The fastest of some: whatever else the machine does can only make a check slower.
  let cheapMs = Infinity
  for (let i = 0; i < 5; i++) cheapMs = Math.min(cheapMs, await timed('cheap'))
  assert.ok((await timed('nobody')) > cheapMs * 4)
})

for (const [name, hash] of [
  ['plain text', 'plain-words'],
  ['MD5 of Apache', '$apr1$x$abc'],
  ['bcrypt cut short', bcrypt.hashSync('x', COST).slice(0, -1)],
  ['scrypt over the bound', scryptHash('x').replace('ln=10', 'ln=30')],
] as const) {
  test(`a hash is refused without being shown: ${name}`, () => {
    const users = [{ name: 'a', hash: new Secret(hash), role: 'admin' as const }]
    assert.throws(
      () => openAuthenticator({ users, tokens: [] }, BCRYPT_WORKER, systemClock),
      (e: Error) => /cannot use password of "a"/.test(e.message) && !e.message.includes(hash),
    )
  })
}

test('a check does not hold up the loop, and the thread goes when it is not needed', async () => {
  const timers: (() => void)[] = []
  const after = (_delayMs: number, callback: () => void) => {
    timers.push(callback)
    return { cancel: () => timers.splice(timers.indexOf(callback), 1) }
  }
  const checks = openPasswordChecks(BCRYPT_WORKER, { ...systemClock, after })
  const hash = bcrypt.hashSync('b', 11)
  await checks.check('a', hash, 'warm')
  const used = performance.eventLoopUtilization()
  assert.equal(await checks.check('a', hash, 'b'), true)
  const { utilization } = performance.eventLoopUtilization(used)
  assert.ok(utilization < 0.5, `the loop was busy for ${utilization} of the time`)
  assert.equal(timers.length, 1)
  timers[0]()
  assert.equal(await checks.check('a', hash, 'c'), false, 'another thread is started')
  timers.at(-1)?.()
})

test('a thread that cannot start is an error of one line', async () => {
  const checks = openPasswordChecks(new URL('file:///nothing/here.js'), systemClock)
  const failed = checks.check('a', bcrypt.hashSync('b', COST), 'b')
  await assert.rejects(failed, { kind: 'io', message: /^cannot check password: / })
})
