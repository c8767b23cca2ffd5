/** Regular expressions of users, always in linear time, with short cuts for the common shapes. */
import { type Matcher, RE2JS } from 're2js'
import { messageOf, NarthexError } from './error.ts'

export type TextTest = (text: string) => boolean

/** A user's expression, anchored at both ends, `.` matching line breaks as Prometheus has it. */
export interface Regex {
  readonly test: TextTest
  /** The only texts that can match, when the expression is a plain set; else undefined. */
  readonly literals: readonly string[] | undefined
  /** A text that every match starts with; '' when none is known. */
  readonly prefix: string
}

/** Longest text that a replacement makes: replacements of replacements would grow without end. */
const EXPANDED_LENGTH_MAX = 65_536

/** A user's expression with groups, for replacements. */
export interface ReplacingRegex {
  /**
   * The text with $1, ${name} of `template` filled from the match; undefined without a match.
   *
   * @throws NarthexError `limit` where it gets longer than EXPANDED_LENGTH_MAX
   */
  expand(text: string, template: string): string | undefined
}

/** Longest expression taken, in characters. */
export const REGEX_LENGTH_MAX = 16_384
/** Most instructions of a compiled expression: the work for a text is instructions times length. */
export const REGEX_PROGRAM_MAX = 8_192

/** Compiled expressions that are kept: the same ones come with every refresh of a dashboard. */
export const REGEX_CACHE_MAX = 256
const cache = new Map<string, Regex>()

/**
 * Compiles an expression.
 *
 * @throws NarthexError `bad_data` where RE2 refuses it or it is too large
 */
export function compileRegex(source: string): Regex {
  let regex = cache.get(source)
  if (regex === undefined) {
    regex = compileAnew(source)
    if (cache.size >= REGEX_CACHE_MAX) cache.delete(cache.keys().next().value ?? '')
    cache.set(source, regex)
  }
  return regex
}

function compileAnew(source: string): Regex {
  refuseLong(source)
  const branches = readBranches(source)
  if (branches === undefined) return compileAny(source)
  if (branches.every((branch) => branch.length === 1)) {
    return literalRegex(branches.map((branch) => branch[0].text))
  }
  const prefix = branches.length === 1 ? branches[0][0].text : ''
  const [first] = branches
  const test: TextTest =
    branches.length === 1
      ? (text) => matchesBranch(first, text)
      : (text) => branches.some((branch) => matchesBranch(branch, text))
  return { test, literals: undefined, prefix }
}

/**
 * Compiles an expression whose groups are used.
 *
 * @throws NarthexError `bad_data` as compileRegex
 */
export function compileReplacing(source: string): ReplacingRegex {
  refuseLong(source)
  const program = compileProgram(source)
  return {
    expand(text, template) {
      const matcher = program.matcher(text)
      if (!matcher.matches()) return undefined
      let length = template.length
      return template.replaceAll(
        /\$(?:\$|(\w+)|\{(\w+)\})/g,
        (whole, bare: string | undefined, braced: string | undefined) => {
          const filled = whole === '$$' ? '$' : groupOf(program, matcher, bare ?? braced ?? '')
          length += filled.length - whole.length
          if (length > EXPANDED_LENGTH_MAX) throw expandedError(length)
          return filled
        },
      )
    },
  }
}

/** What a group has matched, by number or name; '' for one that is not there. */
function groupOf(program: RE2JS, matcher: Matcher, name: string): string {
  if (/^\d+$/.test(name)) {
    const index = Number(name)
    return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''
  }
  return Object.hasOwn(program.namedGroups(), name) ? (matcher.group(name) ?? '') : ''
}

function expandedError(length: number): NarthexError {
  return new NarthexError(
    'limit',
    `cannot replace text: the result has ${length} characters or more, at most ${EXPANDED_LENGTH_MAX}`,
  )
}

function literalRegex(literals: readonly string[]): Regex {
  const set = new Set(literals)
  const only = literals.length === 1 ? literals[0] : undefined
  const test: TextTest = only === undefined ? (text) => set.has(text) : (text) => text === only
  return { test, literals: [...set], prefix: only ?? '' }
}

/** Whatever is no short cut; a known prefix spares the program most texts. */
function compileAny(source: string): Regex {
  const program = compileProgram(source)
  const start = /^[^\\^$.|?*+()[\]{}]*(?=[.([])/.exec(source)?.[0] ?? ''
  const prefix = source.includes('|') ? '' : start
  const test: TextTest =
    prefix === ''
      ? (text) => program.testExact(text)
      : (text) => text.startsWith(prefix) && program.testExact(text)
  return { test, literals: undefined, prefix }
}

function refuseLong(source: string): void {
  if (source.length <= REGEX_LENGTH_MAX) return
  throw new NarthexError(
    'bad_data',
    `cannot compile regular expression: ${source.length} characters, at most ${REGEX_LENGTH_MAX}`,
  )
}

function compileProgram(source: string): RE2JS {
  const program = compileRe2(source)
  const size = program.programSize()
  if (size <= REGEX_PROGRAM_MAX) return program
  throw new NarthexError(
    'bad_data',
    `cannot compile regular expression: ${size} instructions, at most ${REGEX_PROGRAM_MAX}`,
  )
}

function compileRe2(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.DOTALL)
  } catch (error) {
    // The library shows the flag as if the user had written it.
    const reason = messageOf(error).replace('`(?s)', '`')
    throw new NarthexError(
      'bad_data',
      `cannot compile regular expression ${JSON.stringify(source)}: ${reason}`,
      new Error(reason, { cause: error }),
    )
  }
}

/** A literal text and how much of anything stands before it. */
interface Piece {
  readonly text: string
  /** Fewest characters before the text; -1: none at all, it stands right here. */
  readonly gapMin: number
}

/**
 * Reads alternatives made of plain text, `.*` and `.+` only, as `a|b`, `(?:a|b)` or `^a\.b.*$`.
 *
 * The first piece of a branch has no gap; its text is '' where the branch begins with one.
 *
 * @returns undefined for anything else
 */
function readBranches(source: string): readonly (readonly Piece[])[] | undefined {
  let from = 0
  let to = source.length
  if (source.startsWith('^')) from++
  if (to > from && source.endsWith('$') && source[to - 2] !== '\\') to--
  if (source[from] === '(' && source[to - 1] === ')') {
    from += source.startsWith('(?:', from) ? 3 : 1
    to--
  }
  const branches: Piece[][] = []
  let pieces: Piece[] = []
  let text = ''
  let gapMin = -1
  const endPiece = (): void => {
    pieces.push({ text, gapMin })
    text = ''
  }
  for (let at = from; at < to; at++) {
    const char = source[at]
    if (char === '|') {
      endPiece()
      branches.push(pieces)
      pieces = []
      gapMin = -1
    } else if (char === '.') {
      const repeat = source[++at]
      if (at >= to || (repeat !== '*' && repeat !== '+')) return undefined
      if (source[at + 1] === '?' || source[at + 1] === '+') return undefined
      if (text !== '' || gapMin < 0) {
        endPiece()
        gapMin = 0
      }
      gapMin += repeat === '+' ? 1 : 0
      // Two characters may be one pair of surrogates or two: the program counts them.
      if (gapMin > 1) return undefined
    } else if (char === '\\') {
      const escaped = source[++at]
      if (at >= to || !/^[!-/:-@[-`{-~]$/.test(escaped)) return undefined
      text += escaped
    } else if ('^$?*+()[]{}'.includes(char) || (char >= '\ud800' && char <= '\udfff')) {
      return undefined
    } else text += char
  }
  endPiece()
  branches.push(pieces)
  return branches
}

/** Leftmost placement of every piece; the last one stands at the end. */
function matchesBranch(pieces: readonly Piece[], text: string): boolean {
  const first = pieces[0].text
  if (pieces.length === 1) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  const last = pieces.length - 1
  for (let i = 1; i < last; i++) {
    const { text: wanted, gapMin } = pieces[i]
    const found = text.indexOf(wanted, at + gapMin)
    if (found < 0) return false
    at = found + wanted.length
  }
  const { text: wanted, gapMin } = pieces[last]
  return text.length - wanted.length >= at + gapMin && text.endsWith(wanted)
}
