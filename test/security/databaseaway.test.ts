/** C34: who may come in while nobody can ask the database of accounts: no one more than with it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import bcrypt from 'bcryptjs'
import { NarthexError } from '../../src/base/error.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { Secret } from '../../src/base/secret.ts'
import { NO_WEB_CONFIG, type WebConfig } from '../../src/config/web.ts'
import { RememberedAccounts } from '../../src/hub/accounts/remembered.ts'
import { WRONG_MAX } from '../../src/net/server/auth.ts'
import type { IdentitySource } from '../../src/net/server/identities.ts'
import type { Witness } from '../../src/net/server/message.ts'
import { databaseName } from '../../src/records/place.ts'
import { LateHub, type LateHubDeps, type LateHubOptions } from '../../src/roles/latehub.ts'
import { LIMITS, openWorld, type World } from '../hub/accounts/world.ts'
import { serve, type TestServer } from '../net/server/support.ts'
import { freePort, temporaryFolder, until } from '../support/processes.ts'

const PASSWORD = 'correct horse battery'
const MINUTE_MS = 60_000
const DATABASE = 'a'

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Who stands in the web configuration. */
const WEB: Pick<WebConfig, 'users' | 'tokens'> = {
  users: [{ name: 'olga', hash: new Secret(bcrypt.hashSync('of the file', 4)), role: 'admin' }],
  tokens: [{ name: 'ops', sha256: digest('ops'), role: 'viewer' }],
}

interface Place extends AsyncDisposable {
  readonly world: World
  readonly file: string
  /** As a process that starts now sees it. */
  open(database?: string): RememberedAccounts
}

async function openPlace(log: Log = silentLog): Promise<Place> {
  const world = await openWorld()
  const folder = temporaryFolder('databaseaway')
  const file = join(folder.path, 'without-accounts')
  const opened: RememberedAccounts[] = []
  return {
    ...{ world, file },
    open(database = DATABASE) {
      const { clock, other: accounts } = world
      const alwaysAsks = (): boolean => world.isGuarded
      const remembered = new RememberedAccounts({
        ...{ accounts, file, database, alwaysAsks, clock, log },
      })
      opened.push(remembered)
      return remembered
    },
    async [Symbol.asyncDispose]() {
      for (const each of opened) each.stop()
      await world[Symbol.asyncDispose]()
      folder.remove()
    },
  }
}

async function statusOf(
  server: TestServer,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await server.ask('/hello', { headers })).status
}

test('C34: a database that never said anything lets nobody in, of whatever it may know', async () => {
  await using place = await openPlace()
  place.world.isAway = true
  await using server = await serve({ identities: place.open() })
  for (const headers of [{}, basic('anne', PASSWORD), bearer('t'), { cookie: 'narthex_session=s' }])
    assert.equal(await statusOf(server, headers), 503, JSON.stringify(headers))
})

test('C34: where it said last that there is no account it stays open, also after a restart, and for no other database', async () => {
  await using place = await openPlace()
  const { world } = place
  const source = place.open()
  await using server = await serve({ identities: source })
  assert.equal(await statusOf(server), 200)
  world.isAway = true
  await world.clock.advance(60 * MINUTE_MS)
  assert.equal(await statusOf(server), 200)
  source.stop()
  await using later = await serve({ identities: place.open() })
  assert.equal(await statusOf(later), 200)
  world.isGuarded = true
  assert.equal(await statusOf(later), 503, 'other machines may come in by now')
  world.isGuarded = false
  await using other = await serve({ identities: place.open('b') })
  assert.equal(await statusOf(other), 503)
})

test('C34: an account that is added elsewhere counts before anybody asks, and after a restart without the database', async () => {
  await using place = await openPlace()
  const { world, file } = place
  const source = place.open()
  await using server = await serve({ identities: source })
  assert.equal(await statusOf(server), 200)
  assert.ok(existsSync(file))
  const admin = { role: 'admin', password: PASSWORD }
  await world.accounts.putUser('anne', admin, 'anybody')
  await world.clock.advance(4000)
  await until('it to be written down', () => !existsSync(file))
  world.isAway = true
  await world.clock.advance(20 * MINUTE_MS)
  for (const headers of [{}, basic('anne', PASSWORD), basic('bob', 'x'), bearer('t')])
    assert.equal(await statusOf(server, headers), 503, JSON.stringify(headers))
  source.stop()
  await using later = await serve({ identities: place.open() })
  assert.equal(await statusOf(later), 503)
})

test('C34: an answer that comes late, of when there was no account, opens nothing', async () => {
  await using place = await openPlace()
  const { world } = place
  const before = await world.other.known(false)
  await world.accounts.putUser('anne', { role: 'admin', password: PASSWORD }, 'anybody')
  const after = await world.other.known(true)
  const answers = [after, before]
  const accounts = {
    known: async () => {
      const answer = answers.shift()
      if (answer === undefined) throw new NarthexError('busy', 'away')
      return answer
    },
  }
  const { clock } = world
  const { file } = place
  const source = new RememberedAccounts({
    ...{ accounts, file, database: DATABASE, alwaysAsks: () => false, clock, log: silentLog },
  })
  await source.known(false)
  assert.equal(existsSync(file), false)
  await assert.rejects(source.known(false), { kind: 'busy' })
  source.stop()
})

test('C34: a file that cannot be read, or says something else, lets nobody in', async () => {
  await using place = await openPlace()
  place.world.isAway = true
  for (const text of ['', 'b', `${DATABASE}\n`, JSON.stringify({ isEmpty: true })]) {
    writeFileSync(place.file, text)
    await using server = await serve({ identities: place.open() })
    assert.equal(await statusOf(server), 503, text)
  }
})

test('C34: who stands in the web configuration needs no database, and nobody learns who does', async () => {
  const wrong: string[] = []
  const witness: Witness = { changed: () => {}, refused: (name) => wrong.push(name) }
  const reason = 'cannot reach the database: gone'
  const identities: IdentitySource = {
    known: () => Promise.reject(new NarthexError('busy', reason)),
  }
  await using server = await serve({ web: WEB, identities, witness })
  for (const [headers, status] of [
    [basic('olga', 'of the file'), 200],
    [bearer('ops'), 200],
    [{}, 503],
    [basic('olga', 'x'), 503],
    [basic('anne', 'x'), 503],
    [bearer('x'), 503],
    [{ cookie: 'narthex_session=s' }, 503],
  ] as const) {
    const answer = await server.ask('/hello', { headers })
    assert.equal(answer.status, status, JSON.stringify(headers))
    if (status === 200) continue
    assert.equal(answer.text, `${reason}\n`)
    assert.ok(Number(answer.headers['retry-after']) > 0)
  }
  assert.deepEqual(wrong, ['olga'], 'only of a name that the file has is known that it was wrong')
  const tries: number[] = []
  for (let i = 0; i < WRONG_MAX; i++) tries.push(await statusOf(server, basic('olga', `bad${i}`)))
  assert.ok(tries.includes(429), 'guessing is slowed down as ever')
})

test('C34: the program goes on looking at itself, and its token is nobody else’s', async (t) => {
  const folder = temporaryFolder('databaseaway')
  t.after(() => folder.remove())
  const selfToken = new Secret('self')
  const options: Partial<LateHubOptions> = {
    storagePath: folder.path,
    databaseUrl: new Secret(`postgres://narthex:x@127.0.0.1:${await freePort()}/hub`),
    accounts: LIMITS,
    audit: { entriesMax: 1, ageMsMax: 1 },
    web: {
      ...{ listenAddresses: ['127.0.0.1:0'], webConfigFile: '', insecureListen: false },
      ...{ hostNames: [], lifecycle: false, connectionsMax: 1, inflightBytesMax: 1 },
    },
    limits: { documentsMax: 1, targetsMax: 1, versionsMax: 1, leasesMax: 1, consumersMax: 1 },
  }
  const deps: Partial<LateHubDeps> = {
    ...{ log: silentLog, metrics: new Metrics(), scheme: () => 'http', selfToken },
    ...{ web: () => NO_WEB_CONFIG, followRegistry: () => ({ stop() {} }) },
  }
  const hub = new LateHub(options as LateHubOptions, deps as LateHubDeps)
  t.after(() => hub.stop())
  await using server = await serve({ identities: hub.identities })
  assert.equal(await statusOf(server, bearer('self')), 200)
  for (const headers of [{}, bearer('other'), basic('narthex', 'self')]) {
    assert.equal(await statusOf(server, headers), 503, JSON.stringify(headers))
  }
})

test('a database is told from another one whoever asks it, and its password leaves no trace', () => {
  const name = (url: string, environment = {}): string => databaseName(new Secret(url), environment)
  const one = name('postgres://narthex:secret@db:5432/hub')
  assert.equal(name('postgres://other:changed@db:5432/hub?password=x&sslmode=require'), one)
  for (const url of [
    'postgres://narthex:secret@db:5433/hub',
    'postgres://narthex:secret@elsewhere:5432/hub',
    'postgres://narthex:secret@db:5432/other',
    'postgres://narthex:secret@db:5432/hub?options=-csearch_path%3Dx',
    'postgres://narthex:secret@db:5432/hub?host=/run',
  ]) {
    assert.notEqual(name(url), one, url)
  }
  assert.notEqual(
    name('postgres:///hub', { PGHOST: 'a' }),
    name('postgres:///hub', { PGHOST: 'b' }),
  )
})
