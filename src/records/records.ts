/** The relational database: SQLite in the folder of this process, or PostgreSQL for several. */
import { type Dialect, Kysely, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/error.ts'
import { makeFolder } from '../base/folder.ts'
import type { Running } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Secret } from '../base/secret.ts'
import type { AccountRecords } from '../model/accountrecords.ts'
import type { AuditRecords } from '../model/audit.ts'
import type { FavouriteRecords } from '../model/favourites.ts'
import type { InterestRecords } from '../model/interest.ts'
import type { RegistryRecords } from '../model/registryrecords.ts'
import type { SourceRecords } from '../model/sources.ts'
import { StoredAccountRecords } from './accounts.ts'
import { StoredAudit } from './audit.ts'
import { asking } from './faults.ts'
import { StoredFavourites } from './favourites.ts'
import { StoredInterest } from './interest.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/all.ts'
import { recordsFile } from './place.ts'
import { StoredRegistry } from './registry.ts'
import type { Schema } from './schema.ts'
import { StoredSources } from './sources.ts'
import { sqliteDialect } from './sqlite.ts'

export interface RecordsOptions {
  /** Folder of the SQLite file, when `url` is undefined. */
  readonly path: string
  /** A PostgreSQL database. */
  readonly url: Secret | undefined
  /** Whether it is enough to reach that later; absent for no. */
  readonly mayBeAway?: boolean
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export interface Records extends Running {
  /** Asks whether the database answers. @throws NarthexError `busy` when it does not */
  reach(): Promise<void>
  readonly registry: RegistryRecords
  readonly sources: SourceRecords
  readonly interest: InterestRecords
  readonly favourites: FavouriteRecords
  readonly accounts: AccountRecords
  readonly audit: AuditRecords
}

/**
 * Opens the database and brings it to our schema; one that may be away, with the first question that
 * it answers.
 *
 * @throws NarthexError `bad_data` for an address of another kind and a schema of a newer program,
 *   `io` and `busy` for a database that cannot be used
 */
export async function openRecords(options: RecordsOptions): Promise<Records> {
  const { metrics } = options
  const db = new Kysely<Schema>({ dialect: await openDialect(options) })
  const schema = new SchemaOnce(db, options)
  const mayBeAway = options.mayBeAway === true && options.url !== undefined
  try {
    if (!mayBeAway) await asking(() => schema.ready())
  } catch (error) {
    await db.destroy()
    throw options.url === undefined ? error : withWanted(error)
  }
  const failures = metrics.counter(
    'narthex_records_failures_total',
    'Questions that the database of the records did not answer.',
  )
  failures.with()
  const counted = <T>(run: () => Promise<T>): Promise<T> =>
    asking(async () => {
      await schema.readyForQuestions()
      return await run()
    }).catch((error: unknown) => {
      if (error instanceof NarthexError && error.kind === 'busy') failures.with().inc()
      throw error
    })
  return {
    registry: new StoredRegistry(db, counted),
    sources: new StoredSources(db, counted),
    interest: new StoredInterest(db, counted),
    favourites: new StoredFavourites(db, counted),
    accounts: new StoredAccountRecords(db, counted),
    audit: new StoredAudit(db, counted),
    reach: async () => {
      await counted(() => sql`select 1`.execute(db))
    },
    stop: () => db.destroy(),
  }
}

/** What is wanted of a database that has to be there. */
function withWanted(error: unknown): unknown {
  if (!(error instanceof NarthexError) || error.kind !== 'busy') return error
  const wanted = 'wanted one that answers at --database.url'
  return new NarthexError('busy', `${error.message}, ${wanted}`, error)
}

/** Our schema in the database, brought there once. */
class SchemaOnce {
  readonly #db: Kysely<Schema>
  readonly #options: RecordsOptions
  #isReady = false
  #migrating: Promise<void> | undefined

  constructor(db: Kysely<Schema>, options: RecordsOptions) {
    this.#db = db
    this.#options = options
  }

  /** Whoever asks while it is brought there waits for the same; where it failed it is tried again. */
  async ready(): Promise<void> {
    this.#migrating ??= this.#migrate().finally(() => {
      this.#migrating = undefined
    })
    await this.#migrating
  }

  /** The same for who asks later: whatever is in the way, to them the database is away. */
  async readyForQuestions(): Promise<void> {
    if (this.#isReady) return
    try {
      await asking(() => this.ready())
    } catch (error) {
      if (error instanceof NarthexError) throw new NarthexError('busy', error.message, error)
      throw new NarthexError('busy', `cannot prepare the database: ${messageOf(error)}`, error)
    }
  }

  async #migrate(): Promise<void> {
    const { clock, log } = this.#options
    const before = await migrate(this.#db, MIGRATIONS, clock.now())
    this.#isReady = true
    if (before === MIGRATIONS.length) return
    log.info('the schema of the records is up to date', { from: before, to: MIGRATIONS.length })
  }
}

async function openDialect({ path, url, log }: RecordsOptions): Promise<Dialect> {
  if (url !== undefined) {
    const { postgresDialect } = await import('./postgres.ts')
    return postgresDialect(url, log)
  }
  const file = recordsFile(path)
  try {
    makeFolder(path)
    return sqliteDialect(file)
  } catch (error) {
    throw new NarthexError('io', `cannot open ${file}: ${messageOf(error)}`, error)
  }
}
