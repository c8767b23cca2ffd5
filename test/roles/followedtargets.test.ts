/** The targets of the registry, followed for who scrapes them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { labelValue } from '../../src/model/labels.ts'
import type { TargetList } from '../../src/model/registry.ts'
import {
  followTargets,
  type LastGoodList,
  openLastTargets,
} from '../../src/roles/followedtargets.ts'
import { fakeClock } from '../collect/clock.ts'
import { temporaryFolder } from '../support/processes.ts'

function listOf(etag: string, ...targets: string[]): TargetList {
  const json = Buffer.from(JSON.stringify([{ targets, labels: { job: 'mine' } }]))
  return { etag, targets: targets.length, json, gzip: async () => json }
}

test('targets are handed on when they change, and stay while the database is away', async () => {
  const clock = fakeClock()
  const step = (): Promise<void> => clock.advance(2000)
  const taken: string[][] = []
  let answer: TargetList | NarthexError = listOf('1', 'a:1')
  const registry = {
    targets: async () => {
      if (answer instanceof NarthexError) throw answer
      return answer
    },
  }
  const following = followTargets({
    ...{ registry, clock, log: silentLog },
    take: (targets) => taken.push(targets.map((each) => labelValue(each, '__address__'))),
  })
  await step()
  assert.deepEqual(taken, [['a:1']])
  await step()
  assert.equal(taken.length, 1, 'nothing is new')
  answer = new NarthexError('busy', 'away')
  await step()
  assert.equal(taken.length, 1)
  answer = listOf('2', 'a:1', 'b:1')
  await step()
  assert.deepEqual(taken.at(-1), ['a:1', 'b:1'])
  await following.stop()
  answer = listOf('3', 'c:1')
  await step()
  assert.equal(taken.length, 2, 'it has stopped')
})

test('a start without the database has the list of before, until it says another', async () => {
  const folder = temporaryFolder('followedtargets')
  const clock = fakeClock()
  const open = (database: string): LastGoodList =>
    openLastTargets(folder.path, database, { clock, log: silentLog, metrics: new Metrics() })
  const taken: string[][] = []
  let answer: TargetList | undefined = listOf('1', 'a:1')
  const registry = {
    targets: async () => {
      if (answer === undefined) throw new NarthexError('busy', 'away')
      return answer
    },
  }
  const follow = async (database: string): Promise<void> => {
    taken.length = 0
    const following = followTargets({
      ...{ registry, clock, log: silentLog, lastGood: open(database) },
      take: (targets) => taken.push(targets.map((each) => labelValue(each, '__address__'))),
    })
    await clock.advance(2000)
    await following.stop()
  }
  await follow('one')
  answer = undefined
  await follow('one')
  assert.deepEqual(taken, [['a:1']])
  answer = listOf('2')
  await follow('one')
  assert.deepEqual(taken, [['a:1'], []])
  answer = undefined
  await follow('one')
  assert.deepEqual(taken, [], 'an empty list is one, too')
  answer = listOf('3', 'b:1')
  await follow('one')
  answer = undefined
  await follow('two')
  assert.deepEqual(taken, [], 'the list of another database is not ours')
  folder.remove()
})
