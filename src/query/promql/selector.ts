/** Series selectors: a name, matchers in braces, or both. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import { compileMatcher, type Matcher, type MatchOp } from '../../model/matcher.ts'
import type { VectorSelector } from './ast.ts'
import { SyntaxFault, type Token } from './lexer.ts'
import { unquote } from './literal.ts'
import type { TokenReader } from './tokens.ts'

/** Keywords that are no metric names; all others are, where an expression begins. */
const NEVER_METRIC = new Set(['bool', 'on', 'ignoring', 'group_left', 'group_right', 'atan2'])

/** Whether a selector can begin with a token of this kind. */
export function startsSelector(kind: string): boolean {
  return (
    kind === '{' || kind === 'identifier' || kind === 'metric_identifier' || isKeywordMetric(kind)
  )
}

function isKeywordMetric(kind: string): boolean {
  const reserved = ['eof', 'number', 'duration', 'string'].includes(kind)
  return /^[a-z]/.test(kind) && !reserved && !NEVER_METRIC.has(kind)
}

/** Reads a selector whose name or opening brace has been taken. */
export function readSelector(tokens: TokenReader, first: Token): VectorSelector {
  const name = first.kind === '{' ? '' : first.text
  let to = first.to
  const matchers: Matcher[] = []
  const hasBraces = first.kind === '{' || tokens.peek() === '{'
  if (hasBraces) {
    if (first.kind !== '{') tokens.take()
    while (tokens.peek() !== '}') {
      matchers.push(readMatcher(tokens))
      if (tokens.peek() === '}') break
      tokens.expect(',', 'label matching', '"," or "}"')
    }
    to = tokens.take().to
  }
  if (name !== '') matchers.push({ name: METRIC_NAME, op: '=', value: name })
  const span = { from: first.from, to }
  return {
    kind: 'selector',
    name,
    matchers,
    at: undefined,
    offset: 0,
    extension: undefined,
    span,
  }
}

function readMatcher(tokens: TokenReader): Matcher {
  const kind = tokens.peek()
  if (kind !== 'identifier' && kind !== 'string') {
    throw tokens.unexpected('label matching', 'identifier or "}"')
  }
  const token = tokens.take()
  const name = kind === 'string' ? unquote(token) : token.text
  const op = tokens.peek()
  if (op !== '=' && op !== '!=' && op !== '=~' && op !== '!~') {
    if (kind === 'string') return { name: METRIC_NAME, op: '=', value: name }
    throw tokens.unexpected('label matching', 'label matching operator')
  }
  tokens.take()
  const value = unquote(tokens.expect('string', 'label matching', 'string'))
  const matcher: Matcher = { name, op: op as MatchOp, value }
  if (op === '=~' || op === '!~') refuseBadRegex(matcher, token.from)
  return matcher
}

function refuseBadRegex(matcher: Matcher, at: number): void {
  try {
    compileMatcher(matcher)
  } catch (error) {
    throw new SyntaxFault(
      at,
      messageOf(error instanceof NarthexError ? (error.cause ?? error) : error),
    )
  }
}
