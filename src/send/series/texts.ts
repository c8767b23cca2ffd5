/** Lists of texts that many share: each is kept once, under a number, while somebody uses it. */

const SEPARATOR = '\0'

/** Joins texts, the first of which is not empty; equal only for equal lists. */
export function joinTexts(texts: readonly string[]): string {
  for (const text of texts) {
    if (text.includes(SEPARATOR)) return SEPARATOR + JSON.stringify(texts)
  }
  return texts.join(SEPARATOR)
}

/** Takes joinTexts back. */
export function splitTexts(joined: string): readonly string[] {
  if (joined === '') return []
  if (joined.startsWith(SEPARATOR)) return JSON.parse(joined.slice(1))
  // Not by split(): the runtime keeps what that returns, and each of its texts, in tables.
  const texts: string[] = []
  let from = 0
  for (let to = joined.indexOf(SEPARATOR); to >= 0; to = joined.indexOf(SEPARATOR, from)) {
    texts.push(joined.slice(from, to))
    from = to + 1
  }
  texts.push(joined.slice(from))
  return texts
}

/** Joined lists by number, from 1. */
export class SharedTexts {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = ['']
  readonly #users: number[] = [0]
  readonly #free: number[] = []

  get count(): number {
    return this.#numbers.size
  }

  /** The number of a list; 0 when nobody uses it. */
  find(joined: string): number {
    return this.#numbers.get(joined) ?? 0
  }

  /** The number of a list with one more user. */
  use(joined: string): number {
    let number = this.find(joined)
    if (number === 0) {
      number = this.#free.pop() ?? this.#texts.length
      this.#numbers.set(joined, number)
      this.#texts[number] = joined
      this.#users[number] = 0
    }
    this.#users[number]++
    return number
  }

  /** One user less; the last one takes the list with it. */
  leave(number: number): void {
    if (--this.#users[number] > 0) return
    this.#numbers.delete(this.#texts[number])
    this.#texts[number] = ''
    this.#free.push(number)
  }

  joined(number: number): string {
    return this.#texts[number]
  }
}
