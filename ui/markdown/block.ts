/** Markdown taken apart into blocks; markup of other kinds is text like any other. */
import { type Inline, parseInline } from './inline.ts'

export type Align = 'start' | 'center' | 'end'

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly content: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly content: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'list'; readonly start: number | undefined; readonly items: readonly Item[] }
  | {
      readonly kind: 'table'
      readonly aligns: readonly Align[]
      readonly head: readonly Cell[]
      readonly rows: readonly (readonly Cell[])[]
    }
  | { readonly kind: 'rule' }

export type Item = readonly Block[]
export type Cell = readonly Inline[]

/** Lists and quotes inside of each other; what is deeper is shown as text. */
const DEPTH_MAX = 8

/** The blocks of a text, in order. */
export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n')
  return parseBlocks(lines, 0)
}

/** Lines with the one that is read next. */
interface Reading {
  readonly lines: readonly string[]
  at: number
}

type BlockReader = (reading: Reading, depth: number) => Block | undefined

/** In the order in which they are tried; each leaves the line where it is when it is not its own. */
const READERS: readonly BlockReader[] = [
  readFence,
  readIndented,
  readHeading,
  readRule,
  readQuote,
  readList,
  readTable,
]

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  const reading: Reading = { lines, at: 0 }
  const blocks: Block[] = []
  while (reading.at < lines.length) {
    if (isBlank(lines[reading.at])) reading.at++
    else blocks.push(readSpecial(reading, depth) ?? readParagraph(reading, depth))
  }
  return blocks
}

function readSpecial(reading: Reading, depth: number): Block | undefined {
  for (const read of READERS) {
    const block = read(reading, depth)
    if (block !== undefined) return block
  }
  return undefined
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/

function readFence(reading: Reading): Block | undefined {
  const [, fence] = FENCE.exec(reading.lines[reading.at]) ?? []
  if (fence === undefined) return undefined
  const indent = indentOf(reading.lines[reading.at])
  const text: string[] = []
  for (reading.at++; reading.at < reading.lines.length; reading.at++) {
    const line = reading.lines[reading.at]
    const closing = line.trim()
    if (closing.length >= fence.length && closing === fence[0].repeat(closing.length)) {
      reading.at++
      break
    }
    text.push(line.slice(Math.min(indent, indentOf(line))))
  }
  return { kind: 'code', text: text.join('\n') }
}

const CODE_INDENT = 4

function readIndented(reading: Reading): Block | undefined {
  if (indentOf(reading.lines[reading.at]) < CODE_INDENT) return undefined
  const text: string[] = []
  for (; reading.at < reading.lines.length; reading.at++) {
    const line = reading.lines[reading.at]
    if (!isBlank(line) && indentOf(line) < CODE_INDENT) break
    text.push(line.slice(CODE_INDENT))
  }
  return { kind: 'code', text: text.join('\n').trimEnd() }
}

const HEADING = /^ {0,3}(#{1,6})(?: |$)/

function readHeading(reading: Reading): Block | undefined {
  const line = reading.lines[reading.at]
  const [all, marks] = HEADING.exec(line) ?? []
  if (all === undefined || marks === undefined) return undefined
  reading.at++
  const text = line.slice(all.length).trim()
  return { kind: 'heading', level: marks.length, content: parseInline(withoutMarks(text)) }
}

/** Without the marks that may close a heading. */
function withoutMarks(text: string): string {
  const last = text.lastIndexOf(' ')
  const isMarks = text.slice(last + 1) === '#'.repeat(text.length - last - 1)
  return isMarks ? text.slice(0, Math.max(0, last)).trimEnd() : text
}

function readRule(reading: Reading): Block | undefined {
  if (!isRule(reading.lines[reading.at])) return undefined
  reading.at++
  return { kind: 'rule' }
}

const QUOTE = /^ {0,3}> ?/

function readQuote(reading: Reading, depth: number): Block | undefined {
  if (depth >= DEPTH_MAX || !QUOTE.test(reading.lines[reading.at])) return undefined
  const inside: string[] = []
  for (; reading.at < reading.lines.length; reading.at++) {
    const line = reading.lines[reading.at]
    if (!QUOTE.test(line)) break
    inside.push(line.replace(QUOTE, ''))
  }
  return { kind: 'quote', blocks: parseBlocks(inside, depth + 1) }
}

/** The mark of an item with the blanks around it, and its number where it has one. */
const ITEM = /^( {0,3}(?:[-*+]|(\d{1,9})[.)]))(?: +|$)/

function readList(reading: Reading, depth: number): Block | undefined {
  const first = ITEM.exec(reading.lines[reading.at])
  if (depth >= DEPTH_MAX || first === null) return undefined
  const isOrdered = first[2] !== undefined
  const items: Item[] = []
  while (reading.at < reading.lines.length) {
    const mark = ITEM.exec(reading.lines[reading.at])
    if (mark === null || (mark[2] !== undefined) !== isOrdered) break
    items.push(parseBlocks(itemLines(reading, mark[0], mark[1].length + 1), depth + 1))
  }
  return { kind: 'list', start: isOrdered ? Number(first[2]) : undefined, items }
}

/** The lines of an item without its mark; blank lines belong to it when it goes on after them. */
function itemLines(reading: Reading, mark: string, least: number): string[] {
  // What stands far to the right of the mark is code, and one blank belongs to the mark.
  const width = mark.length - least >= CODE_INDENT ? least : Math.max(least, mark.length)
  const inside = [reading.lines[reading.at].slice(Math.min(width, mark.length))]
  for (reading.at++; reading.at < reading.lines.length; reading.at++) {
    const line = reading.lines[reading.at]
    if (isBlank(line)) {
      const next = skipBlank(reading)
      if (next === undefined || indentOf(next) < width) break
      inside.push('', next.slice(width))
    } else if (indentOf(line) >= width) {
      inside.push(line.slice(width))
    } else if (ITEM.test(line) || startsBlock(line)) {
      break
    } else {
      inside.push(line.trimStart())
    }
  }
  return inside
}

/** Goes to the next line that says something. @returns it, or undefined at the end */
function skipBlank(reading: Reading): string | undefined {
  while (reading.at < reading.lines.length && isBlank(reading.lines[reading.at])) reading.at++
  return reading.lines[reading.at]
}

function readTable(reading: Reading): Block | undefined {
  const { lines, at } = reading
  if (at + 1 >= lines.length || !lines[at].includes('|')) return undefined
  const aligns = alignsOf(lines[at + 1])
  const head = cellsOf(lines[at])
  if (aligns === undefined || aligns.length !== head.length) return undefined
  const rows: (readonly Cell[])[] = []
  for (reading.at += 2; reading.at < lines.length; reading.at++) {
    const line = lines[reading.at]
    if (isBlank(line) || !line.includes('|')) break
    const cells = cellsOf(line).map(parseInline)
    rows.push(head.map((_, column) => cells[column] ?? []))
  }
  return { kind: 'table', aligns, head: head.map(parseInline), rows }
}

/** The aligns of the line under the head of a table; undefined when it is none. */
function alignsOf(line: string): Align[] | undefined {
  if (!line.includes('-')) return undefined
  const aligns: Align[] = []
  for (const cell of cellsOf(line)) {
    if (!/^:?-+:?$/.test(cell)) return undefined
    const isEnd = cell.endsWith(':')
    aligns.push(isEnd ? (cell.startsWith(':') ? 'center' : 'end') : 'start')
  }
  return aligns
}

/** The cells of a line; a bar in code or after a backslash is one of the text. */
function cellsOf(line: string): string[] {
  const cells = ['']
  let isCode = false
  for (let i = 0; i < line.length; i++) {
    const each = line[i]
    if (each === '`') isCode = !isCode
    if (each === '\\' && line[i + 1] === '|') cells[cells.length - 1] += line[++i]
    else if (each === '|' && !isCode) cells.push('')
    else cells[cells.length - 1] += each
  }
  if (isBlank(cells[0])) cells.shift()
  if (cells.length > 0 && isBlank(cells[cells.length - 1])) cells.pop()
  return cells.map((cell) => cell.trim())
}

function readParagraph(reading: Reading, depth: number): Block {
  const { lines } = reading
  const text = [lines[reading.at].trimStart()]
  for (reading.at++; reading.at < lines.length; reading.at++) {
    const line = lines[reading.at]
    if (isBlank(line) || startsBlock(line) || (ITEM.test(line) && depth < DEPTH_MAX)) break
    text.push(line.trimStart())
  }
  return { kind: 'paragraph', content: parseInline(text.join('\n').trimEnd()) }
}

/** Whether a line ends the paragraph before it. */
function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || isRule(line)
}

function isRule(line: string): boolean {
  const marks = line.replaceAll(' ', '')
  if (marks.length < 3 || !'-*_'.includes(marks[0])) return false
  return marks === marks[0].repeat(marks.length)
}

function isBlank(line: string): boolean {
  return line.trim() === ''
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
