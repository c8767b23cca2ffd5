/**
 * Looks over the page trees of an LMDB file before lmdb maps it. Values have checksums of their own
 * and are not read here; what is read is the two meta pages and the branch and leaf pages (1 of 70
 * in a file of blocks).
 */
import { type Meta, NO_ROOT, PageFile, type Tree, type TreePage } from './page.ts'

/**
 * Passes when every page of the newest committed state is where the tree says, and every key where
 * a search looks for it.
 *
 * @throws NarthexError `corrupt` naming the file and the first page that is wrong
 */
export function checkStructure(path: string): void {
  const file = new PageFile(path)
  try {
    const meta = newestMeta(file)
    if (meta.pageCount * file.pageBytes > meta.mapBytes) {
      throw file.corrupt(meta.txn % 2, `${meta.pageCount} pages in ${meta.mapBytes} bytes`)
    }
    const walk = new Walk(file, meta.pageCount)
    walk.check(meta.free, false)
    walk.check(meta.main, true)
  } finally {
    file.close()
  }
}

/**
 * The meta page of the last commit.
 *
 * Meta pages have no checksum. But commits take turns, so that their numbers are neighbours; each
 * writes the root of the tree of tables anew; and what never changes stands in both.
 *
 * @throws NarthexError `corrupt`
 */
export function newestMeta(file: PageFile): Meta {
  const even = file.meta(0)
  const odd = file.meta(1)
  if (even.free.flags !== odd.free.flags || even.main.flags !== odd.main.flags) {
    throw file.corrupt(0, 'other flags than page 1')
  }
  if (even.txn === 0 && odd.txn === 0) return even
  if (even.txn % 2 !== 0 || Math.abs(even.txn - odd.txn) !== 1) {
    throw file.corrupt(0, `commit ${even.txn} beside ${odd.txn}`)
  }
  const newest = even.txn > odd.txn ? even : odd
  const { root } = newest.main
  if (root !== NO_ROOT && file.treePage(root).txn !== newest.txn) {
    throw file.corrupt(root, `no root of commit ${newest.txn}`)
  }
  return newest
}

/** A page with the keys that may stand in it and below: [from, to); undefined: no bound. */
interface Bounded {
  readonly page: number
  /** Pages that must follow until a leaf. */
  readonly above: number
  readonly from: Uint8Array | undefined
  readonly to: Uint8Array | undefined
}

function rootOf({ root, depth }: Tree): Bounded {
  return { page: root, above: depth - 1, from: undefined, to: undefined }
}

class Walk {
  readonly #file: PageFile
  readonly #pageCount: number
  readonly #seen = new Set<number>()

  constructor(file: PageFile, pageCount: number) {
    this.#file = file
    this.#pageCount = pageCount
  }

  /** Everything of a tree, each page once. Keys of the tree of free pages sort otherwise. */
  check(tree: Tree, isSorted: boolean): void {
    const open = [rootOf(tree)]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.page === NO_ROOT && next.above === -1) continue
      if (this.#seen.has(next.page)) throw this.#file.corrupt(next.page, 'two parents')
      this.#seen.add(next.page)
      this.#checkPage(next.page)
      const page = this.#file.treePage(next.page)
      if (page.isLeaf !== (next.above === 0)) {
        throw this.#file.corrupt(next.page, `${next.above} pages below it`)
      }
      if (isSorted) this.#checkKeys(page, next)
      for (let i = 0; i < page.count; i++) {
        if (!page.isLeaf) {
          const from = i === 0 ? next.from : page.key(i)
          const to = i + 1 < page.count ? page.key(i + 1) : next.to
          open.push({ page: page.child(i), above: next.above - 1, from, to })
          continue
        }
        const stored = page.stored(i)
        if (stored.kind === 'tree') open.push(rootOf(stored.tree))
        else if (stored.kind === 'long') this.#checkPage(stored.page)
      }
    }
  }

  /** A page behind the last would be used a second time. */
  #checkPage(page: number): void {
    if (page >= this.#pageCount) throw this.#file.corrupt(page, `only ${this.#pageCount} before it`)
  }

  /** The first key of a branch stands for all below the second, and is empty. */
  #checkKeys(page: TreePage, { from, to }: Bounded): void {
    let previous = from
    for (let i = page.isLeaf ? 0 : 1; i < page.count; i++) {
      const key = page.key(i)
      const order = previous === undefined ? 1 : Buffer.compare(key, previous)
      const mayEqual = page.isLeaf && previous === from
      if (order < 0 || (order === 0 && !mayEqual)) {
        throw this.#file.corrupt(page.number, 'keys out of order')
      }
      if (to !== undefined && Buffer.compare(key, to) >= 0) {
        throw this.#file.corrupt(page.number, 'a key that belongs elsewhere')
      }
      previous = key
    }
  }
}
