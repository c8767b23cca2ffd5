/** Numbers, durations and quoted strings as Go writes them, because the canonical form is Go's. */

/** Letters, marks, digits, punctuation, symbols and the space: what Go's quoting leaves as it is. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** A string in double quotes, escaped so that the lexer reads the same string back. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  let quoted = '"'
  for (const char of text) quoted += escapeChar(char, '"')
  return `${quoted}"`
}

/** One character in single quotes, as `%q` shows a rune; '' stands for the end of the text. */
export function quoteChar(char: string): string {
  return char === '' ? "'\ufffd'" : `'${char === '\ufffd' ? char : escapeChar(char, "'")}'`
}

function escapeChar(char: string, quoteMark: string): string {
  if (char === quoteMark) return `\\${char}`
  const short = SHORT_ESCAPES[char]
  if (short !== undefined) return short
  const code = char.codePointAt(0) ?? 0
  // The lexer refuses the replacement character itself, so it is always written as an escape.
  if (code !== 0xfffd && PRINTABLE.test(char)) return char
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** Shortest decimal digits without an exponent: strconv's 'f' with precision -1. */
export function formatFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const split = text.indexOf('e')
  if (split < 0) return text
  const exponent = Number(text.slice(split + 1))
  const sign = value < 0 ? '-' : ''
  const [whole, fraction = ''] = text.slice(sign.length, split).split('.')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`
  return `${sign}${whole}${fraction}${'0'.repeat(exponent - fraction.length)}`
}

/** Go's `%v`: shortest digits, with an exponent below 1e-4 and from 1e21. */
export function formatShort(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || !Number.isFinite(value) || (size >= 1e-4 && size < 1e21)) {
    return formatFixed(value)
  }
  const [digits, exponent] = value.toExponential().split('e')
  const power = Number(exponent)
  const padded = String(Math.abs(power)).padStart(2, '0')
  return `${digits}e${power < 0 ? '-' : '+'}${padded}`
}

const UNITS: readonly (readonly [unit: string, sizeMs: number, exact: boolean])[] = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1_000, false],
  ['ms', 1, false],
]

/** A duration as Prometheus prints it; years and weeks only where nothing remains. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.trunc(Math.abs(durationMs))
  if (restMs === 0) return '0s'
  let text = durationMs < 0 ? '-' : ''
  for (const [unit, sizeMs, exact] of UNITS) {
    if (exact && restMs % sizeMs !== 0) continue
    const count = Math.floor(restMs / sizeMs)
    if (count === 0) continue
    text += `${count}${unit}`
    restMs -= count * sizeMs
  }
  return text
}

/** Longest duration, 2^63 ns. */
export const DURATION_SECONDS_MAX: number = 2 ** 63 / 1e9

/** Why a text is no duration, or the duration in ms. */
export function readDuration(text: string): number | string {
  let durationMs = 0
  let lastUnit = -1
  const pattern = /(\d+)(\D+)/y
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) return `not a valid duration string: ${quote(text)}`
    const unit = UNITS.findIndex(([name]) => name === match[2])
    if (unit < 0) return `unknown unit ${quote(match[2])} in duration ${quote(text)}`
    if (unit <= lastUnit) return `not a valid duration string: ${quote(text)}`
    lastUnit = unit
    durationMs += Number(match[1]) * UNITS[unit][1]
    if (durationMs / 1000 > DURATION_SECONDS_MAX) return 'duration out of range'
  }
  return durationMs
}
