/** Sources that people add: what they may say, how their tokens are kept, and what several hubs make of them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import type { Sources } from '../../../src/hub/sources/sources.ts'
import type { SourceStatus } from '../../../src/model/sources.ts'
import { startGitServer } from '../../support/githttp.ts'
import { type GitHubServer, startGitHub } from '../../support/githubserver.ts'
import { until } from '../../support/processes.ts'
import { ends, find, makeRepository, makeWorld, namesOf, RULES, type World } from './world.ts'

const ANNE = { by: 'anne', version: undefined }
const CANARY = 'canary-7c'

async function makeGitHub(files: GitHubServer['files'], token = ''): Promise<GitHubServer> {
  const github = await startGitHub()
  ends.push(github.stop)
  return Object.assign(github, { files, token })
}

function wantedOf({ url }: GitHubServer, more: object = {}): Readonly<Record<string, unknown>> {
  return { type: 'github', url, repository: 'team/content', ...more }
}

/** Adds it, and waits for what becomes of it. */
async function add(sources: Sources, name: string, wanted: object): Promise<SourceStatus> {
  const outcome = await sources.put(name, wanted, ANNE)
  assert.ok('done' in outcome, JSON.stringify(outcome))
  return find(await sources.refresh(name), name)
}

/** Whatever is in the files of the records. */
function bytesOf({ path }: World): string {
  const folder = join(path, 'records')
  return readdirSync(folder)
    .filter((name) => name.startsWith('records.db'))
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join()
}

test('FIELD 1, C28: a source at GitHub is added with a token, which no list and no file of the records has', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES }, CANARY)
  const sources = await world.start('')
  const team = await add(sources, 'team', wantedOf(github, { token: CANARY, branch: 'main' }))
  assert.equal(team.error, '')
  assert.deepEqual([team.entries, team.place, team.type], [1, 'records', 'github'])
  assert.equal(team.origin, `${github.url} team/content#main`)
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  const { changedMs, ...added } = team.added ?? { changedMs: 0 }
  assert.ok(changedMs > 0)
  assert.deepEqual(added, {
    ...{ url: github.url, repository: 'team/content', branch: 'main', path: '' },
    ...{ refreshInterval: '1h', hasToken: true, version: 1, changedBy: 'anne' },
  })
  assert.ok(!JSON.stringify(sources.list()).includes(CANARY))
  assert.ok(!bytesOf(world).includes(CANARY))
  const key = join(world.path, 'records/secret.key')
  assert.equal(statSync(key).mode & 0o777, 0o600)
  assert.equal(Buffer.from(readFileSync(key, 'utf8'), 'base64').length, 32)
})

test('a token stays when nothing is said of it, is changed by a new one, and forgotten by none', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES }, CANARY)
  const sources = await world.start('')
  await add(sources, 'team', wantedOf(github, { token: CANARY }))
  const kept = await add(sources, 'team', wantedOf(github, { refreshInterval: '2h' }))
  assert.deepEqual([kept.error, kept.added?.hasToken, kept.added?.version], ['', true, 2])
  github.token = 'next'
  assert.match(find(await sources.refresh('team'), 'team').error, /the token is not taken \(401/)
  const rotated = await add(sources, 'team', wantedOf(github, { token: 'next' }))
  assert.deepEqual([rotated.error, rotated.failingSinceMs], ['', 0])
  const without = await add(sources, 'team', wantedOf(github, { token: '' }))
  assert.equal(without.added?.hasToken, false)
  assert.match(without.error, /or not without a token \(404/)
  assert.deepEqual(
    namesOf(world.catalogue),
    ['own', 'team'],
    'FIELD 1: without a token nothing is lost',
  )
})

test('a token is never sent to another address than the one that it was given for', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES }, CANARY)
  const thief = await makeGitHub({ 'team_alert.yaml': RULES })
  const sources = await world.start('')
  await add(sources, 'team', wantedOf(github, { token: CANARY }))
  for (const wanted of [wantedOf(thief), wantedOf(github, { repository: 'thief/content' })]) {
    const outcome = await sources.put('team', wanted, ANNE)
    assert.deepEqual('problems' in outcome ? outcome.problems.map(({ field }) => field) : [], [
      'token',
    ])
  }
  // Somebody who can write to the database, and has no key.
  const [settings] = await world.records.sources.settings()
  await world.records.sources.put({ ...settings, url: thief.url, version: 2 })
  const moved = find(await sources.refresh('team'), 'team')
  assert.match(moved.error, /it was changed, or sealed for something else/)
  assert.deepEqual(thief.asked, [])
})

test('names that something else has are refused, and so is who was slower', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const sources = await world.start(`{name: house, type: folder, path: ${world.path}/catalog}`)
  const refusal = { kind: 'conflict' }
  await assert.rejects(sources.put('house', wantedOf(github), ANNE), refusal)
  await assert.rejects(sources.remove('house', 'anne'), refusal)
  await sources.refresh('')
  const other = await world.start('')
  await assert.rejects(other.put('house', wantedOf(github), ANNE), {
    message: /another hub has one of this name, or it has left its content/,
  })
  for (const name of ['bundled', 'edits', 'A', '../x']) {
    const outcome = await other.put(name, wantedOf(github), ANNE)
    assert.ok('problems' in outcome && outcome.problems[0].field === 'name', name)
  }
  await add(sources, 'team', wantedOf(github))
  await assert.rejects(other.put('team', wantedOf(github), { by: 'bob', version: 0 }), refusal)
  await assert.rejects(other.put('team', wantedOf(github), { by: 'bob', version: 7 }), refusal)
  const [one, two] = await Promise.allSettled(
    [sources, other].map((hub) => hub.put('team', wantedOf(github), { by: 'bob', version: 1 })),
  )
  assert.deepEqual([one.status, two.status].toSorted(), ['fulfilled', 'rejected'])
})

test('a source of the configuration gives way to one that people have added, and says so', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  await add(await world.start(''), 'team', wantedOf(github))
  const hub = await world.start(`{name: team, type: folder, path: ${world.path}/catalog}`)
  const team = find(await hub.refresh('team'), 'team')
  assert.match(team.error, /somebody has added a source of this name/)
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  const [kept] = await world.records.sources.sources()
  assert.deepEqual([kept.type, kept.error], ['github', ''], 'other hubs know nothing of that')
})

test('a hub with another key warns of that source, and of nothing else; the others go on', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES }, CANARY)
  const open = await makeGitHub({ 'open_alert.yaml': RULES })
  const first = await world.start('')
  await add(first, 'team', wantedOf(github, { token: CANARY }))
  await add(first, 'open', wantedOf(open))
  const keyFile = join(world.path, 'key')
  writeFileSync(keyFile, '7'.repeat(64))
  const other = await world.start('', { keyFile })
  const [, openThere, teamThere] = await other.refresh('')
  assert.equal(openThere.error, '')
  assert.match(teamThere.error, /this hub cannot use its token: .*sealed with another key/)
  assert.ok(teamThere.failingSinceMs > 0)
  assert.equal(teamThere.entries, 1)
  for (const [text, wanted] of [
    ['short', /cannot use the secret key in .*: wanted 32 bytes/],
    ['', /cannot use the secret key/],
    ['8'.repeat(64), /sealed with another key/],
  ] as const) {
    writeFileSync(keyFile, text)
    const hub = await world.start('', { keyFile })
    assert.match(find(hub.list(), 'team').error, wanted)
  }
  assert.match(
    find((await world.start('', { keyFile: '/nowhere' })).list(), 'team').error,
    /cannot read the secret key/,
  )

  const again = find(await first.refresh('team'), 'team')
  assert.equal(again.error, '', 'what a hub cannot do is not written into the records')
  assert.deepEqual(namesOf(world.catalogue), ['open', 'own', 'team'])
})

test('where several hubs must have the same key, none is made, and a token is refused without one', async () => {
  const { openTokenKeeper } = await import('../../../src/hub/sources/tokens.ts')
  const { Secret } = await import('../../../src/base/secret.ts')
  const keeper = openTokenKeeper({ keyFile: '', folder: undefined })
  assert.throws(() => keeper.seal(new Secret('x'), 'p'), {
    kind: 'bad_data',
    message:
      'cannot keep a token: there is no key, wanted --hub.secret-key-file, the same for all hubs of the database',
  })
})

test('another hub asks what was added there, and asks it once in an interval', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const first = await world.start('')
  await add(first, 'team', wantedOf(github))
  const asked = github.asked.length
  const second = await world.start('')
  const { nextMs, place } = find(second.list(), 'team')
  assert.equal(place, 'records')
  assert.ok(nextMs > systemClock.now() + 3_000_000, 'the other hub has just asked it')
  assert.equal(github.asked.length, asked)
  github.files = { 'team_alert.yaml': RULES, 'more_alert.yaml': RULES }
  await second.refresh('team')
  assert.deepEqual(namesOf(world.catalogue), ['more', 'own', 'team'])
})

test('FIELD 1: a source that is slow holds up no list, no adding and no removing, and brings nothing once it is removed', {
  timeout: 30_000,
}, async () => {
  const world = await makeWorld()
  const slow = await makeGitHub({ 'slow_alert.yaml': RULES })
  const quick = await makeGitHub({ 'quick_alert.yaml': RULES })
  slow.fault = (path) => (path.startsWith('/blobs/') ? 'never' : undefined)
  const sources = await world.start('')
  await sources.put('slow', wantedOf(slow), ANNE)
  await until(
    'it is being fetched',
    () => find(sources.list(), 'slow').progress?.step === 'fetching' && slow.asked.length === 2,
  )
  const { progress, isRefreshing, error } = find(sources.list(), 'slow')
  assert.deepEqual(
    [progress, isRefreshing, error],
    [{ step: 'fetching', done: 0, all: 1 }, true, ''],
  )
  await sources.put('quick', wantedOf(quick), ANNE)
  const asking = sources.refresh('quick')
  assert.equal(find(sources.list(), 'quick').progress?.step, 'waiting')
  await sources.remove('slow', 'anne')
  assert.equal(find(await asking, 'quick').error, '')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'quick'])
  assert.deepEqual(
    (await world.records.sources.sources()).map(({ name }) => name),
    ['quick'],
  )
})

test('what a hub has fetched for settings that another has changed meanwhile is not kept', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'old_alert.yaml': RULES })
  const sources = await world.start('')
  const answering = Promise.withResolvers<void>()
  const { records } = world
  github.fault = (path) => {
    if (path.startsWith('/blobs/')) answering.resolve()
    return undefined
  }
  await sources.put('team', wantedOf(github), ANNE)
  await answering.promise
  const [settings] = await records.sources.settings()
  const state = { ...find(sources.list(), 'team'), tag: '' }
  assert.equal(await records.sources.put({ ...settings, path: 'x', version: 2 }), true)
  assert.equal(await records.sources.save(state, [], 1), false)
  assert.equal(await records.sources.note(state, 1), false)
  assert.equal(await records.sources.remove('team'), true)
  assert.equal(await records.sources.note(state, 2), false, 'nor after it is removed')
  assert.deepEqual(await records.sources.sources(), [])
})

test('FIELD 1: a used up rate limit is a warning with its end; nobody asks before, and the list stays', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const clock = { ...systemClock, now: () => nowMs }
  let nowMs = 1_800_000_000_000
  const sources = await world.start('', { clock })
  await add(sources, 'team', wantedOf(github))
  github.fault = () => ({ status: 429, headers: { 'retry-after': '900' } })
  const limited = find(await sources.refresh('team'), 'team')
  assert.match(
    limited.error,
    /rate limit of GitHub is used up \(429\), waits until 2027-01-15T08:15:00/,
  )
  assert.equal(limited.nextMs, nowMs + 900_000)
  github.fault = undefined
  github.asked.length = 0
  nowMs += 899_000
  assert.match(find(await sources.refresh('team'), 'team').error, /waits until/)
  assert.deepEqual([github.asked, namesOf(world.catalogue)], [[], ['own', 'team']])
  nowMs += 1000
  assert.equal(find(await sources.refresh('team'), 'team').error, '')
})

test('FIELD 1: while the database is away the list stays, and whoever adds is told', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const sources = await world.start('')
  const { nextMs } = await add(sources, 'team', wantedOf(github))
  await world.records.stop()
  await assert.rejects(sources.put('more', wantedOf(github), ANNE))
  await assert.rejects(sources.refresh('team'))
  const { progress, ...team } = find(sources.list(), 'team')
  assert.deepEqual([progress, team.nextMs], [null, nextMs], 'it is asked when the database is back')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  assert.equal(find(sources.list(), 'team').entries, 1)
})

test('FIELD 1: looking at the list asks nobody, and what it shows has no date on which it runs out', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const clock = { ...systemClock, now: () => nowMs }
  let nowMs = 1_800_000_000_000
  const sources = await world.start('', { clock })
  await add(sources, 'team', wantedOf(github))
  github.asked.length = 0
  nowMs += 31_536_000_000
  for (let i = 0; i < 100; i++) assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  assert.equal(find(sources.list(), 'team').entries, 1)
  assert.deepEqual(github.asked, [])
})

test('FIELD 1: a source at GitHub that does not answer in its time is given up, and the list stays', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const sources = await world.start(
    `{name: team, type: github, repository: team/content, url: "${github.url}", refresh_timeout: 1s}`,
  )
  assert.equal(find(await sources.refresh('team'), 'team').error, '')
  github.fault = () => 'never'
  const slow = find(await sources.refresh('team'), 'team')
  assert.equal(slow.error, 'cannot read the source: no answer within 1 s')
  assert.ok(Number.isInteger(slow.nextMs))
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
})

test('FIELD 1: a repository at GitHub that empties itself empties no list', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const sources = await world.start('')
  await add(sources, 'team', wantedOf(github))
  github.files = {}
  assert.match(find(await sources.refresh('team'), 'team').error, /it is empty \(409/)
  github.files = { 'LICENSE.md': 'all rights' }
  const emptied = find(await sources.refresh('team'), 'team')
  assert.match(emptied.error, /it is empty: no entry, no rule file and no dashboard in it/)
  assert.deepEqual([emptied.entries, namesOf(world.catalogue)], [1, ['own', 'team']])
})

test('C39: files that are bombs, or lead out of their folder, are left out; the others are shown', async () => {
  const world = await makeWorld()
  const aliases = Array.from(
    { length: 30 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`,
  )
  const github = await makeGitHub({
    'good_alert.yaml': RULES,
    'bomb.yaml': ['a0: &a0 [x]', ...aliases, 'groups: *a30'].join('\n'),
    'deep.json': `{"panels":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    'deep.yaml': `groups: ${'['.repeat(5000)}`,
    'proto.json': '{"__proto__":{"panels":[]},"constructor":{"prototype":{"x":1}}}',
    '../../../tmp/out_alert.yaml': RULES,
    '/tmp/out_alert.yaml': RULES,
    '__proto___alert.yaml': RULES,
    'constructor_alert.yaml': RULES,
  })
  const sources = await world.start('')
  const team = await add(sources, 'team', wantedOf(github))
  assert.equal(team.error, '')
  const names = namesOf(world.catalogue)
  assert.ok(
    names.includes('good') && !names.includes('out') && !names.includes('bomb'),
    names.join(),
  )
  assert.equal(({} as { x?: unknown }).x, undefined)
})

test('a repository over HTTP is added with its token, and its host is pinned to what was looked at', async () => {
  const world = await makeWorld()
  makeRepository(world, { 'team_alert.yaml': RULES })
  const server = await startGitServer(world.path, CANARY)
  ends.push(server.stop)
  const sources = await world.start('')
  const url = `${server.url.replace('127.0.0.1', 'localhost')}/repository/.git`
  const team = await add(sources, 'team', { type: 'git', url, token: CANARY })
  assert.equal(team.error, '')
  assert.deepEqual(namesOf(world.catalogue), ['own', 'team'])
  server.token = 'another'
  const lost = find(await sources.refresh('team'), 'team')
  assert.match(lost.error, /Authentication failed/)
  assert.ok(!lost.error.includes(CANARY))
})

for (const url of [
  'http://169.254.169.254/x.git',
  'https://[fe80::1]/x.git',
  'http://2852039166/x.git',
  'ssh://git@169.254.169.254/x.git',
  'git@169.254.169.254:x.git',
  'git://metadata.google.internal/x.git',
]) {
  test(`C30: a repository at ${url} is not connected to`, async () => {
    const world = await makeWorld()
    const added = await add(await world.start(''), 'team', { type: 'git', url })
    assert.match(added.error, /cannot read the repository: .* is a link-local or metadata address/)
  })
}

test('a removed source is gone from the metrics and from every hub', async () => {
  const world = await makeWorld()
  const github = await makeGitHub({ 'team_alert.yaml': RULES })
  const first = await world.start('')
  const second = await world.start('')
  await add(first, 'team', wantedOf(github))
  await second.refresh('')
  await second.remove('team', 'bob')
  await first.refresh('')
  for (const hub of [first, second])
    assert.deepEqual(
      hub.list().map(({ name }) => name),
      ['bundled'],
    )
  assert.deepEqual(namesOf(world.catalogue), ['own'])
  await assert.rejects(first.remove('team', 'anne'), { kind: 'not_found' })
})
