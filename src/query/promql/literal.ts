/** Values of number and string tokens. */
import { DURATION_SECONDS_MAX, quote, readDuration } from './gotext.ts'
import { SyntaxFault, type Token } from './lexer.ts'

/** The value of a number token, read as Go reads it: 0755 is octal, 1_000 is a thousand. */
export function numberOf(token: Token): number {
  const text = token.text.toLowerCase()
  if (text === 'inf') return Infinity
  if (text === 'nan') return Number.NaN
  const hex = /^0x((?:_?[0-9a-f])+)$/.exec(text)
  if (hex !== null) {
    const value = BigInt(`0x${hex[1].replaceAll('_', '')}`)
    if (value <= 0x7fff_ffff_ffff_ffffn) return Number(value)
  } else if (/^0(?:_?[0-7])+$/.test(text)) {
    const value = BigInt(`0o${text.replaceAll('_', '')}`)
    if (value <= 0x7fff_ffff_ffff_ffffn) return Number(value)
  } else if (/^[1-9](?:_?\d)*$/.test(text)) {
    // Digits may be grouped only where the number fits an int64.
    const plain = text.replaceAll('_', '')
    if (plain === text || BigInt(plain) <= 0x7fff_ffff_ffff_ffffn) return Number(plain)
  }
  if (!/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(text))
    throw parseFloatFault(token, 'invalid syntax')
  const value = Number(text)
  if (!Number.isFinite(value)) throw parseFloatFault(token, 'value out of range')
  return value
}

function parseFloatFault(token: Token, reason: string): SyntaxFault {
  const message = `error parsing number: strconv.ParseFloat: parsing ${quote(token.text)}: ${reason}`
  return new SyntaxFault(token.from, message)
}

/** The value in seconds of a number or duration token. */
export function secondsOf(token: Token): number {
  if (token.kind === 'number') return numberOf(token)
  const durationMs = readDuration(token.text)
  if (typeof durationMs === 'string') throw new SyntaxFault(token.from, durationMs)
  return durationMs / 1000
}

/** Whether seconds can be a duration of Prometheus, which counts nanoseconds in an int64. */
export function fitsDuration(seconds: number): boolean {
  return seconds <= DURATION_SECONDS_MAX && seconds >= -DURATION_SECONDS_MAX
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/**
 * The text of a string token that the lexer has accepted.
 *
 * `\xff` and `\377` are bytes: several may make one character of UTF-8, and those that make none
 * become the replacement character, because a string of ours cannot hold bytes.
 */
export function unquote(token: Token): string {
  const body = token.text.slice(1, -1)
  if (token.text.startsWith('`')) return body
  if (!body.includes('\\')) return body
  const escapes = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu
  let text = ''
  let bytes: number[] = []
  let at = 0
  const flushBytes = (): void => {
    if (bytes.length > 0) text += new TextDecoder().decode(new Uint8Array(bytes))
    bytes = []
  }
  for (const match of body.matchAll(escapes)) {
    if (match.index > at) {
      flushBytes()
      text += body.slice(at, match.index)
    }
    at = match.index + match[0].length
    const [, hex, octal, short, long, char] = match
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else {
      flushBytes()
      const code = short ?? long
      text +=
        code === undefined
          ? (ESCAPED[char] ?? char)
          : String.fromCodePoint(Number.parseInt(code, 16))
    }
  }
  flushBytes()
  return text + body.slice(at)
}
