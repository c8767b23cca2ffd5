/** What can be proven of an LMDB file whose pages are damaged, read without lmdb. */
import { NarthexError } from '../../base/error.ts'
import { CHECKSUM_BYTES, findValueEnd, isSound } from './checksum.ts'
import { type Meta, NO_ROOT, PAGE_HEADER_BYTES, PageFile, type TreePage } from './page.ts'
import { newestMeta } from './structure.ts'

/** Comparisons of lost keys with values that nobody refers to; some 25 µs each. */
const COMPARISONS_MAX = 100_000

/** Pages of a value that is looked at for a lost key. */
const VALUE_PAGES_MAX = 16_384

/** A key with its value; the checksum over both is right. */
export interface ProvenPair {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** The transaction that wrote the page it was found on; a later one is newer. */
  readonly txn: number
}

/** Whether a value is what a key stands for: a checksum alone fits by chance once in a million. */
export type IsMeant = (key: Uint8Array, value: Uint8Array) => boolean

/**
 * Reads a damaged file in three passes, each of which finds less certain things.
 *
 * All of them yield a list of pairs for each page or stretch of pages, often an empty one, so that
 * the caller may pause between two.
 */
export class DamagedEnvironment {
  readonly #file: PageFile
  readonly #meta: Meta | undefined
  /** Commits above this one did not happen. */
  readonly #txnMax: number
  /** A byte for each page: whether the newest tree has it. */
  readonly #isReached: Uint8Array
  #strays: number[] | undefined
  readonly #longValues: { readonly page: number; readonly pageCount: number }[] = []
  #isWhole = true
  #newestTxn = 0

  constructor(path: string) {
    this.#file = new PageFile(path)
    const metas = metasOf(this.#file)
    this.#meta = metas.newest
    this.#txnMax = metas.txnMax
    this.#newestTxn = metas.newest?.txn ?? 0
    this.#isWhole = metas.newest !== undefined
    this.#isReached = new Uint8Array(this.#file.pageCount + 1)
  }

  /** Whether the newest tree had every pair that it should; known after `live`. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** The newest transaction seen. */
  get newestTxn(): number {
    return this.#newestTxn
  }

  close(): void {
    this.#file.close()
  }

  /** The pairs of all tables that the newest tree leads to. */
  *live(): Generator<ProvenPair[]> {
    const open = this.#meta === undefined ? [] : [this.#meta.main.root]
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (number === NO_ROOT) continue
      const page = this.#tryPage(number)
      if (page === undefined || this.#isReached[number] !== 0) {
        this.#isWhole = false
        continue
      }
      this.#isReached[number] = 1
      if (page.isLeaf) yield this.#pairsOf(page, open)
      else this.#addChildren(page, open)
    }
  }

  /**
   * The pairs of leaves that the newest tree does not lead to: because a page above them is damaged,
   * or because they belong to an older state. A key may come several times.
   */
  *stray(): Generator<ProvenPair[]> {
    if (this.#strays === undefined) {
      this.#strays = []
      for (const _ of this.#scan(this.#strays)) yield []
    }
    for (const number of this.#strays) {
      const page = this.#tryPage(number)
      if (page !== undefined) yield this.#pairsOf(page, undefined)
    }
  }

  /**
   * Values of keys whose leaf is gone, among the long values that nothing refers to; after `stray`.
   *
   * @param keys    are taken out when they are found
   * @param isMeant the second proof
   */
  *lost(keys: Set<Uint8Array>, isMeant: IsMeant): Generator<ProvenPair[]> {
    let comparisons = 0
    for (const { page, pageCount } of this.#longValues) {
      if (keys.size === 0 || comparisons > COMPARISONS_MAX) return
      if (this.#isReached[page] !== 0) continue
      comparisons += keys.size
      const pair = this.#compare(page, pageCount, keys, isMeant)
      if (pair !== undefined) keys.delete(pair.key)
      yield pair === undefined ? [] : [pair]
    }
  }

  *#scan(strays: number[]): Generator<undefined> {
    yield* this.#file.scan(
      (page) => {
        if (this.#isReached[page] === 0) strays.push(page)
      },
      (page, pageCount) => {
        if (this.#isReached[page] !== 0 || pageCount < 1 || pageCount > VALUE_PAGES_MAX) return
        this.#longValues.push({ page, pageCount })
      },
    )
  }

  #compare(
    page: number,
    pageCount: number,
    keys: ReadonlySet<Uint8Array>,
    isMeant: IsMeant,
  ): ProvenPair | undefined {
    const { pageBytes } = this.#file
    const longest = pageCount * pageBytes - PAGE_HEADER_BYTES - CHECKSUM_BYTES
    const shortest = Math.max(0, longest - pageBytes + 1)
    const bytes = attempt(() => this.#file.longValue(page, longest + CHECKSUM_BYTES))
    if (bytes === undefined) return undefined
    for (const key of keys) {
      const end = findValueEnd(key, bytes, shortest, longest)
      if (end < 0) continue
      const value = bytes.subarray(0, end)
      if (isMeant(key, value)) return { key, value, txn: 0 }
    }
    return undefined
  }

  #addChildren(page: TreePage, open: number[]): void {
    for (let i = 0; i < page.count; i++) {
      const child = attempt(() => page.child(i))
      if (child === undefined) this.#isWhole = false
      else open.push(child)
    }
  }

  /** @param open gets the roots of tables; undefined for a page that the tree does not lead to */
  #pairsOf(page: TreePage, open: number[] | undefined): ProvenPair[] {
    const pairs: ProvenPair[] = []
    if (page.txn > this.#txnMax || !page.isLeaf) return pairs
    this.#newestTxn = Math.max(this.#newestTxn, page.txn)
    for (let i = 0; i < page.count; i++) {
      const stored = attempt(() => page.stored(i))
      if (stored?.kind === 'tree') {
        open?.push(stored.tree.root)
        continue
      }
      const pair = attempt(() => this.#pairOf(page, i))
      if (pair !== undefined) pairs.push(pair)
      else if (open !== undefined) this.#isWhole = false
    }
    return pairs
  }

  #pairOf(page: TreePage, index: number): ProvenPair | undefined {
    const key = page.key(index)
    const stored = page.stored(index)
    if (stored.kind === 'tree') return undefined
    const isLong = stored.kind === 'long'
    const bytes = isLong ? this.#file.longValue(stored.page, stored.sizeBytes) : stored.bytes
    if (!isSound(key, bytes)) return undefined
    if (isLong) {
      // What lies inside a value may look like a page, but is not one.
      const pages = Math.ceil((PAGE_HEADER_BYTES + stored.sizeBytes) / this.#file.pageBytes)
      this.#isReached.fill(1, stored.page, stored.page + pages)
    }
    return { key, value: bytes.subarray(0, bytes.length - CHECKSUM_BYTES), txn: page.txn }
  }

  #tryPage(number: number): TreePage | undefined {
    return attempt(() => this.#file.treePage(number))
  }
}

/** The newest commit where the meta pages prove it; else what they allow. */
function metasOf(file: PageFile): { newest: Meta | undefined; txnMax: number } {
  const newest = attempt(() => newestMeta(file))
  if (newest !== undefined) return { newest, txnMax: newest.txn }
  const even = attempt(() => file.meta(0))
  const odd = attempt(() => file.meta(1))
  // The commit that a lost meta page told of may be one ahead of the other.
  if (even === undefined || odd === undefined) {
    const known = even ?? odd
    return { newest: undefined, txnMax: known === undefined ? Infinity : known.txn + 1 }
  }
  const areNeighbours = Math.abs(even.txn - odd.txn) === 1
  const txnMax = Math.max(even.txn, odd.txn)
  return { newest: undefined, txnMax: areNeighbours ? txnMax : txnMax + 1 }
}

/** Undefined where a page is damaged. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof NarthexError) || error.kind !== 'corrupt') throw error
    return undefined
  }
}
