/** JSON with the places of its values, and where it stops being JSON. */

/** A value and its place in the text, `[from, to)` in UTF-16 units. */
export type JsonNode =
  | {
      readonly kind: 'list'
      readonly from: number
      readonly to: number
      readonly items: JsonNode[]
    }
  | {
      readonly kind: 'object'
      readonly from: number
      readonly to: number
      readonly members: JsonMember[]
    }
  | { readonly kind: 'value'; readonly from: number; readonly to: number }

export interface JsonMember {
  readonly key: string
  /** Of the key with its quotes. */
  readonly from: number
  readonly value: JsonNode
}

/** Where a text is no JSON. */
export interface JsonFault {
  readonly at: number
  readonly message: string
}

export type ReadJson = { readonly root: JsonNode } | { readonly fault: JsonFault }

/** Lists and objects inside of each other. */
const DEPTH_MAX = 64

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const SPACE = /[ \t\r\n]*/y

/** Reads a text that a person has written. */
export function readJson(text: string): ReadJson {
  const reader = new Reader(text)
  try {
    return { root: reader.readAll() }
  } catch (error) {
    if (error instanceof Refusal) return { fault: { at: error.at, message: error.message } }
    throw error
  }
}

class Refusal extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readAll(): JsonNode {
    this.#skip()
    const root = this.#readValue(0)
    this.#skip()
    if (this.#at < this.#text.length) this.#refuse('wanted nothing more')
    return root
  }

  #readValue(depth: number): JsonNode {
    if (depth > DEPTH_MAX) this.#refuse(`lists and objects nest deeper than ${DEPTH_MAX}`)
    const from = this.#at
    if (this.#take('[')) {
      const items = this.#readMany(']', () => this.#readValue(depth + 1))
      return { kind: 'list', from, to: this.#at, items }
    }
    if (this.#take('{')) {
      const members = this.#readMany('}', () => this.#readMember(depth))
      return { kind: 'object', from, to: this.#at, members }
    }
    if (this.#text[from] === '"') this.#readString()
    else if (!this.#match(SCALAR)) this.#refuse('wanted a value: "text", [list] or {object}')
    return { kind: 'value', from, to: this.#at }
  }

  #readMany<T>(end: string, read: () => T): T[] {
    const all: T[] = []
    this.#skip()
    if (this.#take(end)) return all
    for (;;) {
      all.push(read())
      this.#skip()
      if (this.#take(end)) return all
      if (!this.#take(',')) this.#refuse(`wanted a comma or ${end}`)
      this.#skip()
    }
  }

  #readMember(depth: number): JsonMember {
    const from = this.#at
    if (this.#text[from] !== '"') this.#refuse('wanted a name in quotes')
    const key = this.#readString()
    this.#skip()
    if (!this.#take(':')) this.#refuse('wanted a colon')
    this.#skip()
    return { key, from, value: this.#readValue(depth + 1) }
  }

  #readString(): string {
    const from = this.#at
    if (!this.#match(STRING)) this.#refuse('the text has no end, or a character that needs a \\')
    return JSON.parse(this.#text.slice(from, this.#at)) as string
  }

  #take(one: string): boolean {
    if (this.#text[this.#at] !== one) return false
    this.#at++
    return true
  }

  #skip(): void {
    this.#match(SPACE)
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #refuse(message: string): never {
    throw new Refusal(this.#at, message)
  }
}
