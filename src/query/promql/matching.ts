/** What may stand behind a binary operator, and the lists of labels in it. */
import type { Matching } from './ast.ts'
import { SyntaxFault } from './lexer.ts'
import { numberOf, unquote } from './literal.ts'
import type { TokenReader } from './tokens.ts'

export interface BinaryModifiers {
  readonly bool: boolean
  readonly matching: Matching
}

/** Reads `bool`, `on (…) group_left (…)` and fill values behind a binary operator. */
export function readModifiers(tokens: TokenReader): BinaryModifiers {
  const bool = tokens.peek() === 'bool'
  if (bool) tokens.take()
  let card: Matching['card'] = 'one-to-one'
  let labels: readonly string[] = []
  let include: readonly string[] = []
  const by = tokens.peek()
  if (by === 'on' || by === 'ignoring') {
    tokens.take()
    labels = readGroupingLabels(tokens)
    const group = tokens.peek()
    if (group === 'group_left' || group === 'group_right') {
      tokens.take()
      card = group === 'group_left' ? 'many-to-one' : 'one-to-many'
      if (tokens.peek() === '(') include = readGroupingLabels(tokens)
    }
  }
  const fills = readFills(tokens)
  return { bool, matching: { card, labels, on: by === 'on', include, ...fills } }
}

function readFills(tokens: TokenReader): Pick<Matching, 'fillLeft' | 'fillRight'> {
  let fillLeft: number | undefined
  let fillRight: number | undefined
  if (tokens.peek() === 'fill') {
    tokens.take()
    fillLeft = readFillValue(tokens)
    return { fillLeft, fillRight: fillLeft }
  }
  for (;;) {
    if (tokens.peek() === 'fill_left' && fillLeft === undefined) {
      tokens.take()
      fillLeft = readFillValue(tokens)
    } else if (tokens.peek() === 'fill_right' && fillRight === undefined) {
      tokens.take()
      fillRight = readFillValue(tokens)
    } else return { fillLeft, fillRight }
  }
}

function readFillValue(tokens: TokenReader): number {
  tokens.expect('(', 'fill modifier', '"("')
  const sign = readSign(tokens)
  const value = numberOf(tokens.expect('number', 'fill modifier', 'number'))
  tokens.expect(')', 'fill modifier', '")"')
  return sign * value
}

/** Takes a sign, if there is one: 1 or -1. */
export function readSign(tokens: TokenReader): number {
  const kind = tokens.peek()
  if (kind !== '+' && kind !== '-') return 1
  tokens.take()
  return kind === '-' ? -1 : 1
}

/** Reads the labels in parentheses behind `by`, `on` and their like. */
export function readGroupingLabels(tokens: TokenReader): readonly string[] {
  tokens.expect('(', 'grouping opts', '"("')
  const labels: string[] = []
  while (tokens.peek() !== ')') {
    labels.push(readGroupingLabel(tokens))
    if (tokens.peek() === ')') break
    tokens.expect(',', 'grouping opts', '"," or ")"')
  }
  tokens.take()
  return labels
}

function readGroupingLabel(tokens: TokenReader): string {
  const kind = tokens.peek()
  const isWord = /^[a-z]/.test(kind) && !['eof', 'number', 'duration'].includes(kind)
  if (!isWord) throw tokens.unexpected('grouping opts', 'label')
  const token = tokens.take()
  const name = kind === 'string' ? unquote(token) : token.text
  if (name === '') {
    throw new SyntaxFault(token.from, 'invalid label name for grouping: ""')
  }
  return name
}
