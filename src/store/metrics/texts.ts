/** Stores texts as UTF-8 in pages: a text is written once, and dead ones leave with their page. */
import * as at from './layout.ts'
import type { Memory } from './pages.ts'

const encoder = new TextEncoder()

/** Characters up to which a text is encoded without TextEncoder. */
const BY_HAND_MAX = 64

/** Seed of all label hashes of this process, so that nobody can choose colliding labels. */
const SEED = (Math.random() * 0xffffffff) >>> 0

/** Appends texts; `load` one, look for it, `store` it when it is new. */
export class Texts {
  /** The loaded text; valid until the next load. */
  loaded: Uint8Array = new Uint8Array(0)
  /** Where `store` put it. */
  page = 0
  from = 0
  readonly #memory: Memory
  #scratch = new Uint8Array(4096)
  readonly #liveBytes: number[] = []
  readonly #emptyPages: number[] = []
  #page = -1
  #end = at.TEXT_PAGE_BYTES

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** Encodes a text and returns its hash, mixed with `salt`. */
  load(text: string, salt: number): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(text.length * 4)
    const length = this.#encode(text)
    this.loaded = this.#scratch.subarray(0, length)
    return hashBytes(this.#scratch, 0, length, salt)
  }

  /** Short ASCII, which labels mostly are, costs less by hand. */
  #encode(text: string): number {
    const scratch = this.#scratch
    if (text.length > BY_HAND_MAX) return encoder.encodeInto(text, scratch).written
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return encoder.encodeInto(text, scratch).written
      scratch[i] = code
    }
    return text.length
  }

  /** Appends the loaded text. */
  store(): void {
    const bytes = this.loaded
    if (bytes.length > at.TEXT_PAGE_BYTES - this.#end) this.#addPage(bytes.length)
    this.page = this.#page
    this.from = this.#end
    this.#memory.tables[at.TEXTS].bytes[this.#page].set(bytes, this.#end)
    this.#end += bytes.length
    this.#liveBytes[this.#page] += bytes.length
  }

  /** Counts a dead text; a page without living ones is written anew. No reader may know the text. */
  release(page: number, sizeBytes: number): void {
    this.#liveBytes[page] -= sizeBytes
    if (this.#liveBytes[page] === 0 && page !== this.#page) this.#emptyPages.push(page)
  }

  #addPage(wantedBytes: number): void {
    this.#end = 0
    const empty = wantedBytes <= at.TEXT_PAGE_BYTES ? this.#emptyPages.pop() : undefined
    if (empty !== undefined) {
      this.#page = empty
      return
    }
    this.#page = this.#memory.tables[at.TEXTS].words.length
    const sizeBytes = Math.max(at.TEXT_PAGE_BYTES, Math.ceil(wantedBytes / 8) * 8)
    this.#memory.ensurePage(at.TEXTS, this.#page, sizeBytes)
    this.#liveBytes[this.#page] = 0
  }
}

/** A seeded 32-bit hash of bytes[from, to). */
function hashBytes(bytes: Uint8Array, from: number, to: number, salt: number): number {
  let hash = SEED ^ Math.imul(salt, 0x9e3779b1)
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ bytes[i], 0x01000193)
    hash = (hash << 13) | (hash >>> 19)
  }
  hash ^= to - from
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
