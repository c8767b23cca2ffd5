/**
 * YAML in the shape that programs write, read line by line: block maps and lists, scalars on one line,
 * flat flow lists and maps.
 *
 * Anything else (anchors, tags, merges, texts of several lines, a fault, a key that is there twice) is
 * left to `parseYaml`, which knows it all and where it stands, at ten times the cost.
 */
import { YAML_LENGTH_MAX, YAML_NODES_MAX } from './yaml.ts'

/** Deepest nesting read here. */
const DEPTH_MAX = 16

/** Longest key read here; YAML itself has a bound for keys. */
const KEY_LENGTH_MAX = 256

/** Characters that YAML does not take, and those that are spaces or ends of lines to some only. */
const UNUSUAL =
  /[\0-\x09\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\ufffe\uffff]/

/** Of a scalar without quotes, wherever it stands. */
const LETTER = '[\\w./\\u00a1-\\ud7ff\\ud800-\\udfff]'
const WORD = '[\\w\\u00a1-\\ud7ff\\ud800-\\udfff]'
const PLAIN = `${WORD}(?:${LETTER}|[%@=+~;()-]|:(?=${WORD})| +(?=${WORD}))*`
const QUOTED = `"(?:[^"\\\\]|\\\\["\\\\/bfnrtu])*"|'(?:[^']|'')*'`
const KEY = `${QUOTED}|${WORD}(?:${LETTER}|-)*`

const PAIR = new RegExp(`^(${KEY}):(?: +|$)`)
const SCALAR = new RegExp(`^(?:${QUOTED}|${PLAIN})$`)
const FLOW_SCALAR = new RegExp(` *(${QUOTED}|${PLAIN}) *(,|$)`, 'y')
const FLOW_KEY = new RegExp(` *(${KEY}): +`, 'y')
const NULL = /^(?:null|Null|NULL)$/

/** The same as `toPlain` makes of `parseYaml`; undefined for a text that has to be read there. */
export function readBlockYaml(text: string): unknown {
  if (text.length > YAML_LENGTH_MAX || UNUSUAL.test(text)) return undefined
  try {
    return new BlockReader(text).read()
  } catch (error) {
    if (error instanceof Beyond) return undefined
    throw error
  }
}

/** Ends the reading; never leaves this file. */
class Beyond extends Error {}

class BlockReader {
  readonly #lines: string[] = []
  readonly #indents: number[] = []
  #at = 0
  #nodeCount = 0

  constructor(text: string) {
    let isBegun = false
    for (const line of text.split('\n')) {
      const content = line.trim()
      if (content === '' || content.startsWith('#')) continue
      const isStart = line === '---' && !isBegun
      isBegun = true
      if (isStart) continue
      if (/^(?:---|\.\.\.|%)/.test(line)) throw new Beyond()
      this.#lines.push(content)
      this.#indents.push(line.length - line.trimStart().length)
    }
  }

  read(): unknown {
    if (this.#lines.length === 0) throw new Beyond()
    const root = this.#block(this.#indents[0], 0)
    if (this.#at < this.#lines.length) throw new Beyond()
    return root
  }

  /** A list or map whose first line is the present one. */
  #block(indent: number, depth: number): unknown {
    if (depth > DEPTH_MAX) throw new Beyond()
    this.#count()
    return isItem(this.#lines[this.#at]) ? this.#list(indent, depth) : this.#map(indent, depth)
  }

  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (this.#isAt(indent) && isItem(this.#lines[this.#at])) {
      const rest = this.#lines[this.#at].slice(1)
      const content = rest.trimStart()
      if (content === '') throw new Beyond()
      if (isItem(content) || PAIR.test(content)) {
        // What stands behind the dash is the first line of a block.
        const inner = indent + 1 + rest.length - content.length
        this.#lines[this.#at] = content
        this.#indents[this.#at] = inner
        items.push(this.#block(inner, depth + 1))
      } else {
        items.push(this.#inline(content))
      }
    }
    return items
  }

  #map(indent: number, depth: number): unknown {
    const map: Record<string, unknown> = Object.create(null)
    while (this.#isAt(indent)) {
      const line = this.#lines[this.#at]
      const pair = PAIR.exec(line)
      if (pair === null) throw new Beyond()
      const key = this.#key(pair[1], map)
      const value = line.slice(pair[0].length)
      map[key] = value === '' ? this.#below(indent, depth) : this.#inline(value)
    }
    return map
  }

  /** What stands in the lines below a key: a block, or nothing. */
  #below(indent: number, depth: number): unknown {
    this.#at++
    const next = this.#at < this.#lines.length ? this.#indents[this.#at] : -1
    if (next > indent) return this.#block(next, depth + 1)
    if (next === indent && isItem(this.#lines[this.#at])) return this.#block(next, depth + 1)
    this.#count()
    return null
  }

  /** Whether the present line belongs to the block; one that stands deeper belongs to none. */
  #isAt(indent: number): boolean {
    if (this.#at >= this.#lines.length) return false
    if (this.#indents[this.#at] > indent) throw new Beyond()
    return this.#indents[this.#at] === indent
  }

  /** A value that ends with its line. */
  #inline(text: string): unknown {
    this.#at++
    this.#count()
    if (text.startsWith('[') && text.endsWith(']')) return this.#flowList(text.slice(1, -1))
    if (text.startsWith('{') && text.endsWith('}')) return this.#flowMap(text.slice(1, -1))
    if (SCALAR.test(text)) return decodeScalar(text)
    throw new Beyond()
  }

  #flowList(text: string): unknown[] {
    const items: unknown[] = []
    if (text.trim() === '') return items
    for (let at = 0; ; ) {
      const [value, end, isLast] = this.#flowScalar(text, at)
      items.push(value)
      if (isLast) return items
      at = end
    }
  }

  #flowMap(text: string): unknown {
    const map: Record<string, unknown> = Object.create(null)
    if (text.trim() === '') return map
    for (let at = 0; ; ) {
      FLOW_KEY.lastIndex = at
      const found = FLOW_KEY.exec(text)
      if (found === null) throw new Beyond()
      const key = this.#key(found[1], map)
      const [value, end, isLast] = this.#flowScalar(text, FLOW_KEY.lastIndex)
      map[key] = value
      if (isLast) return map
      at = end
    }
  }

  #flowScalar(text: string, at: number): [unknown, number, boolean] {
    FLOW_SCALAR.lastIndex = at
    const found = FLOW_SCALAR.exec(text)
    if (found === null) throw new Beyond()
    this.#count()
    return [decodeScalar(found[1]), FLOW_SCALAR.lastIndex, found[2] === '']
  }

  #key(text: string, map: Readonly<Record<string, unknown>>): string {
    this.#count()
    const isQuoted = text.startsWith('"') || text.startsWith("'")
    const key = isQuoted ? (decodeScalar(text) as string) : text
    if (key === '<<' || key.length > KEY_LENGTH_MAX || key in map) throw new Beyond()
    return key
  }

  #count(): void {
    if (++this.#nodeCount > YAML_NODES_MAX) throw new Beyond()
  }
}

function isItem(line: string): boolean {
  return line.startsWith('- ') || line === '-'
}

function decodeScalar(text: string): string | null {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (!text.startsWith('"')) return NULL.test(text) ? null : text
  return text.includes('\\') ? decodeEscapes(text) : text.slice(1, -1)
}

function decodeEscapes(text: string): string {
  if (/\\u(?:[dD]|(?![0-9a-fA-F]{4}))/.test(text)) throw new Beyond()
  return JSON.parse(text) as string
}
