/** Regular expressions of users, always in linear time, with short cuts for the common shapes. */
import { RE2JS } from 're2js'
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

/** A user's expression with groups, for replacements. */
export interface ReplacingRegex {
  /** The text with $1, ${name} of `template` filled from the match; undefined without a match. */
  expand(text: string, template: string): string | undefined
}

/** Longest expression taken, in characters. */
export const REGEX_LENGTH_MAX = 16_384

const LITERAL = /^[^\\^$.|?*+()[\]{}]*$/

/**
 * Compiles an expression.
 *
 * @throws NarthexError `bad_data` where RE2 refuses it or it is longer than REGEX_LENGTH_MAX
 */
export function compileRegex(source: string): Regex {
  const literals = readLiterals(source)
  if (literals !== undefined) {
    const set = new Set(literals)
    const only = literals.length === 1 ? literals[0] : undefined
    const test: TextTest = only === undefined ? (text) => set.has(text) : (text) => text === only
    return { test, literals, prefix: only ?? '' }
  }
  const trailing = /^([^\\^$.|?*+()[\]{}]*)\.([*+])$/.exec(source)
  if (trailing !== null) {
    const prefix = trailing[1]
    const longer = trailing[2] === '+' ? 1 : 0
    return {
      test: (text) => text.startsWith(prefix) && text.length >= prefix.length + longer,
      literals: undefined,
      prefix,
    }
  }
  const inner = /^\.([*+])([^\\^$.|?*+()[\]{}]*)\.([*+])$/.exec(source)
  if (inner !== null && inner[2] !== '') {
    const before = inner[1] === '+' ? 1 : 0
    const after = inner[3] === '+' ? 1 : 0
    const middle = inner[2]
    return {
      test(text) {
        const at = text.indexOf(middle, before)
        return at >= 0 && at + middle.length + after <= text.length
      },
      literals: undefined,
      prefix: '',
    }
  }
  const program = compileProgram(source)
  const prefix = /^[^\\^$.|?*+()[\]{}]*(?=[.([])/.exec(source)?.[0] ?? ''
  const safePrefix = source.includes('|') ? '' : prefix
  return {
    test: (text) => text.startsWith(safePrefix) && program.matches(text),
    literals: undefined,
    prefix: safePrefix,
  }
}

/**
 * Compiles an expression whose groups are used.
 *
 * @throws NarthexError `bad_data` as compileRegex
 */
export function compileReplacing(source: string): ReplacingRegex {
  const program = compileProgram(source)
  return {
    expand(text, template) {
      const matcher = program.matcher(text)
      if (!matcher.matches()) return undefined
      return template.replaceAll(
        /\$(?:\$|(\w+)|\{(\w+)\})/g,
        (whole, bare: string | undefined, braced: string | undefined) => {
          if (whole === '$$') return '$'
          const name = bare ?? braced ?? ''
          if (/^\d+$/.test(name)) {
            const index = Number(name)
            return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''
          }
          return Object.hasOwn(program.namedGroups(), name) ? (matcher.group(name) ?? '') : ''
        },
      )
    },
  }
}

function compileProgram(source: string): RE2JS {
  if (source.length > REGEX_LENGTH_MAX) {
    throw new NarthexError(
      'bad_data',
      `cannot compile regular expression: ${source.length} characters, at most ${REGEX_LENGTH_MAX}`,
    )
  }
  try {
    return RE2JS.compile(`^(?s:${source})$`)
  } catch (error) {
    throw new NarthexError(
      'bad_data',
      `cannot compile regular expression ${JSON.stringify(source)}: ${messageOf(error)}`,
    )
  }
}

/** The texts of `a`, `a|b|c` or `(a|b|c)`; undefined for anything else. */
function readLiterals(source: string): readonly string[] | undefined {
  const body = /^\((?:\?:)?([^()]*)\)$/.exec(source)?.[1] ?? source
  const parts = body.split('|')
  return parts.every((part) => LITERAL.test(part)) ? parts : undefined
}
