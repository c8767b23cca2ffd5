/** Texts by number, each once, for as long as somebody uses them. */

const SYMBOLS_FIRST = 1024

export class SymbolBook {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #free: number[] = []
  #uses: Uint32Array = new Uint32Array(SYMBOLS_FIRST)

  /** Numbers are below this. */
  get length(): number {
    return this.#texts.length
  }

  /** The number of a text; -1 for an unknown one. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1
  }

  text(number: number): string {
    return this.#texts[number]
  }

  /** The number of a text, used once more. */
  use(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#free.pop() ?? this.#texts.length
      this.#numbers.set(text, number)
      this.#texts[number] = text
      if (number === this.#uses.length) {
        const uses = new Uint32Array(2 * number)
        uses.set(this.#uses)
        this.#uses = uses
      }
    }
    this.#uses[number]++
    return number
  }

  /** Takes one use back; a text that nobody uses is forgotten. */
  leave(number: number): void {
    if (--this.#uses[number] > 0) return
    this.#numbers.delete(this.#texts[number])
    this.#texts[number] = ''
    this.#free.push(number)
  }
}
