/** Conditions on label values. */
import { compileRegex, type TextTest } from '../base/regex.ts'

export type MatchOp = '=' | '!=' | '=~' | '!~'

/** One condition; regular expressions are anchored at both ends. */
export interface Matcher {
  readonly name: string
  readonly op: MatchOp
  readonly value: string
}

/**
 * Makes the test of one matcher for the values of its label ('' where a series has no such label).
 *
 * @throws NarthexError `bad_data` for a regular expression that RE2 refuses
 */
export function compileMatcher(matcher: Matcher): TextTest {
  const { op, value } = matcher
  if (op === '=') return (text) => text === value
  if (op === '!=') return (text) => text !== value
  const test = compileRegex(value).test
  return op === '=~' ? test : (text) => !test(text)
}

/** The matcher as PromQL writes it. */
export function formatMatcher(matcher: Matcher): string {
  const name = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(matcher.name)
    ? matcher.name
    : JSON.stringify(matcher.name)
  return `${name}${matcher.op}${JSON.stringify(matcher.value)}`
}
