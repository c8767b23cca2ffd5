/** Where things stand in a JSON text, and where it stops being one; the language's own parser says neither. */
import { NarthexError } from '../../base/error.ts'
import type { Mark } from '../../config/yaml.ts'

/** Deepest nesting taken. */
export const JSON_DEPTH_MAX = 64

/** Keys and indexes that lead to a value. */
export type Path = readonly (string | number)[]

/** A text that is no JSON, or too deep. */
export class JsonFault extends NarthexError {
  readonly mark: Mark

  constructor(mark: Mark, message: string) {
    super('bad_data', message)
    this.mark = mark
  }
}

const BLANK = /[ \t\r\n]*/y
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const PLAIN = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Goes through a text once. @throws JsonFault where it is no JSON */
export function checkJson(text: string): void {
  new Walker(text, () => {}).walk()
}

/** The places of all values of a text that is JSON. */
export class JsonPlaces {
  readonly #text: string
  readonly #offsets = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
    new Walker(text, (path, at) => this.#offsets.set(keyOf(path), at)).walk()
  }

  /** Where what a path leads to stands; where it is cut off, the last place that is there. */
  markOf(path: Path): Mark {
    for (let length = path.length; length > 0; length--) {
      const at = this.#offsets.get(keyOf(path.slice(0, length)))
      if (at !== undefined) return markAt(this.#text, at)
    }
    return { line: 1, column: 1 }
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}

function markAt(text: string, at: number): Mark {
  let line = 1
  let start = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', start)) {
    line++
    start = next + 1
  }
  return { line, column: at - start + 1 }
}

/** What may come next: a value, an item or `]`, a key or `}`, a key, or what follows a value. */
type State = 'value' | 'firstItem' | 'firstKey' | 'key' | 'after'

class Walker {
  readonly #text: string
  readonly #visit: (path: Path, at: number) => void
  /** Of each open list the index, of each open object the key. */
  readonly #path: (string | number)[] = []
  #at = 0

  constructor(text: string, visit: (path: Path, at: number) => void) {
    this.#text = text
    this.#visit = visit
  }

  walk(): void {
    let state: State = 'value'
    for (;;) {
      this.#take(BLANK)
      if (state === 'after' && this.#path.length === 0) break
      state = this.#step(state)
    }
    if (this.#at < this.#text.length) throw this.#fault('the end')
  }

  #step(state: State): State {
    const c = this.#text[this.#at]
    if (state === 'after') return this.#after(c)
    if (state === 'firstKey' && c === '}') return this.#close()
    if (state === 'firstItem' && c === ']') return this.#close()
    if (state === 'firstKey' || state === 'key') return this.#key()
    this.#visit(this.#path, this.#at)
    if (c === '{') return this.#open('', 'firstKey')
    if (c === '[') return this.#open(0, 'firstItem')
    if (this.#take(TEXT) === undefined && this.#take(PLAIN) === undefined)
      throw this.#fault('a value')
    return 'after'
  }

  #open(step: string | number, state: State): State {
    if (this.#path.length === JSON_DEPTH_MAX) {
      throw this.#fault(`at most ${JSON_DEPTH_MAX} levels`)
    }
    this.#path.push(step)
    this.#at++
    return state
  }

  #close(): State {
    this.#path.pop()
    this.#at++
    return 'after'
  }

  #key(): State {
    const text = this.#take(TEXT)
    if (text === undefined) throw this.#fault('a key in double quotes')
    this.#path[this.#path.length - 1] = JSON.parse(text)
    this.#take(BLANK)
    if (this.#text[this.#at] !== ':') throw this.#fault('a colon')
    this.#at++
    return 'value'
  }

  #after(c: string | undefined): State {
    const step = this.#path[this.#path.length - 1]
    const isList = typeof step === 'number'
    if (c === (isList ? ']' : '}')) return this.#close()
    if (c !== ',') throw this.#fault(isList ? 'a comma or ]' : 'a comma or }')
    this.#at++
    if (!isList) return 'key'
    this.#path[this.#path.length - 1] = step + 1
    return 'value'
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #fault(wanted: string): JsonFault {
    const seen = this.#text.slice(this.#at, this.#at + 10)
    const message = `cannot read JSON: ${JSON.stringify(seen)}, wanted ${wanted}`
    return new JsonFault(markAt(this.#text, this.#at), message)
  }
}
