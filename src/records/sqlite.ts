/** kysely on the SQLite of Node.js: a connection that writes and one that reads, each taken in turn. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'

/** How long to wait for another process that writes, in ms. */
const LOCK_MS_MAX = 5000

/** How long questions hold the loop, in ms, before others have their turn: a large change has many. */
const SLICE_MS_MAX = 10

/** How long others have their turn, in ms: an answer takes several turns of the loop. */
const REST_MS = 2

/** Opens the file and makes it where it is missing. @throws the error of SQLite */
export function sqliteDialect(path: string): Dialect {
  const database = new DatabaseSync(path, { timeout: LOCK_MS_MAX })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const writer = new Shared(database)
  const reader = isLogged(database) ? new Shared(openReader(path)) : writer
  return {
    createAdapter: () => new TwoConnections(),
    createDriver: () => new SqliteDriver(writer, reader),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Whether who reads does not wait for who writes; some file systems cannot have it. */
function isLogged(database: DatabaseSync): boolean {
  return database.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal'
}

function openReader(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: LOCK_MS_MAX })
  database.exec('PRAGMA query_only = ON')
  return database
}

/** A connection that one has at a time. */
class Shared {
  readonly database: DatabaseSync
  /** Settles when whoever has it gives it back. */
  #free: Promise<void> = Promise.resolve()
  /** How long whoever has it has held the loop. */
  #sliceMs = 0
  /** Those who have it, or wait for it. */
  #takers = 0
  /** Whether others had their turn while somebody has it. */
  #isLong = false
  #isReading = false
  readonly #passing: (() => void)[] = []

  constructor(database: DatabaseSync) {
    this.database = database
  }

  async take(): Promise<Taken> {
    this.#takers++
    const before = this.#free
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#free = promise
    await before
    this.#sliceMs = 0
    const release = (): void => {
      this.#takers--
      this.#isLong = false
      if (this.#takers === 0) this.#letPass()
      resolve()
    }
    return { shared: this, release }
  }

  /** Resolves when nobody has it any more, or whoever has it takes long. */
  async passed(): Promise<void> {
    if (this.#takers === 0 || this.#isLong) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#passing.push(resolve)
    await promise
  }

  async run<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const startedMs = performance.now()
    const statement = this.database.prepare(sql)
    const values = parameters as SQLInputValue[]
    const result =
      statement.columns().length > 0
        ? { rows: statement.all(...values) as R[] }
        : { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
    this.#sliceMs += performance.now() - startedMs
    if (this.#sliceMs > SLICE_MS_MAX) {
      this.#isLong = true
      this.#letPass()
      await delay(REST_MS)
      this.#sliceMs = 0
    }
    return result
  }

  async begin(isReading: boolean): Promise<void> {
    this.#isReading = isReading
    // Who will write takes the lock at once: taking it later fails when another wrote meanwhile.
    await this.run(CompiledQuery.raw(isReading ? 'begin' : 'begin immediate'))
  }

  async commit(): Promise<void> {
    if (this.#isReading || !this.#isLong) {
      await this.run(CompiledQuery.raw('commit'))
      return
    }
    // A large change is written to the log and put in its place in two steps, others in between.
    await this.run(CompiledQuery.raw('PRAGMA wal_autocheckpoint = 0'))
    await this.run(CompiledQuery.raw('commit')).finally(() => {
      this.database.exec('PRAGMA wal_autocheckpoint = 1000')
    })
    try {
      await this.run(CompiledQuery.raw('PRAGMA wal_checkpoint'))
    } catch {
      // The change is in the log and counts; the next commit tries again to put it in its place.
    }
  }

  #letPass(): void {
    for (const pass of this.#passing.splice(0)) pass()
  }
}

interface Taken {
  readonly shared: Shared
  readonly release: () => void
}

/** Has kysely hand out connections at once: who waits for whom is decided here. */
class TwoConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #writer: Shared
  readonly #reader: Shared

  constructor(writer: Shared, reader: Shared) {
    this.#writer = writer
    this.#reader = reader
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(this.#writer, this.#reader)
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    connection.release()
  }

  async beginTransaction(
    connection: SqliteConnection,
    { accessMode }: TransactionSettings,
  ): Promise<void> {
    await connection.begin(accessMode === 'read only')
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async destroy(): Promise<void> {
    this.#writer.database.close()
    if (this.#reader !== this.#writer) this.#reader.database.close()
  }
}

/**
 * Which of the two it is shows when it is used. Who reads sees what was changed before, as with one
 * connection, but waits for no change that takes long.
 */
class SqliteConnection implements DatabaseConnection {
  readonly #writer: Shared
  readonly #reader: Shared
  #taken: Taken | undefined

  constructor(writer: Shared, reader: Shared) {
    this.#writer = writer
    this.#reader = reader
  }

  async begin(isReading: boolean): Promise<void> {
    this.#taken = await this.#take(isReading)
    await this.#taken.shared.begin(isReading)
  }

  async commit(): Promise<void> {
    await this.#taken?.shared.commit()
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const isReading = query.query.kind === 'SelectQueryNode'
    this.#taken ??= await this.#take(isReading)
    return await this.#taken.shared.run<R>(query)
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  async #take(isReading: boolean): Promise<Taken> {
    if (!isReading) return await this.#writer.take()
    if (this.#reader !== this.#writer) await this.#writer.passed()
    return await this.#reader.take()
  }

  release(): void {
    this.#taken?.release()
    this.#taken = undefined
  }
}
