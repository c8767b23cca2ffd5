/** A source at GitHub, held against a server that answers as GitHub does, on its bad days too. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { Secret } from '../../../src/base/secret.ts'
import type { SourceConfig } from '../../../src/config/source.ts'
import { GITHUB_CONNECTIONS_MAX, openReadGitHub } from '../../../src/hub/sources/github.ts'
import {
  type Brought,
  FILE_BYTES_MAX,
  type Known,
  NOTHING_KNOWN,
  Postponed,
  type ReadSource,
  SOURCE_FILES_MAX,
} from '../../../src/hub/sources/source.ts'
import type { SourceProgress } from '../../../src/model/sources.ts'
import { type GitHubServer, startGitHub } from '../../support/githubserver.ts'

const NOW_MS = 1_800_000_000_000
const RULES = '- alert: TeamDown\n  expr: team_up == 0\n'

interface World {
  readonly github: GitHubServer
  readonly config: SourceConfig
  /** What it says on the way. */
  readonly steps: SourceProgress[]
  read(known?: Known, more?: Partial<SourceConfig>): Promise<Brought | undefined>
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function makeWorld(files: GitHubServer['files'], token = ''): Promise<World> {
  const github = await startGitHub()
  ends.push(github.stop)
  github.files = files
  github.token = token
  const clock = { ...systemClock, now: () => NOW_MS }
  const reader: ReadSource = openReadGitHub({ clock, environment: {} })
  const steps: SourceProgress[] = []
  const config: SourceConfig = {
    ...{ name: 'team', type: 'github', url: github.url, repository: 'team/content', branch: '' },
    ...{ path: '', refreshMs: 3_600_000, refreshMsMax: 120_000, tokenFile: '', isAdded: true },
    token: token === '' ? undefined : new Secret(token),
  }
  return {
    ...{ github, config, steps },
    read: (known = NOTHING_KNOWN, more = {}) => {
      const progress = (step: SourceProgress): void => void steps.push(step)
      const { signal } = new AbortController()
      return reader({ ...config, ...more }, known, { signal, progress })
    },
  }
}

function textsOf(brought: Brought | undefined): Readonly<Record<string, string>> {
  assert.ok(brought)
  const entries = brought.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])
  return Object.fromEntries(entries)
}

function knownOf(brought: Brought | undefined): Known {
  const { commit = '', tag = '' } = brought ?? {}
  return { commit, tag, texts: () => Object.values(textsOf(brought)) }
}

test('FIELD 1: one tree names all files of all exporters, and each of them is fetched once', async () => {
  const files = { 'a/a_alert.yaml': RULES, 'b/b_alert.yaml': RULES, 'c.json': '{}', 'd.png': 'x' }
  const { github, read, steps } = await makeWorld(files)
  const { 'd.png': _, ...wanted } = files
  assert.deepEqual(textsOf(await read()), wanted)
  assert.equal(github.asked[0], '200 /trees/HEAD?recursive=1')
  assert.equal(github.asked.length, 3, 'the same text twice is one file')
  assert.deepEqual(steps.at(-1), { step: 'fetching', done: 2, all: 2 })
})

test('an unchanged tree costs one 304, a changed one only the files that are new', async () => {
  const { github, read } = await makeWorld({ 'a_alert.yaml': RULES, 'b_helm.yaml': 'b: 1' })
  const first = await read()
  github.asked.length = 0
  assert.equal(await read(knownOf(first)), undefined)
  assert.deepEqual(github.asked, ['304 /trees/HEAD?recursive=1'])

  github.files = { 'a_alert.yaml': RULES, 'b_helm.yaml': 'b: 2' }
  const second = await read(knownOf(first))
  assert.deepEqual(textsOf(second), github.files)
  assert.notEqual(second?.commit, first?.commit)
  assert.deepEqual(
    github.asked.slice(1).map((each) => each.slice(0, 10)),
    ['200 /trees', '200 /blobs'],
  )
})

test('what is in the records already is not fetched again by a hub that has just started', async () => {
  const files = { 'a_alert.yaml': RULES, 'b_helm.yaml': 'b: 1' }
  const { github, read } = await makeWorld(files)
  const known = { commit: 'old', tag: 'old', texts: () => [RULES] }
  assert.deepEqual(textsOf(await read(known)), files)
  assert.equal(github.asked.length, 2)
})

test('a mirror that wraps files in JSON is understood, and a file that looks so is not unwrapped', async () => {
  const looks = JSON.stringify({ encoding: 'base64', content: 'eA==' })
  const files = { 'a_alert.yaml': RULES, 'looks.json': looks, 'big.md': 'x'.repeat(FILE_BYTES_MAX) }
  const { github, read } = await makeWorld(files)
  assert.deepEqual(textsOf(await read()), files)
  github.isRaw = false
  github.files = {
    'a_alert.yaml': `${RULES}#`,
    'looks.json': `${looks} `,
    'big.md': 'y'.repeat(FILE_BYTES_MAX),
  }
  assert.deepEqual(textsOf(await read()), github.files)
})

test('a branch and a folder of it may be named', async () => {
  const files = { 'in/x/a_alert.yaml': RULES, 'inner_alert.yaml': 'no', 'b_helm.yaml': 'no' }
  const { github, read } = await makeWorld(files)
  const brought = await read(NOTHING_KNOWN, { branch: 'main', path: 'in/x' })
  assert.deepEqual(textsOf(brought), { 'a_alert.yaml': RULES })
  assert.equal(github.asked[0], '200 /trees/main?recursive=1')
  await assert.rejects(read(NOTHING_KNOWN, { branch: 'a/b' }), { kind: 'not_found' })
  assert.equal(github.asked.at(-1), '404 /trees/a%2Fb?recursive=1')
})

test('a tree that GitHub truncates is read folder by folder, to the last file', async () => {
  const files: Record<string, string> = { 'top_alert.yaml': 'top' }
  for (let i = 0; i < 40; i++) files[`f${i % 4}/g${i % 2}/e${i}_alert.yaml`] = `rule ${i}`
  const { github, read } = await makeWorld(files)
  github.entriesMax = 12
  assert.deepEqual(textsOf(await read()), files)
  github.asked.length = 0
  const part = await read(NOTHING_KNOWN, { path: 'f1' })
  assert.equal(part?.files.length, 10)
  assert.ok(
    github.asked.filter((each) => each.includes('/trees/')).length <= 3,
    'only what leads there',
  )

  github.entriesMax = 3
  await assert.rejects(read(), { kind: 'limit', message: /its folder .* is too large for GitHub/ })
})

test('links and repositories inside of it are not followed, paths that lead out are not taken', async () => {
  const { github, read } = await makeWorld({
    'a_alert.yaml': RULES,
    'link_alert.yaml': { mode: '120000', text: '/etc/passwd' },
    'inner_alert.yaml': { mode: '160000', text: 'x' },
    '../out_alert.yaml': 'no',
    'x/../../out_alert.yaml': 'no',
    '/etc/out_alert.yaml': 'no',
    'x//out_alert.yaml': 'no',
    'x\\..\\out_alert.yaml': 'no',
    '.github/out_alert.yaml': 'no',
    'x\0_alert.yaml': 'no',
  })
  assert.deepEqual(textsOf(await read()), { 'a_alert.yaml': RULES })
  assert.equal(github.asked.length, 2)
})

test('a huge file is told and not fetched, the others are', async () => {
  const huge = 'x'.repeat(FILE_BYTES_MAX + 1)
  const { github, read } = await makeWorld({ 'a_alert.yaml': RULES, 'huge.json': huge })
  const brought = await read()
  assert.deepEqual(textsOf(brought), { 'a_alert.yaml': RULES })
  assert.match(
    brought?.faults.join() ?? '',
    /^cannot use huge\.json: 4194305 bytes, at most 4194304/,
  )
  assert.equal(github.asked.length, 2)
})

test('more files than a source may have are refused before one is fetched', async () => {
  const { github, read } = await makeWorld({ a: '' })
  const sha = '0'.repeat(40)
  const tree = Array.from({ length: SOURCE_FILES_MAX + 1 }, (_, i) => ({
    ...{ path: `${i}_alert.yaml`, mode: '100644', type: 'blob', sha, size: 1 },
  }))
  github.fault = () => ({ status: 200, body: JSON.stringify({ sha, tree, truncated: false }) })
  await assert.rejects(read(), { kind: 'limit', message: /5001 files of 5001 bytes, at most 5000/ })
  assert.equal(github.asked.length, 1)
})

test('files are fetched over a few connections at a time', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`e${i}_alert.yaml`, `${i}`]),
  )
  const { github, read } = await makeWorld(files)
  const sockets = new Set<unknown>()
  github.fault = (path, { socket }) => {
    if (path.startsWith('/blobs/')) sockets.add(socket)
    return undefined
  }
  assert.deepEqual(textsOf(await read()), files)
  assert.equal(sockets.size, GITHUB_CONNECTIONS_MAX)
})

test('the token goes along as a bearer, and a file whose content is another is refused', async () => {
  const { github, read } = await makeWorld({ 'a_alert.yaml': RULES }, 'canary-9f')
  assert.equal((await read())?.files.length, 1)
  github.files = { 'a_alert.yaml': 'new' }
  github.fault = (path) =>
    path.startsWith('/blobs/') ? { status: 200, body: 'forged' } : undefined
  await assert.rejects(read(), { kind: 'bad_data', message: /came with another content/ })
})

for (const [name, fault, wanted] of [
  ['500', { status: 500, body: 'oops' }, /GitHub fails \(500\)$/],
  ['502 with a page', { status: 502, body: '<html>' }, /GitHub fails \(502\)$/],
  [
    '404',
    { status: 404, body: '{"message":"Not Found"}' },
    /no such repository or branch, or not for this token \(404: Not Found\)/,
  ],
  [
    '403',
    { status: 403, body: '{"message":"Resource not accessible"}' },
    /may not be read \(403: Resource not accessible\)/,
  ],
  [
    '409',
    { status: 409, body: '{"message":"Git Repository is empty."}' },
    /it is empty \(409: Git Repository is empty\.\)/,
  ],
  ['no JSON', { status: 200, body: '<html>' }, /its tree is no JSON/],
  ['no tree', { status: 200, body: '{"sha":1}' }, /no tree, wanted/],
  ['null', { status: 200, body: 'null' }, /no tree, wanted/],
  ['a number', { status: 200, body: '7' }, /no tree, wanted/],
  [
    'C39: nesting a million deep',
    { status: 200, body: '['.repeat(1e6) + ']'.repeat(1e6) },
    /no tree, wanted/,
  ],
  [
    'C29: a redirect',
    { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    /it is elsewhere now, wanted where \(302\)/,
  ],
] as const) {
  test(`an answer that is ${name} is told, and nothing is taken`, async () => {
    const { github, read } = await makeWorld({ 'a_alert.yaml': RULES }, 'canary-9f')
    github.fault = () => fault
    await assert.rejects(read(), { name: 'NarthexError', message: wanted })
    assert.equal(github.asked.length, 1)
  })
}

test('C28: a token that is not taken any more is in no message, even where the server repeats it', async () => {
  const { github, read } = await makeWorld({ 'a_alert.yaml': RULES }, 'canary-9f')
  github.token = 'another'
  await assert.rejects(read(), { message: /the token is not taken \(401: Bad credentials\)/ })
  github.fault = () => ({ status: 401, body: '{"message":"Bearer canary-9f\\u0007 is bad"}' })
  await assert.rejects(read(), { message: /\(401: Bearer <secret> is bad\)/ })
  await assert.rejects(read(NOTHING_KNOWN, { token: undefined }), {
    message: /it wants a token \(401/,
  })
})

for (const [name, fault, waitSeconds] of [
  [
    'until the hour begins anew',
    {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW_MS / 1000 + 1234) },
    },
    1234,
  ],
  ['as long as it says', { status: 429, headers: { 'retry-after': '77' } }, 77],
  [
    'a minute where it does not say',
    { status: 403, body: '{"message":"You have exceeded a secondary rate limit"}' },
    60,
  ],
  ['a minute after a plain 429', { status: 429 }, 60],
  ['two hours at most', { status: 429, headers: { 'retry-after': '999999999' } }, 7200],
  [
    'a second at least',
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' } },
    1,
  ],
] as const) {
  test(`a used up rate limit waits ${name}`, async () => {
    const { github, read } = await makeWorld({ 'a_alert.yaml': RULES })
    github.fault = () => fault
    await assert.rejects(read(), (error) => {
      assert.ok(error instanceof Postponed)
      assert.equal(error.untilMs, NOW_MS + waitSeconds * 1000)
      assert.match(error.message, /rate limit of GitHub is used up \(4\d\d\), waits until 2027-/)
      return true
    })
  })
}

test('what a rate limit has cut off goes on where it was', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`e${i}_alert.yaml`, `${i}`]),
  )
  const { github, read } = await makeWorld(files)
  let left = 5
  github.fault = (path) =>
    path.startsWith('/blobs/') && left-- <= 0
      ? { status: 429, headers: { 'retry-after': '1' } }
      : undefined
  await assert.rejects(read(), Postponed)
  assert.equal(github.asked.filter((each) => each.startsWith('200 /blobs/')).length, 5)
  github.fault = undefined
  github.asked.length = 0
  assert.deepEqual(textsOf(await read()), files)
  assert.equal(github.asked.length, 5, 'a tree, and the four files that are missing')
})

test('a server that never answers is left when nobody waits any more', async () => {
  const { github, config } = await makeWorld({ 'a_alert.yaml': RULES })
  const asked = Promise.withResolvers<void>()
  github.fault = () => {
    asked.resolve()
    return 'never'
  }
  const leaving = new AbortController()
  const read = openReadGitHub({ clock: systemClock, environment: {} })
  const reading = read(config, NOTHING_KNOWN, { signal: leaving.signal, progress: () => {} })
  reading.catch(() => {})
  await asked.promise
  leaving.abort(new Error('nobody waits'))
  await assert.rejects(reading, /nobody waits/)
})

for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '2852039166']) {
  test(`C30: an API at ${host} is not connected to`, async () => {
    const { read } = await makeWorld({})
    await assert.rejects(read(NOTHING_KNOWN, { url: `http://${host}/api/v3` }), {
      kind: 'forbidden',
    })
  })
}
