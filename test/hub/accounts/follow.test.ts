/** What was asked before a change does not count after it, however late it is answered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, silentLog } from '../../../src/base/log.ts'
import {
  AWAY_MS_MAX,
  FollowedAccounts,
  FRESH_MS,
  WAIT_MS_MAX,
} from '../../../src/hub/accounts/follow.ts'
import { Uses } from '../../../src/hub/accounts/uses.ts'
import type { AccountRecords, StoredAccounts } from '../../../src/model/accountrecords.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'

const USER = {
  name: 'anne',
  role: 'admin',
  hash: 'h',
  createdMs: 1,
  changedMs: 1,
  changedBy: 'a',
} as const
const WITH: StoredAccounts = { revision: 1, users: [USER], tokens: [], sessions: [] }
/** Says what is said. */
function logInto(lines: string[]): Log {
  const warn: Log['warn'] = (text, fields) => void lines.push(`${text}: ${fields?.error}`)
  return { ...silentLog, warn }
}

const WITHOUT: StoredAccounts = { revision: 2, users: [], tokens: [], sessions: [] }

test('a question that was under way when something changed is asked again', async () => {
  const clock = new JumpingClock(1000)
  const late = Promise.withResolvers<void>()
  let stored = WITH
  let isSlow = true
  const records = {
    revision: async () => stored.revision,
    async all() {
      const seen = stored
      if (isSlow) await late.promise
      return seen
    },
  } as Partial<AccountRecords> as AccountRecords
  const uses = new Uses(records, clock)
  const deps = { uses, clock, idleMsMax: 1000, alwaysAsks: () => false }
  const followed = new FollowedAccounts(records, clock, deps, silentLog)

  const before = followed.known(false)
  await Promise.resolve()
  isSlow = false
  stored = WITHOUT
  followed.forget()
  assert.equal((await followed.known(false)).isEmpty, true)
  late.resolve()
  assert.equal((await before).isEmpty, false, 'who asked before gets what was there before')
  assert.equal((await followed.known(false)).isEmpty, true, 'and nobody else does')
})

test('a database that hangs holds up nobody who is known, and no request for long', async () => {
  const clock = new JumpingClock(1000)
  let hung: PromiseWithResolvers<number> | undefined
  const records = {
    revision: async () => (hung === undefined ? WITH.revision : await hung.promise),
    all: async () => WITH,
  } as Partial<AccountRecords> as AccountRecords
  const uses = new Uses(records, clock)
  const deps = { uses, clock, idleMsMax: 1000, alwaysAsks: () => false }
  const lines: string[] = []
  const followed = new FollowedAccounts(records, clock, deps, logInto(lines))
  const isKnown = async (): Promise<boolean> => {
    return (await followed.known(false)).user('anne') !== undefined
  }
  assert.equal(await isKnown(), true)

  hung = Promise.withResolvers()
  await clock.advance(FRESH_MS)
  const first = isKnown()
  assert.equal(await isKnown(), true, 'another request does not wait for the same answer')
  await clock.advance(WAIT_MS_MAX)
  assert.equal(await first, true)
  const second = isKnown()
  await clock.advance(0)
  assert.equal(await second, true, 'by now nobody waits')
  await clock.advance(AWAY_MS_MAX)
  const late = /cannot tell who asks: the database is away/
  assert.deepEqual(lines, [])
  for (let i = 0; i < 2; i++) {
    const refused = assert.rejects(followed.known(false), late)
    await clock.advance(0)
    await refused
  }
  // Once, and only there: where the database is is nothing for who is not known.
  const why = 'cannot reach the database: it does not answer in time'
  assert.deepEqual(lines, [`the database does not say who may come in: ${why}`])
  hung.resolve(WITH.revision)
  hung = undefined
  await clock.advance(FRESH_MS)
  assert.equal(await isKnown(), true)
})
