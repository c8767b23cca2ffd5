/**
 * Looks over the page tree of an LMDB file before lmdb maps it.
 *
 * LMDB trusts its pages: a damaged page number or a file cut short ends the process by a signal, and
 * so does a file that is no environment at all. Values have checksums of their own and are not read
 * here; what is read is the two meta pages and the branch and leaf pages (1 of 70 in a file of
 * blocks).
 *
 * @source LMDB's mdb.c, structures MDB_meta, MDB_db, MDB_page, MDB_node and MDB_ovpage, data version 2
 */
import fs from 'node:fs'
import { NarthexError } from '../../base/error.ts'

const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

const PAGE_HEADER_BYTES = 24
const PAGE_NUMBER_AT = 0
const PAGE_FLAGS_AT = 18
const PAGE_LOWER_AT = 20
const PAGE_UPPER_AT = 22
const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08

const META_AT = PAGE_HEADER_BYTES
const META_FREE_TREE_AT: number = META_AT + 24
const META_MAIN_TREE_AT: number = META_FREE_TREE_AT + 48
const META_TXN_AT: number = META_MAIN_TREE_AT + 56
const META_BYTES: number = META_TXN_AT + 8

const TREE_BYTES = 48
const TREE_ROOT_AT = 40
const NO_ROOT = 2 ** 64

const NODE_HEADER_BYTES = 8
const LONG_VALUE = 0x01
const SUBTREE = 0x02
const LONG_VALUE_BYTES = 24

const PAGE_BYTES_MIN = 512
const PAGE_BYTES_MAX = 65_536

/**
 * Passes when every page of the newest committed state is where the tree says.
 *
 * @throws NarthexError `corrupt` naming the file and the first page that is wrong
 */
export function checkStructure(path: string): void {
  const descriptor = fs.openSync(path, 'r')
  try {
    new Walk(path, descriptor).check()
  } finally {
    fs.closeSync(descriptor)
  }
}

class Walk {
  readonly #path: string
  readonly #descriptor: number
  readonly #fileBytes: number
  readonly #seen = new Set<number>()
  #pageBytes = PAGE_BYTES_MIN

  constructor(path: string, descriptor: number) {
    this.#path = path
    this.#descriptor = descriptor
    this.#fileBytes = fs.fstatSync(descriptor).size
  }

  check(): void {
    const first = this.#readMeta(0, 0)
    this.#pageBytes = first.getUint32(META_FREE_TREE_AT, true)
    if (this.#pageBytes < PAGE_BYTES_MIN || this.#pageBytes > PAGE_BYTES_MAX) {
      throw this.#corrupt(0, `pages of ${this.#pageBytes} bytes`)
    }
    const second = this.#readMeta(1, this.#pageBytes)
    const newest = numberAt(first, META_TXN_AT) > numberAt(second, META_TXN_AT) ? first : second
    this.#walk(numberAt(newest, META_FREE_TREE_AT + TREE_ROOT_AT))
    this.#walk(numberAt(newest, META_MAIN_TREE_AT + TREE_ROOT_AT))
  }

  #readMeta(page: number, at: number): DataView {
    const view = this.#read(page, at, META_BYTES)
    const known =
      (view.getUint16(PAGE_FLAGS_AT, true) & META) !== 0 &&
      view.getUint32(META_AT, true) === MAGIC &&
      view.getUint32(META_AT + 4, true) === DATA_VERSION
    if (!known) throw this.#corrupt(page, 'no meta page of this version')
    return view
  }

  /** Everything below `root`, each page once. */
  #walk(root: number): void {
    if (root === NO_ROOT) return
    const open = [root]
    for (let page = open.pop(); page !== undefined; page = open.pop()) {
      if (this.#seen.has(page)) throw this.#corrupt(page, 'two parents')
      this.#seen.add(page)
      const view = this.#readPage(page)
      const isLeaf = (view.getUint16(PAGE_FLAGS_AT, true) & LEAF) !== 0
      const count = this.#countNodes(page, view)
      for (let i = 0; i < count; i++) {
        const node = view.getUint16(PAGE_HEADER_BYTES + 2 * i, true) + PAGE_HEADER_BYTES
        if (node + NODE_HEADER_BYTES > this.#pageBytes) throw this.#corrupt(page, 'a node outside')
        if (isLeaf) this.#checkLeafNode(page, view, node, open)
        else open.push(this.#childOf(page, view, node))
      }
    }
  }

  #countNodes(page: number, view: DataView): number {
    const lower = view.getUint16(PAGE_LOWER_AT, true)
    const upper = view.getUint16(PAGE_UPPER_AT, true)
    if (lower > upper || upper > this.#pageBytes - PAGE_HEADER_BYTES) {
      throw this.#corrupt(page, `free space from ${lower} to ${upper}`)
    }
    return lower >>> 1
  }

  #childOf(page: number, view: DataView, node: number): number {
    const keyEnd = node + NODE_HEADER_BYTES + view.getUint16(node + 6, true)
    if (keyEnd > this.#pageBytes) throw this.#corrupt(page, 'a key outside')
    return view.getUint32(node, true) + view.getUint16(node + 4, true) * 2 ** 32
  }

  #checkLeafNode(page: number, view: DataView, node: number, open: number[]): void {
    const sizeBytes = view.getUint32(node, true)
    const flags = view.getUint16(node + 4, true)
    const value = node + NODE_HEADER_BYTES + view.getUint16(node + 6, true)
    const storedBytes = (flags & LONG_VALUE) !== 0 ? LONG_VALUE_BYTES : sizeBytes
    if (value + storedBytes > this.#pageBytes) throw this.#corrupt(page, 'a value outside')
    if ((flags & LONG_VALUE) !== 0) {
      this.#checkLongValue(numberAt(view, value), numberAt(view, value + 16), sizeBytes)
    } else if ((flags & SUBTREE) !== 0) {
      if (sizeBytes !== TREE_BYTES) throw this.#corrupt(page, 'a table without a tree')
      const root = numberAt(view, value + TREE_ROOT_AT)
      if (root !== NO_ROOT) open.push(root)
    }
  }

  /** Where it lies and how many pages it says it has; its bytes are its owner's to check. */
  #checkLongValue(page: number, pageCount: number, sizeBytes: number): void {
    const storedBytes = PAGE_HEADER_BYTES + sizeBytes
    if (pageCount !== Math.ceil(storedBytes / this.#pageBytes)) {
      throw this.#corrupt(page, `a long value of ${pageCount} pages`)
    }
    if (!(page >= 2 && page * this.#pageBytes + storedBytes <= this.#fileBytes)) {
      throw this.#corrupt(page, 'a long value past the end')
    }
  }

  #readPage(page: number): DataView {
    const view = this.#read(page, page * this.#pageBytes, this.#pageBytes)
    const kind = view.getUint16(PAGE_FLAGS_AT, true) & (BRANCH | LEAF | OVERFLOW | META)
    if (numberAt(view, PAGE_NUMBER_AT) !== page || (kind !== BRANCH && kind !== LEAF)) {
      throw this.#corrupt(page, 'no page of the tree')
    }
    return view
  }

  #read(page: number, at: number, sizeBytes: number): DataView {
    if (!(at + sizeBytes <= this.#fileBytes)) throw this.#corrupt(page, 'the end of the file')
    const bytes = Buffer.allocUnsafe(sizeBytes)
    const read = fs.readSync(this.#descriptor, bytes, 0, sizeBytes, at)
    if (read !== sizeBytes) throw this.#corrupt(page, 'the end of the file')
    return new DataView(bytes.buffer, bytes.byteOffset, sizeBytes)
  }

  #corrupt(page: number, seen: string): NarthexError {
    return new NarthexError('corrupt', `cannot open ${this.#path}: page ${page} has ${seen}`)
  }
}

/** 64 bits as a number; those over 2^53 are no page of any file, whichever way they are rounded. */
function numberAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
