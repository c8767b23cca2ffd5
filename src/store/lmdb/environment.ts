/** One LMDB environment: the only place that knows lmdb's traps. */
import fs from 'node:fs'
import { dirname } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { assert, messageOf, NarthexError } from '../../base/error.ts'
import { CHECKSUM_BYTES, checksumOf, isSound } from './checksum.ts'
import { checkStructure } from './structure.ts'

export interface EnvironmentOptions {
  /** The data file; its lock file lies beside it as `<path>-lock`. */
  readonly path: string
  /** Names of all tables; made when they are missing. */
  readonly tables: readonly string[]
  /** Opens an existing environment for reading only: workers, old windows. */
  readonly readOnly?: boolean
}

/** Keys are raw bytes, compared byte by byte; 1 to 511 of them. */
export type Key = Uint8Array

const KEY_BYTES_MAX = 511

/** A named table. Every value carries a checksum over key and value that each read checks. */
export interface Table {
  /** A copy of the value; undefined when there is none. @throws NarthexError `corrupt` */
  get(key: Key): Uint8Array | undefined
  /**
   * Hands the value to `use` without copying; the bytes are valid during the call only, and no
   * other read may happen inside it.
   *
   * @returns what `use` returns; undefined when there is no value
   * @throws NarthexError `corrupt`
   */
  view<T>(key: Key, use: (value: Uint8Array) => T): T | undefined
  has(key: Key): boolean
  /** Copies of the keys in [from, to), rising; undefined: no bound. */
  keys(from: Key | undefined, to: Key | undefined): Iterable<Key>
  count(): number
}

/** A table inside Environment.write. */
export interface TableWriter extends Table {
  put(key: Key, value: Uint8Array): void
  remove(key: Key): boolean
}

export interface Environment {
  readonly path: string
  /** The newest committed state, renewed each event-loop turn. */
  table(name: string): Table
  /**
   * Runs one synced transaction; an exception rolls it back and passes through.
   *
   * @param change must not be async (checked); its writers end with it
   * @throws NarthexError `busy` when the disk is full or fails; nothing was written
   */
  write(change: (table: (name: string) => TableWriter) => void): void
  /** Drops the cached read state, so that the next read sees the newest commit of any process. */
  renew(): void
  /** Bytes of the data file. */
  sizeBytes(): number
  close(): Promise<void>
}

const PAGE_BYTES = 4096

/** The map starts with this much address space; lmdb lets it grow. */
const MAP_BYTES_MIN: number = 16 * 1024 * 1024

/**
 * Opens or makes an environment.
 *
 * The page tree is looked over first, unless it is opened for reading only: whoever does that has
 * it open for writing elsewhere in this process.
 *
 * @throws NarthexError `corrupt` when its pages are damaged, `io` when it cannot be opened or made,
 *   `not_found` when it is to be read only and is not there
 */
export function openEnvironment(options: EnvironmentOptions): Environment {
  const { path, readOnly = false } = options
  const isNew = !fs.existsSync(path)
  if (isNew && readOnly) {
    throw new NarthexError('not_found', `cannot open ${path}: there is no such file`)
  }
  if (!isNew && !readOnly) checkStructure(path)
  try {
    const root = open<Uint8Array, Key>({
      path,
      noSubdir: true,
      readOnly,
      encoding: 'binary',
      keyEncoding: 'binary',
      // Synced before a commit returns. Never noSync (a power cut breaks the file) and never
      // useWritemap (a full disk is then a SIGBUS).
      overlappingSync: false,
      mapSize: mapBytesOf(isNew ? 0 : fs.statSync(path).size),
      maxDbs: options.tables.length + 1,
    })
    const tables = new Map<string, Database<Uint8Array, Key>>()
    for (const name of options.tables) {
      tables.set(name, root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' }))
    }
    if (isNew) syncFolder(dirname(path))
    return new LmdbEnvironment(path, root, tables)
  } catch (error) {
    throw new NarthexError('io', `cannot open ${path}: ${messageOf(error)}`, error)
  }
}

/** Whole pages, at least the minimum. A size that is no positive integer would crash the process. */
function mapBytesOf(fileBytes: number): number {
  const mapBytes = Math.max(MAP_BYTES_MIN, Math.ceil(fileBytes / PAGE_BYTES) * PAGE_BYTES)
  assert(Number.isSafeInteger(mapBytes) && mapBytes > 0, 'a positive map size')
  return mapBytes
}

function syncFolder(dir: string): void {
  const descriptor = fs.openSync(dir, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

class LmdbEnvironment implements Environment {
  readonly path: string
  readonly #root: RootDatabase<Uint8Array, Key>
  readonly #tables = new Map<string, LmdbTable>()
  #writing = false

  constructor(
    path: string,
    root: RootDatabase<Uint8Array, Key>,
    databases: ReadonlyMap<string, Database<Uint8Array, Key>>,
  ) {
    this.path = path
    this.#root = root
    for (const [name, database] of databases) {
      this.#tables.set(name, new LmdbTable(`${path} ${name}`, database))
    }
  }

  table(name: string): Table {
    return tableOf(this.#tables, name)
  }

  write(change: (table: (name: string) => TableWriter) => void): void {
    assert(!this.#writing, 'no transaction inside another')
    let open = true
    const writer = (name: string): TableWriter => {
      assert(open, 'a table writer inside its transaction')
      return tableOf(this.#tables, name)
    }
    this.#writing = true
    try {
      // Braces, no returned value: lmdb takes a returned promise for an asynchronous transaction.
      this.#root.transactionSync(() => {
        const returned: unknown = change(writer)
        assert(!(returned instanceof Promise), 'a transaction that ends when its function does')
      })
    } catch (error) {
      throw isLmdbError(error)
        ? new NarthexError('busy', `cannot write ${this.path}: ${messageOf(error)}`, error)
        : error
    } finally {
      open = false
      this.#writing = false
    }
  }

  renew(): void {
    this.#root.resetReadTxn()
  }

  sizeBytes(): number {
    return fs.statSync(this.path).size
  }

  async close(): Promise<void> {
    await this.#root.close()
  }
}

class LmdbTable implements TableWriter {
  /** File and table, for messages. */
  readonly #place: string
  readonly #database: Database<Uint8Array, Key>

  constructor(place: string, database: Database<Uint8Array, Key>) {
    this.#place = place
    this.#database = database
  }

  get(key: Key): Uint8Array | undefined {
    return this.view(key, (value) => value.slice())
  }

  view<T>(key: Key, use: (value: Uint8Array) => T): T | undefined {
    const stored = this.#database.getBinaryFast(key)
    if (stored === undefined) return undefined
    // lmdb reuses one long buffer whose `length` alone it sets: a view of that length is safe.
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.length)
    if (!isSound(key, bytes)) throw this.#corrupt(key)
    return use(bytes.subarray(0, bytes.length - CHECKSUM_BYTES))
  }

  has(key: Key): boolean {
    return this.#database.getBinaryFast(key) !== undefined
  }

  *keys(from: Key | undefined, to: Key | undefined): Iterable<Key> {
    const range = {
      ...(from === undefined ? {} : { start: from }),
      ...(to === undefined ? {} : { end: to }),
    }
    for (const key of this.#database.getKeys(range)) yield Uint8Array.from(key)
  }

  count(): number {
    return this.#database.getKeysCount()
  }

  put(key: Key, value: Uint8Array): void {
    assert(key.length > 0 && key.length <= KEY_BYTES_MAX, 'a key of 1 to 511 bytes')
    const stored = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES)
    stored.set(value)
    stored.writeUInt32LE(checksumOf(key, value), value.length)
    this.#database.putSync(key, stored)
  }

  remove(key: Key): boolean {
    return this.#database.removeSync(key)
  }

  #corrupt(key: Key): NarthexError {
    const hex = Buffer.from(key).toString('hex')
    return new NarthexError(
      'corrupt',
      `cannot read ${this.#place}: checksum of key ${hex} is wrong`,
    )
  }
}

/** lmdb's own errors carry a number; what a change throws passes as it is. */
function isLmdbError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
}

function tableOf<T>(tables: ReadonlyMap<string, T>, name: string): T {
  const table = tables.get(name)
  assert(table !== undefined, `table ${name} to be among those opened`)
  return table
}
