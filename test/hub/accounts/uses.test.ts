/** A use counts from the moment it happens, while it is written and after that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Uses } from '../../../src/hub/accounts/uses.ts'
import type { AccountRecords, Use } from '../../../src/model/accountrecords.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'

/** Records whose answers to writes are given by hand. */
function openUses() {
  const clock = new JumpingClock(1000)
  const writes: { uses: readonly Use[]; answer: PromiseWithResolvers<void> }[] = []
  const records = {
    saveUses(uses: readonly Use[]) {
      const answer = Promise.withResolvers<void>()
      writes.push({ uses, answer })
      return answer.promise
    },
  } as Partial<AccountRecords> as AccountRecords
  return { uses: new Uses(records, clock), clock, writes }
}

test('a session that is used is not idle while its use is being written, nor just after', async () => {
  const { uses, clock, writes } = openUses()
  uses.note('session', 's', '10.0.0.1')
  const usedMs = clock.now()
  const saving = uses.save()
  await clock.advance(500)
  assert.equal(uses.lastMs('session', 's'), usedMs)
  uses.note('session', 'other', '10.0.0.2')
  writes[0].answer.resolve()
  await saving
  assert.equal(uses.lastMs('session', 's'), usedMs)
  assert.equal(uses.lastMs('session', 'other'), clock.now())
  void uses.save()
  assert.deepEqual(
    writes.map((write) => write.uses.map(({ key }) => key)),
    [['s'], ['other']],
  )
})

test('a use that could not be written is written with the next ones', async () => {
  const { uses, writes } = openUses()
  uses.note('token', 'ci', '10.0.0.1')
  const saving = uses.save()
  uses.note('token', 'cd', '10.0.0.1')
  writes[0].answer.reject(new Error('away'))
  await assert.rejects(saving, /away/)
  void uses.save()
  assert.deepEqual(
    writes[1].uses.map(({ key }) => key),
    ['ci', 'cd'],
  )
})
