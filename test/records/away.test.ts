/** A database that is away, comes back, or was never there; and no secret in what is said of it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { systemClock } from '../../src/base/clock.ts'
import { NarthexError } from '../../src/base/error.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { Secret } from '../../src/base/secret.ts'
import { openRecords, type Records } from '../../src/records/records.ts'
import { startPostgres } from '../support/postgres.ts'
import { freePort, missingComponents, temporaryFolder } from '../support/processes.ts'
import { openAt, urlOf } from './databases.ts'

const CANARY = 'canary-7f3b'

/** Of the pool. */
const CONNECTIONS_MAX = 8

const open = (url: string, log: Log = silentLog) =>
  openRecords({ path: '', url: new Secret(url), clock: systemClock, log, metrics: new Metrics() })

const isFault = (kind: string) => (error: unknown) => {
  assert.ok(error instanceof NarthexError, String(error))
  assert.equal(error.kind, kind, error.message)
  assert.doesNotMatch(JSON.stringify([error.message, error.stack, String(error.cause)]), /canary/)
  return true
}

for (const url of [
  `mysql://narthex:${CANARY}@127.0.0.1/x`,
  `postgres:${CANARY}`,
  `postgres://narthex:${CANARY}@[::1/x`,
  CANARY,
  '',
]) {
  test(`an address of another kind is refused and not shown: ${url.replaceAll(CANARY, '…')}`, async () => {
    await assert.rejects(open(url), isFault('bad_data'))
  })
}

test('a server that does not listen is away, and its password is not shown', async () => {
  const port = await freePort()
  await assert.rejects(open(`postgres://narthex:${CANARY}@127.0.0.1:${port}/x`), isFault('busy'))
})

test('a folder that cannot be made, and a file that is no database, are told', async () => {
  const folder = temporaryFolder('records')
  writeFileSync(join(folder.path, 'file'), 'x')
  const inFile = { path: join(folder.path, 'file', 'deeper'), url: undefined, remove() {} }
  await assert.rejects(openAt(inFile), isFault('io'))
  writeFileSync(join(folder.path, 'records.db'), 'no database, but long enough '.repeat(100))
  await assert.rejects(openAt({ path: folder.path, url: undefined, remove() {} }), isFault('io'))
  folder.remove()
})

test('a server that goes away and comes back: busy meanwhile, counted, and no password in the log', {
  skip: missingComponents('postgres', 'initdb', 'setpriv'),
}, async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  await server.query(`create role keeper login password '${CANARY}'`)
  await server.query('create database kept owner keeper')
  await assert.rejects(open(urlOf(server.port, 'kept', 'wrong').reveal()), isFault('busy'))
  const lines: unknown[] = []
  const say = (...line: unknown[]): void => void lines.push(line)
  const log = { debug: say, info: say, warn: say, error: say }
  const metrics = new Metrics()
  const url = new Secret(`postgres://keeper:${CANARY}@127.0.0.1:${server.port}/kept`)
  const records = await openRecords({ path: '', url, clock: systemClock, log, metrics })
  t.after(() => records.stop())
  assert.equal(await records.registry.revision(), 0)
  await server.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'kept'",
  )
  await assert.doesNotReject(untilAnswers(() => records.registry.revision()))
  await server.stop()
  await assert.rejects(records.registry.revision(), isFault('busy'))
  assert.match(metrics.render(), /narthex_records_failures_total [1-9]/)
  assert.doesNotMatch(JSON.stringify(lines), /canary/)
})

test('a database that may be away gets its schema from the first question that it answers', {
  skip: missingComponents('postgres', 'initdb', 'setpriv'),
}, async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  await server.query('create database late')
  await server.query(`create role reader login password '${CANARY}'`)
  await server.halt()
  const openLate = async (url: Secret): Promise<Records> => {
    const metrics = new Metrics()
    const records = await openRecords({
      ...{ path: '', url, mayBeAway: true, clock: systemClock, log: silentLog, metrics },
    })
    t.after(() => records.stop())
    return records
  }
  const late = await openLate(urlOf(server.port, 'late'))
  await assert.rejects(late.registry.revision(), isFault('busy'))
  await server.resume()
  const reader = `postgres://reader:${CANARY}@127.0.0.1:${server.port}/late`
  const mayNot = await openLate(new Secret(reader))
  await assert.rejects(mayNot.reach(), isFault('busy'), 'who may not make the schema')
  const all = await Promise.all([late.registry.revision(), late.accounts.revision()])
  assert.deepEqual(all, [0, 0])
  await server.query('create database newer')
  const newer = urlOf(server.port, 'newer')
  const first = await openAt({ path: '', url: newer, remove() {} })
  await first.stop()
  const client = new pg.Client({ connectionString: newer.reveal() })
  await client.connect()
  await client.query('insert into narthex_schema (version, applied_ms) values (9999, 0)')
  await client.end()
  const tooNew = await openLate(newer)
  for (const ask of [() => tooNew.reach(), () => tooNew.sources.settings()])
    await assert.rejects(ask(), { kind: 'busy', message: /its schema is version 9999/ })
})

/** Each connection of the pool that was cut may be met once. */
async function untilAnswers(ask: () => Promise<unknown>): Promise<void> {
  let fault: unknown
  for (let i = 0; i <= CONNECTIONS_MAX; i++) {
    try {
      await ask()
      return
    } catch (error) {
      fault = error
    }
  }
  throw fault
}
