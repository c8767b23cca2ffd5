/** kysely on the SQLite of Node.js: a connection that writes and one that reads, each taken in turn. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
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

/** Opens the file and makes it where it is missing. @throws the error of SQLite */
export function sqliteDialect(path: string): Dialect {
  const database = new DatabaseSync(path, { timeout: LOCK_MS_MAX })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const writer = new Shared(database)
  const reader = isLogged(database) ? new Shared(openReader(path)) : writer
  return {
    createAdapter: () => new SqliteAdapter(),
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
  #sliceMs = 0

  constructor(database: DatabaseSync) {
    this.database = database
  }

  async take(): Promise<Taken> {
    const before = this.#free
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#free = promise
    await before
    return { shared: this, release: resolve }
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
      await nextTurn()
      this.#sliceMs = 0
    }
    return result
  }
}

interface Taken {
  readonly shared: Shared
  readonly release: () => void
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

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async destroy(): Promise<void> {
    this.#writer.database.close()
    if (this.#reader !== this.#writer) this.#reader.database.close()
  }
}

/** Which of the two it is shows when it is used: a list that is read does not wait for a change. */
class SqliteConnection implements DatabaseConnection {
  readonly #writer: Shared
  readonly #reader: Shared
  #taken: Taken | undefined

  constructor(writer: Shared, reader: Shared) {
    this.#writer = writer
    this.#reader = reader
  }

  async begin(isReading: boolean): Promise<void> {
    this.#taken = await (isReading ? this.#reader : this.#writer).take()
    // Who will write takes the lock at once: taking it later fails when another wrote meanwhile.
    await this.executeQuery(CompiledQuery.raw(isReading ? 'begin' : 'begin immediate'))
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const isReading = query.query.kind === 'SelectQueryNode'
    this.#taken ??= await (isReading ? this.#reader : this.#writer).take()
    return await this.#taken.shared.run<R>(query)
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  release(): void {
    this.#taken?.release()
    this.#taken = undefined
  }
}
