/** Both databases for tests: a new one of each kind, and its end. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { Secret } from '../../src/base/secret.ts'
import { openRecords, type Records } from '../../src/records/records.ts'
import { PASSWORD, type Postgres, startPostgres } from '../support/postgres.ts'
import { missingComponents, temporaryFolder } from '../support/processes.ts'

/** A place for records, still empty. */
export interface Place {
  readonly path: string
  readonly url: Secret | undefined
  remove(): void
}

export interface DatabaseKind {
  readonly name: string
  /** Why it cannot be had here. */
  readonly missing: string | undefined
  place(): Promise<Place>
  /** At once, where one does not wait for the other in the same thread. */
  openMany(place: Place, count: number): Promise<Records[]>
  stop(): Promise<void>
}

/** The embedded database and a real PostgreSQL server, which starts at the first use. */
export function databaseKinds(): readonly DatabaseKind[] {
  let server: Promise<Postgres> | undefined
  return [
    {
      name: 'SQLite',
      missing: undefined,
      async place() {
        const folder = temporaryFolder('records')
        return { path: folder.path, url: undefined, remove: folder.remove }
      },
      async openMany(place, count) {
        const all: Records[] = []
        while (all.length < count) all.push(await openAt(place))
        return all
      },
      async stop() {},
    },
    {
      name: 'PostgreSQL',
      missing: missingComponents('postgres', 'initdb', 'setpriv'),
      async place() {
        server ??= startPostgres()
        const { port, query } = await server
        const name = `records_${randomBytes(6).toString('hex')}`
        await query(`create database ${name}`)
        return { path: '', url: urlOf(port, name), remove() {} }
      },
      openMany: (place, count) => Promise.all(Array.from({ length: count }, () => openAt(place))),
      async stop() {
        await (await server)?.stop()
      },
    },
  ]
}

export function urlOf(port: number, database: string, password: string = PASSWORD): Secret {
  const user = `narthex:${encodeURIComponent(password)}`
  return new Secret(`postgres://${user}@127.0.0.1:${port}/${database}`)
}

/** Opens what is at a place. */
export async function openAt({ path, url }: Place): Promise<Records> {
  const metrics = new Metrics()
  return await openRecords({ path, url, clock: systemClock, log: silentLog, metrics })
}
