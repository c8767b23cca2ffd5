/** Where in a YAML file an expression is wrong: its parser counts from where the expression begins. */
import type { Problem } from '../../config/report.ts'
import type { Mark, YamlNode } from '../../config/yaml.ts'

/** What the parser of expressions says: its place, and what is wrong. */
const PARSE_FAULT = /^(\d+):(\d+): (parse error: .*)$/s

/** Characters after the backslash of an escape in double quotes. */
const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 3, u: 5, U: 9 }

/**
 * A problem of an expression, moved from where the expression begins to where it is wrong.
 *
 * @param source the text of the file
 * @param root   its tree
 */
export function placeInExpr(source: string, root: YamlNode | undefined, problem: Problem): Problem {
  const match = PARSE_FAULT.exec(problem.message)
  const text = match === null ? undefined : textAt(root, problem)
  if (match === null || text === undefined) return problem
  // The parser tells where what it did not expect ends.
  const read = text.slice(0, offsetOf(text, Number(match[1]), Number(match[2]))).trimEnd()
  const before = read.replace(/(?:[\w:.]+|.)$/s, '')
  const mark = markOf(source, new Walk(source, problem).pass(before))
  return { ...problem, ...mark, message: match[3] }
}

/** The text of the scalar that begins at a place. */
function textAt(node: YamlNode | undefined, mark: Mark): string | undefined {
  if (node === undefined) return undefined
  if (node.kind === 'scalar') {
    const isHere = node.mark.line === mark.line && node.mark.column === mark.column
    return isHere ? node.text : undefined
  }
  const inside = node.kind === 'list' ? node.items : node.entries.map(({ value }) => value)
  for (const each of inside) {
    const text = textAt(each, mark)
    if (text !== undefined) return text
  }
  return undefined
}

/**
 * Goes through a scalar as it is written. What folding, indentation and escapes do to it are blanks:
 * the n-th character of its text that is none is the n-th as it is written.
 */
class Walk {
  readonly #source: string
  readonly #quote: string
  #at: number

  constructor(source: string, mark: Mark) {
    const from = lineStart(source, mark.line) + mark.column - 1
    const first = source[from]
    this.#source = source
    this.#quote = first === '"' || first === "'" ? first : ''
    this.#at = from
    if (this.#quote !== '') this.#at++
    if (first === '|' || first === '>') this.#at = source.indexOf('\n', from) + 1
  }

  /** The place of what comes after a text. */
  pass(text: string): number {
    for (const _ of text.replaceAll(/\s/g, '')) {
      this.#skipBlanks()
      this.#at += this.#lengthHere()
    }
    this.#skipBlanks()
    return this.#at
  }

  #skipBlanks(): void {
    const source = this.#source
    for (;;) {
      if (/\s/.test(source[this.#at] ?? '')) this.#at++
      else if (this.#quote === '"' && /^\\[ nrt\n]/.test(source.slice(this.#at, this.#at + 2))) {
        this.#at += 2
      } else return
    }
  }

  /** How many characters the next one is written with. */
  #lengthHere(): number {
    const [c, next] = [this.#source[this.#at], this.#source[this.#at + 1]]
    if (this.#quote === "'" && c === "'") return 2
    if (this.#quote === '"' && c === '\\') return 1 + (ESCAPE_LENGTHS[next] ?? 1)
    return String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0).length
  }
}

/** @param column from 1, in bytes of UTF-8 */
function offsetOf(text: string, line: number, column: number): number {
  const from = lineStart(text, line)
  const bytes = new TextEncoder().encode(text.slice(from)).subarray(0, column - 1)
  return from + new TextDecoder().decode(bytes).length
}

function lineStart(text: string, line: number): number {
  let from = 0
  for (let n = 1; n < line; n++) from = text.indexOf('\n', from) + 1
  return from
}

function markOf(text: string, offset: number): Mark {
  const before = text.slice(0, offset)
  return {
    line: before.split('\n').length,
    column: offset - (before.lastIndexOf('\n') + 1) + 1,
  }
}
