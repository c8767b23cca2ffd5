/** Tables of fixed-size records in pages of shared memory: pages never move and never shrink. */
import { assert } from '../../base/error.ts'

/** A page as it travels to a reader in another thread. */
export interface PageMessage {
  readonly table: number
  readonly page: number
  readonly buffer: ArrayBufferLike
}

/** One page of a table, seen as words, as float64 and as bytes. */
class Table {
  readonly words: Uint32Array[] = []
  readonly floats: Float64Array[] = []
  readonly bytes: Uint8Array[] = []

  add(buffer: ArrayBufferLike): void {
    this.words.push(new Uint32Array(buffer))
    this.floats.push(new Float64Array(buffer))
    this.bytes.push(new Uint8Array(buffer))
  }
}

/** The tables of one head or one window, and who else wants to see their pages. */
export class Memory {
  readonly tables: Table[]
  readonly control: Int32Array
  readonly #shared: boolean
  readonly #watchers = new Set<(message: PageMessage) => void>()
  sizeBytes = 0

  constructor(tableCount: number, shared: boolean, control?: Int32Array) {
    this.tables = Array.from({ length: tableCount }, () => new Table())
    this.#shared = shared
    this.control = control ?? new Int32Array(this.#allocate(CONTROL_BYTES))
  }

  /** Makes sure that a table has the given page of `sizeBytes`. */
  ensurePage(table: number, page: number, sizeBytes: number): void {
    const target = this.tables[table]
    if (page < target.words.length) return
    assert(page === target.words.length, 'pages to be made in order')
    const buffer = this.#allocate(sizeBytes)
    target.add(buffer)
    this.sizeBytes += sizeBytes
    for (const watch of this.#watchers) watch({ table, page, buffer })
  }

  /** Words of a page that may have been made a moment ago by the writing thread. */
  fetch(table: number, page: number): Uint32Array {
    this.poll()
    const words = this.tables[table].words[page]
    assert(words !== undefined, `page ${page} of table ${table} to have been announced`)
    return words
  }

  /** Takes over pages that another thread has announced; set by readers. */
  poll: () => void = () => {}

  /** Takes over a page that another thread made. */
  receive(message: PageMessage): void {
    const target = this.tables[message.table]
    if (message.page === target.words.length) target.add(message.buffer)
  }

  /** Everything there is, for a reader that begins now. */
  pages(): PageMessage[] {
    return this.tables.flatMap((table, index) =>
      table.words.map((words, page) => ({ table: index, page, buffer: words.buffer })),
    )
  }

  /** Calls back for each page made from now on; the result ends it. */
  watch(watcher: (message: PageMessage) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  #allocate(sizeBytes: number): ArrayBufferLike {
    return this.#shared ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes)
  }
}

const CONTROL_BYTES = 256
