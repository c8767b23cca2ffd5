/** Finds what belongs to a word of bytes, without a text while words keep their order. */
import type { KeptFile } from './kept.ts'

interface Entry<T> {
  readonly word: Buffer
  readonly value: T
}

/** Words of one file. `rewind` before each pass; the word after the last one is tried first. */
export class WordMap<T> {
  #entries: Entry<T>[] = []
  readonly #byText = new Map<string, number>()
  #next = 0

  /** Expects the first word again. */
  rewind(): void {
    this.#next = 0
  }

  /**
   * What belongs to `file.bytes[from, to)`.
   *
   * @param make makes it for a word that is new
   */
  find(file: KeptFile, from: number, to: number, make: (text: string) => T): T {
    const expected = this.#entries.at(this.#next)
    if (expected !== undefined && isEqual(expected.word, file.bytes, from, to)) {
      this.#next++
      return expected.value
    }
    const text = file.text(from, to)
    let index = this.#byText.get(text)
    if (index === undefined) {
      index = this.#entries.length
      this.#entries.push({ word: Buffer.from(file.bytes.subarray(from, to)), value: make(text) })
      this.#byText.set(text, index)
    }
    this.#next = index + 1
    return this.#entries[index].value
  }

  /** Forgets the words that are not worth keeping. */
  prune(keep: (value: T) => boolean): void {
    if (this.#entries.every((entry) => keep(entry.value))) return
    this.#entries = this.#entries.filter((entry) => keep(entry.value))
    this.#byText.clear()
    this.#entries.forEach((entry, i) => {
      this.#byText.set(entry.word.toString('utf8'), i)
    })
  }
}

function isEqual(word: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (word.length !== to - from) return false
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[from + i]) return false
  return true
}
