/** Interest in entries beside a real database; time is given in. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { followContents } from '../../../src/hub/interest/contents.ts'
import { countInstalls } from '../../../src/hub/interest/installs.ts'
import { FollowedInterest } from '../../../src/hub/interest/interest.ts'
import { DAY_MS } from '../../../src/hub/interest/score.ts'
import { ALL_ENTRIES } from '../../../src/model/catalogue.ts'
import type { Installer } from '../../../src/model/install.ts'
import type { InterestRecords } from '../../../src/model/interest.ts'
import { openRecords, type Records } from '../../../src/records/records.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { catalogueOf, entryYaml, writeEntries } from '../catalogue/support.ts'

const NOW_MS = Date.UTC(2026, 0, 10, 12)

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Lets the time pass after which looks are written, and waits until they are. */
async function settle(clock: JumpingClock, interest: FollowedInterest): Promise<void> {
  await clock.advance(5000)
  await interest.follow()
}

interface World {
  readonly path: string
  readonly clock: JumpingClock
  readonly records: Records
  contents: ReadonlyMap<string, string> | undefined
  open(records?: InterestRecords): FollowedInterest
}

async function makeWorld(): Promise<World> {
  const { path, remove } = temporaryFolder('interest')
  ends.push(remove)
  const clock = new JumpingClock(NOW_MS)
  const log = silentLog
  const records = await openRecords({ path, url: undefined, clock, log, metrics: new Metrics() })
  ends.push(() => records.stop())
  const world: World = {
    ...{ path, clock, records },
    contents: new Map([
      ['node', '1'],
      ['redis', '1'],
    ]),
    open(kept = records.interest) {
      const contents = () => world.contents
      const metrics = new Metrics()
      const interest = new FollowedInterest({ records: kept, contents, clock, log, metrics })
      ends.push(() => interest.stop())
      return interest
    },
  }
  return world
}

test('FIELD 1: reloading a page does not make an entry popular', async () => {
  const { clock, open } = await makeWorld()
  const interest = open()
  for (let i = 0; i < 100; i++) interest.viewed('node', 'anne')
  await settle(clock, interest)
  for (let i = 0; i < 100; i++) interest.viewed('node', 'anne')
  interest.viewed('node', 'bob')
  await settle(clock, interest)
  assert.equal(interest.standing('node').views, 2)
})

test('a person counts again on the next day, and for each entry', async () => {
  const { clock, open } = await makeWorld()
  const interest = open()
  interest.viewed('node', 'anne')
  interest.viewed('redis', 'anne')
  await settle(clock, interest)
  clock.jump(DAY_MS)
  interest.viewed('node', 'anne')
  await settle(clock, interest)
  assert.equal(interest.standing('node').views, 2)
  assert.equal(interest.standing('redis').views, 1)
})

test('of who looked nothing is kept that tells it', async () => {
  const { path, clock, open } = await makeWorld()
  const interest = open()
  interest.viewed('node', 'anne@example.org')
  await settle(clock, interest)
  clock.jump(2 * DAY_MS)
  await settle(clock, interest)
  await interest.stop()
  for (const file of ['records.db', 'records.db-wal']) {
    assert.ok(!readFileSync(join(path, file)).includes('anne@example.org'), file)
  }
})

test('several hubs count into the same sums, and each sees what the others have counted', async () => {
  const { clock, open } = await makeWorld()
  const [one, other] = [open(), open()]
  await Promise.all([one.follow(), other.follow()])
  one.viewed('node', 'anne')
  await settle(clock, one)
  const { version } = one
  assert.equal(one.standing('node').views, 1)
  other.viewed('node', 'anne')
  other.viewed('node', 'bob')
  await settle(clock, other)
  assert.equal(other.standing('node').views, 2)
  await clock.advance(60_000)
  await one.follow()
  assert.equal(one.standing('node').views, 2)
  assert.notEqual(one.version, version)
})

test('looks are written together a few seconds later, without anybody asking', async () => {
  const { clock, records, open } = await makeWorld()
  let writes = 0
  const interest = open({
    salt: (day) => records.interest.salt(day),
    count: (...args) => {
      writes++
      return records.interest.count(...args)
    },
    uses: (...args) => records.interest.uses(...args),
    note: (...args) => records.interest.note(...args),
    lives: () => records.interest.lives(),
    sweep: (...args) => records.interest.sweep(...args),
  })
  for (const caller of ['a', 'b', 'c']) interest.viewed('node', caller)
  await clock.advance(4999)
  assert.equal(writes, 0)
  await clock.advance(1)
  await interest.follow()
  assert.equal(writes, 1)
  assert.equal(interest.standing('node').views, 3)
})

test('while the database is away, what is known stays and what was seen is kept', async () => {
  const { clock, records, open } = await makeWorld()
  let isAway = false
  const away = (): void => {
    if (isAway) throw new NarthexError('busy', 'cannot reach the database')
  }
  const interest = open({
    salt: async (day) => records.interest.salt(day),
    count: async (...args) => {
      away()
      return records.interest.count(...args)
    },
    uses: async (...args) => {
      away()
      return records.interest.uses(...args)
    },
    note: async (...args) => records.interest.note(...args),
    lives: async () => records.interest.lives(),
    sweep: async (...args) => records.interest.sweep(...args),
  })
  interest.viewed('node', 'anne')
  await settle(clock, interest)
  isAway = true
  interest.viewed('node', 'bob')
  interest.installed('node')
  await settle(clock, interest)
  assert.equal(interest.standing('node').views, 1)
  isAway = false
  await clock.advance(60_000)
  await interest.follow()
  assert.equal(interest.standing('node').views, 2)
  assert.equal(interest.standing('node').installs, 1)
})

test('FIELD 1: a fresh database and a restart show nothing as new; what comes later is, for a week', async () => {
  const world = await makeWorld()
  const { clock, open } = world
  const interest = open()
  await interest.follow()
  assert.equal(interest.standing('node').isNew, false)
  world.contents = new Map([...(world.contents ?? []), ['mysqld', '1']])
  await interest.follow()
  assert.equal(interest.standing('mysqld').isNew, true)
  assert.equal(interest.standing('node').isNew, false)
  const restarted = open()
  await restarted.follow()
  assert.deepEqual(
    ['mysqld', 'node'].map((name) => restarted.standing(name).isNew),
    [true, false],
  )
  clock.jump(8 * DAY_MS)
  await restarted.follow()
  assert.equal(restarted.standing('mysqld').isNew, false)
})

test('what sources bring at the very first start is not new either', async () => {
  const world = await makeWorld()
  const { clock, contents, open } = world
  world.contents = undefined
  const interest = open()
  await interest.follow()
  assert.deepEqual(await world.records.interest.lives(), [], 'not all sources have been asked yet')
  world.contents = new Map([...(contents ?? []), ['ofasource', '1']])
  await clock.advance(5000)
  await interest.follow()
  assert.equal(interest.standing('ofasource').isNew, false)
})

test('an entry has changed when its texts have, not when a program reads them anew', async () => {
  const world = await makeWorld()
  const { catalogue, folder } = await catalogueOf({
    node: { 'entry.yaml': entryYaml('node'), 'README.md': 'one' },
    redis: { 'entry.yaml': entryYaml('redis'), 'README.md': 'one' },
  })
  const contents = followContents(catalogue)
  world.contents = contents()
  assert.equal(contents(), world.contents, 'digests are taken once of each version')
  const interest = world.open()
  await interest.follow()
  world.clock.jump(1000)
  writeEntries(folder, { redis: { 'README.md': 'two' } })
  await catalogue.reload()
  world.contents = contents()
  await interest.follow()
  assert.equal(interest.standing('redis').changedMs, NOW_MS + 1000)
  assert.equal(interest.standing('node').changedMs, 0)
  assert.equal(interest.standing('redis').isNew, false)
  const names = interest.list(catalogue.entries(ALL_ENTRIES), 'recent').map(({ name }) => name)
  assert.deepEqual(names, ['redis', 'node'])
})

test('an installation counts for its entry, one that fails does not', async () => {
  const { clock, open } = await makeWorld()
  const interest = open()
  const installed = { done: { entry: 'node' } }
  const installer = {
    install: async ({ job }: { job: string }) => {
      if (job === 'bad') throw new NarthexError('conflict', 'cannot install')
      return installed
    },
  } as unknown as Installer
  const counting = countInstalls(installer, interest)
  const request = { entry: 'node', targets: [], job: '', interval: '' }
  assert.equal(await counting.install(request, 'anne'), installed)
  await assert.rejects(counting.install({ ...request, job: 'bad' }, 'anne'), /cannot install/)
  await settle(clock, interest)
  assert.equal(interest.standing('node').installs, 1)
})
