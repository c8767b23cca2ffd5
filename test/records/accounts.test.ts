/** Users, tokens, sessions and the audit log: what holds on either database. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { StoredSession, StoredToken, StoredUser } from '../../src/model/accountrecords.ts'
import type { AuditEntry } from '../../src/model/audit.ts'
import type { Role } from '../../src/model/role.ts'
import { databaseKinds, openAt } from './databases.ts'

const RULES = { usersMax: 3, tokensMax: 2, needsAdmin: true }

function user(name: string, role: Role = 'admin'): Omit<StoredUser, 'hash'> {
  return { name, role, createdMs: 1000, changedMs: 1000, changedBy: 'anne' }
}

function token(name: string, more: Partial<StoredToken> = {}): StoredToken {
  const made = { createdMs: 1, createdBy: 'anne', expiresMs: 0, usedMs: 0, usedFrom: '' }
  return { name, role: 'viewer', digest: `digest of ${name}`, ...made, ...more }
}

function session(id: string, usedMs: number, owner = 'anne'): StoredSession {
  const browser = { address: '127.0.0.1', agent: 'Firefox', proof: 'p' }
  const times = { openedMs: usedMs, usedMs, expiresMs: 9000 }
  return { id, digest: `digest of ${id}`, user: owner, ...browser, ...times }
}

function entry(who: string, action: string, status = 200, timeMs = 1000): AuditEntry {
  return { timeMs, who, address: '10.0.0.1', action, object: 'web', status }
}

for (const kind of databaseKinds()) {
  describe(`accounts in ${kind.name}`, { skip: kind.missing, timeout: 60_000 }, async () => {
    after(() => kind.stop())

    test('a user who is put again keeps the password, unless it is a new one', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      await accounts.putUser(user('anne'), 'hash 1', RULES)
      await accounts.putUser(
        { ...user('anne'), createdMs: 2000, changedMs: 2000 },
        undefined,
        RULES,
      )
      const [kept] = (await accounts.all()).users
      assert.equal(kept.hash, 'hash 1')
      assert.deepEqual([kept.createdMs, kept.changedMs], [1000, 2000])
      await accounts.putUser(user('anne'), 'hash 2', RULES)
      assert.equal((await accounts.all()).users[0].hash, 'hash 2')
      await assert.rejects(accounts.putUser(user('bob'), undefined, RULES), { kind: 'bad_data' })
      await records.stop()
      place.remove()
    })

    test('somebody who may change accounts is always left, or nobody at all', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      const refused = { kind: 'conflict', message: /no user would have the role admin/ }
      await assert.rejects(accounts.addToken(token('ci'), RULES), refused)
      await assert.rejects(accounts.putUser(user('bob', 'editor'), 'h', RULES), refused)
      assert.deepEqual((await accounts.all()).tokens, [])
      await accounts.putUser(user('anne'), 'h', RULES)
      await accounts.putUser(user('bob', 'editor'), 'h', RULES)
      await assert.rejects(accounts.removeUser('anne', RULES), refused)
      await assert.rejects(accounts.putUser(user('anne', 'viewer'), undefined, RULES), refused)
      assert.equal(await accounts.removeUser('bob', RULES), true)
      assert.equal(await accounts.removeUser('bob', RULES), false)
      assert.equal(await accounts.removeUser('anne', RULES), true)
      await accounts.addToken(token('ci'), { ...RULES, needsAdmin: false })
      await records.stop()
      place.remove()
    })

    test('names are of one user or token, and there are no more than the bounds say', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      await accounts.putUser(user('anne'), 'h', RULES)
      await assert.rejects(accounts.addToken(token('anne'), RULES), { kind: 'conflict' })
      await accounts.addToken(token('a'), RULES)
      await assert.rejects(accounts.addToken(token('a'), RULES), { kind: 'conflict' })
      await assert.rejects(accounts.putUser(user('a'), 'h', RULES), { kind: 'conflict' })
      await accounts.addToken(token('b'), RULES)
      await assert.rejects(accounts.addToken(token('c'), RULES), { kind: 'limit' })
      for (const name of ['u', 'v']) await accounts.putUser(user(name), 'h', RULES)
      await assert.rejects(accounts.putUser(user('w'), 'h', RULES), { kind: 'limit' })
      assert.equal(await accounts.removeToken('a'), true)
      assert.equal(await accounts.removeToken('a'), false)
      await records.stop()
      place.remove()
    })

    test('of sessions the longest unused go, and all of them with their user', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      const ids = async (): Promise<string[]> =>
        (await accounts.all()).sessions.map(({ id }) => id).sort()
      await accounts.putUser(user('anne'), 'h', RULES)
      for (const [id, usedMs] of [
        ['a', 10],
        ['b', 20],
        ['c', 30],
      ] as const) {
        await accounts.addSession(session(id, usedMs), 9, 2)
      }
      assert.deepEqual(await ids(), ['b', 'c'])
      await accounts.addSession(session('d', 40, 'bob'), 2, 2)
      assert.deepEqual(await ids(), ['c', 'd'])
      await accounts.removeUser('anne', RULES)
      assert.deepEqual(await ids(), ['d'])
      assert.equal(await accounts.removeSession('d'), true)
      assert.equal(await accounts.removeSession('d'), false)
      await records.stop()
      place.remove()
    })

    test('each change of who may come in has a revision; being used has none', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      await accounts.putUser(user('anne'), 'h', RULES)
      await accounts.addToken(token('ci'), RULES)
      await accounts.addSession(session('s', 10), 9, 9)
      assert.equal(await accounts.revision(), 3)
      await accounts.saveUses([
        { kind: 'token', key: 'ci', usedMs: 50, usedFrom: '10.0.0.2' },
        { kind: 'session', key: 's', usedMs: 60, usedFrom: '' },
      ])
      await accounts.saveUses([{ kind: 'session', key: 's', usedMs: 55, usedFrom: '' }])
      const { revision, tokens, sessions } = await accounts.all()
      assert.equal(revision, 3)
      assert.deepEqual([tokens[0].usedMs, tokens[0].usedFrom], [50, '10.0.0.2'])
      assert.equal(sessions[0].usedMs, 60, 'an older use does not count')
      await records.stop()
      place.remove()
    })

    test('what is over is forgotten', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { accounts } = records
      await accounts.putUser(user('anne'), 'h', RULES)
      await accounts.addToken(token('kept'), RULES)
      await accounts.addToken(token('over', { expiresMs: 500 }), RULES)
      for (const [id, usedMs] of [
        ['idle', 10],
        ['used', 90],
      ] as const) {
        await accounts.addSession(session(id, usedMs), 9, 9)
      }
      await accounts.sweep(600, 50)
      const { tokens, sessions } = await accounts.all()
      assert.deepEqual(
        [tokens.map(({ name }) => name), sessions.map(({ id }) => id)],
        [['kept'], ['used']],
      )
      await accounts.sweep(9001, 50)
      assert.deepEqual((await accounts.all()).sessions, [])
      await records.stop()
      place.remove()
    })

    test('the audit log has every entry once and in order, however many write at once', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { audit } = records
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          audit.append([entry('anne', `A ${i}`), entry('bob', `B ${i}`)]),
        ),
      )
      const all = await audit.entries({ text: '', failed: false, beforeId: 0, count: 100 })
      assert.deepEqual(
        all.map(({ id }) => id),
        Array.from({ length: 40 }, (_, i) => 40 - i),
      )
      await records.stop()
      place.remove()
    })

    test('the audit log is in the order of time, also where a hub writes later than another', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { audit } = records
      await audit.append([entry('anne', 'second', 200, 2000), entry('anne', 'third', 200, 2000)])
      await audit.append([entry('bob', 'first', 200, 1000), entry('bob', 'last', 200, 3000)])
      const actions = async (beforeId: number, count: number): Promise<string[]> => {
        const query = { text: '', failed: false, beforeId, count }
        return (await audit.entries(query)).map(({ action }) => action)
      }
      assert.deepEqual(await actions(0, 10), ['last', 'third', 'second', 'first'])
      assert.deepEqual(await actions(2, 10), ['second', 'first'], 'what is older than the third')
      assert.deepEqual(await actions(99, 10), [], 'that one is forgotten, and all before it')
      await records.stop()
      place.remove()
    })

    test('the audit log is read by part, by text and by failure, and trimmed by age and count', async () => {
      const place = await kind.place()
      const records = await openAt(place)
      const { audit } = records
      await audit.append([
        entry('Anne', 'PUT /a', 200, 1000),
        entry('', 'login', 401, 2000),
        entry('100%_x\\', 'DELETE /a', 403, 3000),
        entry('bob', 'PUT /b', 200, 4000),
      ])
      const ids = async (more: object): Promise<number[]> => {
        const query = { text: '', failed: false, beforeId: 0, count: 10, ...more }
        return (await audit.entries(query)).map(({ id }) => id)
      }
      assert.deepEqual(await ids({ count: 2 }), [4, 3])
      assert.deepEqual(await ids({ beforeId: 3 }), [2, 1])
      assert.deepEqual(await ids({ text: 'aNNe' }), [1])
      assert.deepEqual(await ids({ text: '/a' }), [3, 1])
      assert.deepEqual(await ids({ text: '10.0.0.1' }), [4, 3, 2, 1])
      assert.deepEqual(await ids({ text: '0%_X\\' }), [3])
      assert.deepEqual(await ids({ text: '%b' }), [])
      assert.deepEqual(await ids({ failed: true }), [3, 2])
      await audit.trim(1500, 10)
      assert.deepEqual(await ids({}), [4, 3, 2])
      await audit.trim(0, 2)
      assert.deepEqual(await ids({}), [4, 3])
      await records.stop()
      place.remove()
    })
  })
}
