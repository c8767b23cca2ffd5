/** Content sources beside a real catalogue, real repositories and a real database; time is given in. */
import assert from 'node:assert/strict'
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { openCatalogue } from '../../../src/hub/catalogue/catalogue.ts'
import { fillShelf } from '../../../src/hub/catalogue/shelf.ts'
import {
  commit,
  ends,
  find,
  git,
  makeRepository,
  makeWorld,
  namesOf,
  RULES,
  write,
} from './world.ts'

test('a repository fills up what is missing, adds what is new, and hides nothing that comes with the program', async () => {
  const world = await makeWorld()
  const repository = makeRepository(world, {
    'own/own_alert.yaml': RULES,
    'own/own_helm.yaml': 'a: 1',
    'own/README.md': 'theirs',
    'team/team_alert.yaml': RULES,
  })
  const sources = await world.start(`{name: team, type: git, url: "file://${repository}"}`)
  const team = find(await sources.refresh(''), 'team')
  assert.equal(team.error, '')
  assert.equal(team.entries, 2)
  assert.match(team.commit, /^[0-9a-f]{40}$/)
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  const own = world.catalogue.entry('own')
  assert.equal(own?.files.readme, 'ours')
  assert.equal(own?.title, 'Own')
  assert.deepEqual(own?.content, { E: true, I: true, A: true, G: false })
  assert.deepEqual(own?.sources, { 'alerts.yaml': 'team', 'helm.yaml': 'team' })
  assert.match(own?.files.alerts ?? '', /^groups:\n {2}- name: own\n {4}rules:\n/)
  assert.deepEqual(world.catalogue.recognise(new Set(['own_up'])), ['own'])

  commit(repository, { 'more/more_alert.yaml': RULES })
  await sources.refresh('team')
  assert.deepEqual(namesOf(world.catalogue), ['more', 'own', 'team'])
})

test('FIELD 1: a repository that empties itself, goes away or never was leaves the list as it is', async () => {
  const world = await makeWorld()
  const repository = makeRepository(world, { 'team_alert.yaml': RULES })
  const sources = await world.start(
    `{name: team, type: git, url: "${repository}"}, {name: never, type: git, url: /nowhere/x.git}`,
  )
  await sources.refresh('')
  rmSync(join(repository, 'team_alert.yaml'))
  commit(repository, { 'nothing.txt': '' })
  const emptied = find(await sources.refresh('team'), 'team')
  assert.match(emptied.error, /it is empty: no entry, no rule file and no dashboard in it/)
  assert.ok(emptied.failingSinceMs > 0 && emptied.goodMs > 0)
  assert.equal(emptied.entries, 1)
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])

  rmSync(repository, { recursive: true })
  const gone = find(await sources.refresh('team'), 'team')
  assert.match(gone.error, /cannot run git ls-remote: .*does not (?:exist|appear)/)
  assert.equal(gone.failingSinceMs, emptied.failingSinceMs, 'since the first failure')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  const never = find(sources.list(), 'never')
  assert.equal(never.goodMs, 0)
  assert.match(never.error, /nowhere/)
  assert.equal(find(sources.list(), 'bundled').error, '')
})

test('FIELD 1: a source that fails shows what it had after a restart, and another hub sees it', async () => {
  const world = await makeWorld()
  const team = join(world.path, 'team')
  write(join(team, 'team_alert.yaml'), RULES)
  const first = await world.start(`{name: team, type: folder, path: ${team}}`)
  await first.refresh('')
  await first.stop()
  rmSync(team, { recursive: true })
  await world.catalogue.fill(new Map())
  assert.deepEqual(namesOf(world.catalogue), ['own'])
  const second = await world.start('')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  assert.equal(find(second.list(), 'team').nextMs, 0, 'this hub does not ask it')

  await second.remove('team', 'anne')
  assert.deepEqual(namesOf(world.catalogue), ['own'])
  await assert.rejects(second.remove('team', 'anne'), { kind: 'not_found' })
})

test('FIELD 1: a source that is slow is given up in its time, with all that it has started', async () => {
  const world = await makeWorld()
  const bin = join(world.path, 'bin')
  write(join(bin, 'git'), '#!/bin/sh\nsleep 600 &\necho $! > "$HOME/sleeper"\nwait\n')
  chmodSync(join(bin, 'git'), 0o755)
  const { PATH, HOME } = process.env
  ends.push(() => Object.assign(process.env, { PATH, HOME }))
  Object.assign(process.env, { PATH: `${bin}:${PATH}`, HOME: world.path })
  const sources = await world.start('{name: slow, type: git, url: /nowhere, refresh_timeout: 1s}')
  const slow = find(await sources.refresh(''), 'slow')
  assert.match(slow.error, /no answer within 1 s/)
  assert.deepEqual(namesOf(world.catalogue), ['own'])
  const { readFileSync } = await import('node:fs')
  const pid = Number(readFileSync(join(world.path, 'sleeper'), 'utf8'))
  const state = ((): string => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0]
    } catch {
      return 'gone'
    }
  })()
  assert.ok(state === 'gone' || state === 'Z', `it still runs: ${state}`)
})

test('FIELD 1: a token is in no argument, no error and no record; one that is gone is told', async () => {
  const world = await makeWorld()
  const bin = join(world.path, 'bin')
  write(
    join(bin, 'git'),
    '#!/bin/sh\necho "$@" > "$HOME/arguments"\nenv > "$HOME/environment"\necho "fatal: https://u:canary-77@h/: $GIT_CONFIG_VALUE_2 canary-77" >&2\nexit 128\n',
  )
  chmodSync(join(bin, 'git'), 0o755)
  const token = join(world.path, 'token')
  writeFileSync(token, 'canary-77\n')
  const { PATH, HOME } = process.env
  ends.push(() => Object.assign(process.env, { PATH, HOME }))
  Object.assign(process.env, { PATH: `${bin}:${PATH}`, HOME: world.path })
  const sources = await world.start(
    `{name: t, type: git, url: "https://git.example/x", token_file: ${token}}`,
  )
  const said = JSON.stringify(await sources.refresh(''))
  const { readFileSync } = await import('node:fs')
  assert.match(said, /Authorization: Basic <secret> <secret>/)
  const basic = Buffer.from('x-access-token:canary-77').toString('base64')
  assert.match(readFileSync(join(world.path, 'environment'), 'utf8'), new RegExp(`Basic ${basic}`))
  for (const text of [said, readFileSync(join(world.path, 'arguments'), 'utf8')]) {
    assert.ok(!text.includes('canary-77') && !text.includes(basic), text)
  }
  rmSync(token)
  assert.match(find(await sources.refresh(''), 't').error, /cannot read the token of the source/)
  assert.deepEqual(namesOf(world.catalogue), ['own'])
})

test('FIELD 1: what sources have is there although the folder of the program is away', async () => {
  const world = await makeWorld()
  write(join(world.path, 'team/team_alert.yaml'), RULES)
  rmSync(join(world.path, 'catalog'), { recursive: true })
  const sources = await world.start(`{name: team, type: folder, path: ${world.path}/team}`)
  await sources.refresh('')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'], 'of before, and of the source')

  const metrics = new Metrics()
  const started = await openCatalogue({ folder: '/nowhere', log: silentLog, metrics })
  const texts = new Map([['alerts.yaml' as const, RULES]])
  await started.fill(fillShelf([['team', new Map([['team', texts]])]]))
  assert.deepEqual(namesOf(started), ['team'])
  assert.match(started.folderError, /cannot read the catalogue/)
})

test('links of a repository and of a folder lead nowhere', async () => {
  const world = await makeWorld()
  const secret = join(world.path, 'secret.yaml')
  writeFileSync(secret, RULES)
  const repository = makeRepository(world, { 'a_alert.yaml': RULES })
  symlinkSync(secret, join(repository, 'b_alert.yaml'))
  git(repository, 'add', '-A')
  git(repository, 'commit', '-q', '-m', 'link')
  const sources = await world.start(
    `{name: g, type: git, url: "${repository}"}, {name: f, type: folder, path: ${repository}}`,
  )
  for (const { error } of await sources.refresh('')) assert.equal(error, '')
  assert.deepEqual(namesOf(world.catalogue), ['a', 'own'])
})
