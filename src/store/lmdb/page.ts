/**
 * The pages of an LMDB file, read without lmdb, which trusts them: a damaged one would end the
 * process by a signal.
 *
 * @source LMDB's mdb.c, structures MDB_meta, MDB_db, MDB_page, MDB_node and MDB_ovpage, data version 2
 */
import fs from 'node:fs'
import { NarthexError } from '../../base/error.ts'

const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

/** Bytes in front of what a page holds. */
export const PAGE_HEADER_BYTES = 24
const PAGE_NUMBER_AT = 0
const PAGE_TXN_AT = 8
const PAGE_FLAGS_AT = 18
const PAGE_LOWER_AT = 20
const PAGE_UPPER_AT = 22
const PAGE_COUNT_AT = 20
const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08
const KINDS: number = BRANCH | LEAF | OVERFLOW | META

const META_AT = PAGE_HEADER_BYTES
const META_MAP_BYTES_AT: number = META_AT + 16
const META_FREE_TREE_AT: number = META_AT + 24
const META_MAIN_TREE_AT: number = META_FREE_TREE_AT + 48
const META_LAST_PAGE_AT: number = META_MAIN_TREE_AT + 48
const META_TXN_AT: number = META_LAST_PAGE_AT + 8
const META_BYTES: number = META_TXN_AT + 8

const TREE_BYTES = 48
const TREE_FLAGS_AT = 4
const TREE_DEPTH_AT = 6
const TREE_ROOT_AT = 40
/** The root of a tree without a page. */
export const NO_ROOT: number = 2 ** 64

const NODE_HEADER_BYTES = 8
const LONG_VALUE = 0x01
const SUBTREE = 0x02
const LONG_VALUE_BYTES = 24

const PAGE_BYTES_MIN = 512
const PAGE_BYTES_MAX = 65_536
/** Page of a file that does not say. */
const PAGE_BYTES_USUAL = 4096
/** Bytes that a scan reads at once. */
const STRETCH_BYTES: number = 1024 * 1024

/** One of the two pages that say where the trees of a committed state begin. */
export interface Meta {
  /** Of the commit. */
  readonly txn: number
  /** Pages that were ever used; the file need not have the last of them. */
  readonly pageCount: number
  /** Address space for the file. */
  readonly mapBytes: number
  /** The tree of free pages, and that of the tables. */
  readonly free: Tree
  readonly main: Tree
}

/** Where a tree begins. */
export interface Tree {
  readonly root: number
  /** Pages from the root to a leaf, both counted. */
  readonly depth: number
  /** How keys are compared and, of the free tree, what the file is like; never changes. */
  readonly flags: number
}

/** What a leaf holds under a key. */
export type Stored =
  | { readonly kind: 'short'; readonly bytes: Uint8Array }
  | { readonly kind: 'long'; readonly page: number; readonly sizeBytes: number }
  | { readonly kind: 'tree'; readonly tree: Tree }

/** A file of pages. What it hands out is a copy. */
export class PageFile {
  readonly path: string
  readonly sizeBytes: number
  readonly pageBytes: number
  readonly #descriptor: number

  constructor(path: string) {
    this.path = path
    this.#descriptor = fs.openSync(path, 'r')
    this.sizeBytes = fs.fstatSync(this.#descriptor).size
    this.pageBytes = this.#findPageBytes()
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }

  /** Whole pages in the file. */
  get pageCount(): number {
    return Math.floor(this.sizeBytes / this.pageBytes)
  }

  /** @throws NarthexError `corrupt` */
  meta(page: 0 | 1): Meta {
    const view = this.#read(page, page * this.pageBytes, META_BYTES)
    if (!isMeta(view) || view.getUint32(META_FREE_TREE_AT, true) !== this.pageBytes) {
      throw this.corrupt(page, 'no meta page of this version')
    }
    return {
      txn: numberAt(view, META_TXN_AT),
      pageCount: numberAt(view, META_LAST_PAGE_AT) + 1,
      mapBytes: numberAt(view, META_MAP_BYTES_AT),
      free: treeAt(view, META_FREE_TREE_AT),
      main: treeAt(view, META_MAIN_TREE_AT),
    }
  }

  /** A branch or a leaf. @throws NarthexError `corrupt` */
  treePage(page: number): TreePage {
    return new TreePage(this, page, this.#read(page, page * this.pageBytes, this.pageBytes))
  }

  /** The bytes of a long value. @throws NarthexError `corrupt` when no such value begins there */
  longValue(page: number, sizeBytes: number): Uint8Array {
    const view = this.#read(page, page * this.pageBytes, PAGE_HEADER_BYTES + sizeBytes)
    if (numberAt(view, PAGE_NUMBER_AT) !== page || kindOf(view, 0) !== OVERFLOW) {
      throw this.corrupt(page, 'no long value')
    }
    return new Uint8Array(view.buffer, view.byteOffset + PAGE_HEADER_BYTES, sizeBytes)
  }

  /**
   * Looks at the header of every page, whatever refers to it; pages may be left over from older
   * states.
   *
   * @param leaf  gets the pages that say that they are leaves
   * @param long  gets those that say that a long value begins there, with its count of pages
   * @yields after each stretch, so that the caller may pause
   */
  *scan(
    leaf: (page: number) => void,
    long: (page: number, pageCount: number) => void,
  ): Generator<undefined> {
    const pagesOfStretch = STRETCH_BYTES / this.pageBytes
    for (let first = 2; first < this.pageCount; first += pagesOfStretch) {
      const count = Math.min(pagesOfStretch, this.pageCount - first)
      const view = this.#read(first, first * this.pageBytes, count * this.pageBytes)
      for (let i = 0; i < count; i++) {
        const at = i * this.pageBytes
        if (numberAt(view, at + PAGE_NUMBER_AT) !== first + i) continue
        if (kindOf(view, at) === LEAF) leaf(first + i)
        if (kindOf(view, at) === OVERFLOW) long(first + i, view.getUint32(at + PAGE_COUNT_AT, true))
      }
      yield
    }
  }

  corrupt(page: number, seen: string): NarthexError {
    return new NarthexError('corrupt', `cannot open ${this.path}: page ${page} has ${seen}`)
  }

  #findPageBytes(): number {
    for (let sizeBytes = PAGE_BYTES_MIN; sizeBytes <= PAGE_BYTES_MAX; sizeBytes *= 2) {
      for (const at of [0, sizeBytes]) {
        if (at + META_BYTES > this.sizeBytes) continue
        const view = this.#read(0, at, META_BYTES)
        if (isMeta(view) && view.getUint32(META_FREE_TREE_AT, true) === sizeBytes) return sizeBytes
      }
    }
    return PAGE_BYTES_USUAL
  }

  #read(page: number, at: number, sizeBytes: number): DataView {
    if (!(at + sizeBytes <= this.sizeBytes)) throw this.corrupt(page, 'the end of the file')
    const bytes = new Uint8Array(sizeBytes)
    if (fs.readSync(this.#descriptor, bytes, 0, sizeBytes, at) !== sizeBytes) {
      throw this.corrupt(page, 'the end of the file')
    }
    return new DataView(bytes.buffer)
  }
}

/** A page of a tree: keys with what is below them. */
export class TreePage {
  readonly number: number
  /** The transaction that wrote it. */
  readonly txn: number
  readonly isLeaf: boolean
  readonly count: number
  readonly #file: PageFile
  readonly #view: DataView

  /** @throws NarthexError `corrupt` */
  constructor(file: PageFile, number: number, view: DataView) {
    this.number = number
    this.#file = file
    this.#view = view
    const kind = kindOf(view, 0)
    if (numberAt(view, PAGE_NUMBER_AT) !== number || (kind !== BRANCH && kind !== LEAF)) {
      throw file.corrupt(number, 'no page of the tree')
    }
    this.isLeaf = kind === LEAF
    this.txn = numberAt(view, PAGE_TXN_AT)
    const lower = view.getUint16(PAGE_LOWER_AT, true)
    const upper = view.getUint16(PAGE_UPPER_AT, true)
    if (lower > upper || upper > file.pageBytes - PAGE_HEADER_BYTES) {
      throw file.corrupt(number, `free space from ${lower} to ${upper}`)
    }
    this.count = lower >>> 1
  }

  /** @throws NarthexError `corrupt` */
  key(index: number): Uint8Array {
    const node = this.#node(index)
    return this.#bytes(
      node + NODE_HEADER_BYTES,
      this.#view.getUint16(node + 6, true),
      'a key outside',
    )
  }

  /** The page below a node of a branch. @throws NarthexError `corrupt` */
  child(index: number): number {
    const node = this.#node(index)
    return this.#view.getUint32(node, true) + this.#view.getUint16(node + 4, true) * 2 ** 32
  }

  /** What a node of a leaf holds. @throws NarthexError `corrupt` */
  stored(index: number): Stored {
    const view = this.#view
    const node = this.#node(index)
    const sizeBytes = view.getUint32(node, true)
    const flags = view.getUint16(node + 4, true)
    const at = node + NODE_HEADER_BYTES + view.getUint16(node + 6, true)
    const isLong = (flags & LONG_VALUE) !== 0
    const bytes = this.#bytes(at, isLong ? LONG_VALUE_BYTES : sizeBytes, 'a value outside')
    if (isLong) return this.#long(numberAt(view, at), numberAt(view, at + 16), sizeBytes)
    if ((flags & SUBTREE) === 0) return { kind: 'short', bytes }
    if (sizeBytes !== TREE_BYTES) throw this.#file.corrupt(this.number, 'a table without a tree')
    return { kind: 'tree', tree: treeAt(view, at) }
  }

  /** Where it lies and how many pages it says it has; its bytes are its owner's to check. */
  #long(page: number, pageCount: number, sizeBytes: number): Stored {
    const { pageBytes } = this.#file
    const storedBytes = PAGE_HEADER_BYTES + sizeBytes
    if (pageCount !== Math.ceil(storedBytes / pageBytes)) {
      throw this.#file.corrupt(page, `a long value of ${pageCount} pages`)
    }
    if (!(page >= 2 && page * pageBytes + storedBytes <= this.#file.sizeBytes)) {
      throw this.#file.corrupt(page, 'a long value past the end')
    }
    return { kind: 'long', page, sizeBytes }
  }

  #node(index: number): number {
    const at = this.#view.getUint16(PAGE_HEADER_BYTES + 2 * index, true) + PAGE_HEADER_BYTES
    if (at + NODE_HEADER_BYTES > this.#view.byteLength) {
      throw this.#file.corrupt(this.number, 'a node outside')
    }
    return at
  }

  #bytes(at: number, sizeBytes: number, refusal: string): Uint8Array {
    if (at + sizeBytes > this.#view.byteLength) throw this.#file.corrupt(this.number, refusal)
    return new Uint8Array(this.#view.buffer, at, sizeBytes)
  }
}

function isMeta(view: DataView): boolean {
  return (
    kindOf(view, 0) === META &&
    view.getUint32(META_AT, true) === MAGIC &&
    view.getUint32(META_AT + 4, true) === DATA_VERSION
  )
}

function treeAt(view: DataView, at: number): Tree {
  return {
    root: numberAt(view, at + TREE_ROOT_AT),
    depth: view.getUint16(at + TREE_DEPTH_AT, true),
    flags: view.getUint16(at + TREE_FLAGS_AT, true),
  }
}

function kindOf(view: DataView, at: number): number {
  return view.getUint16(at + PAGE_FLAGS_AT, true) & KINDS
}

/** 64 bits as a number; those over 2^53 are no page of any file, whichever way they are rounded. */
function numberAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
