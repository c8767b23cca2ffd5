/** Text of an expression into tokens, with Prometheus's messages for what is no token. */
import type { Span } from './ast.ts'
import { quote, quoteChar } from './gotext.ts'

/**
 * What a token is: one of the named kinds, else a keyword in lower case or the sign itself.
 * Inside braces every word is an identifier.
 */
export interface Token extends Span {
  readonly kind: string
  /** As written; for strings with their quotes. */
  readonly text: string
}

/** A place in the text and what is wrong there; the parser turns it into a NarthexError. */
export class SyntaxFault extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

export const AGGREGATORS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

/** Binary operators and signs that Prometheus shows as `<op:…>`. */
const OPERATORS: ReadonlySet<string> = new Set(
  '+ - * / % ^ == != < > <= >= </ >/ =~ !~ @ and or unless atan2'.split(' '),
)

const MODIFIERS: ReadonlySet<string> = new Set(
  'offset smoothed anchored by without on ignoring group_left group_right fill fill_left fill_right bool'.split(
    ' ',
  ),
)

const KEYWORDS: ReadonlySet<string> = new Set([
  ...AGGREGATORS,
  ...MODIFIERS,
  ...'and or unless atan2 start end step range'.split(' '),
])

/** Words that may stand in a duration, besides numbers. */
const DURATION_WORDS: ReadonlySet<string> = new Set(['step', 'range', 'min_of', 'max_of'])

const END = ''

/** Reads one token after the other. `next` throws SyntaxFault where the text is none. */
export class Lexer {
  readonly text: string
  #at = 0
  #parens = 0
  #braces = false
  #bracket = false
  /** Right behind `[`, until the first number: other characters are refused there. */
  #durationStart = false
  #sawDuration = false
  #sawColon = false

  constructor(text: string) {
    this.text = text
  }

  next(): Token {
    this.#skipBlanks()
    const from = this.#at
    const char = this.#peek()
    if (this.#braces) return this.#insideBraces(from, char)
    if (this.#durationStart) return this.#insideDuration(from, char)
    if (char === END) {
      if (this.#parens !== 0) throw new SyntaxFault(from, 'unclosed left parenthesis')
      if (this.#bracket) throw new SyntaxFault(from, 'unclosed left bracket')
      return this.#token('eof', from)
    }
    if (isDigit(char) || (char === '.' && isDigit(this.#peek(1)))) return this.#number(from)
    if (isAlpha(char) || char === ':') {
      return this.#bracket ? this.#wordInBracket(from, char) : this.#word(from)
    }
    if (char === '"' || char === "'") return this.#string(from, char)
    if (char === '`') return this.#rawString(from)
    return this.#sign(from, char)
  }

  #sign(from: number, char: string): Token {
    const following = this.#peek(1)
    switch (char) {
      case ',':
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^':
      case '@':
        return this.#take(from, 1)
      case '=':
        if (following === '~') {
          throw new SyntaxFault(from, "unexpected character after '=': '~'")
        }
        return this.#take(from, following === '=' ? 2 : 1)
      case '!':
        if (following === '=') return this.#take(from, 2)
        throw new SyntaxFault(from, `unexpected character after '!': ${quoteChar(following)}`)
      case '<':
        return this.#take(from, following === '=' || following === '/' ? 2 : 1)
      case '>':
        return this.#take(from, following === '=' || following === '/' ? 2 : 1)
      case '(':
      case ')':
        return this.#paren(from, char)
      case '{':
        this.#braces = true
        return this.#take(from, 1)
      case '[':
        return this.#openBracket(from)
      case ']':
        return this.#closeBracket(from)
      default:
        throw new SyntaxFault(from, `unexpected character: ${quoteChar(char)}`)
    }
  }

  #paren(from: number, char: string): Token {
    this.#parens += char === '(' ? 1 : -1
    // Prometheus has taken the character already when it notices, here and at a stray colon.
    if (this.#parens < 0) throw new SyntaxFault(from + 1, "unexpected right parenthesis ')'")
    return this.#take(from, 1)
  }

  #openBracket(from: number): Token {
    if (this.#bracket) throw new SyntaxFault(from, "unexpected left bracket '['")
    this.#bracket = true
    this.#durationStart = true
    this.#sawDuration = false
    this.#sawColon = false
    return this.#take(from, 1)
  }

  #closeBracket(from: number): Token {
    if (!this.#bracket) throw new SyntaxFault(from, "unexpected right bracket ']'")
    this.#bracket = false
    this.#durationStart = false
    return this.#take(from, 1)
  }

  #insideDuration(from: number, char: string): Token {
    if (char === END) throw new SyntaxFault(from, 'unexpected end of input in duration expression')
    if (isDigit(char) || (char === '.' && isDigit(this.#peek(1)))) {
      this.#sawDuration = true
      this.#durationStart = false
      return this.#number(from)
    }
    if (char === ']') return this.#closeBracket(from)
    if (char === '(' || char === ')') return this.#paren(from, char)
    if (char === ':') {
      if (!this.#sawDuration) {
        throw new SyntaxFault(from + 1, 'unexpected colon before duration in duration expression')
      }
      return this.#colon(from, from + 1, 'unexpected repeated colon in duration expression')
    }
    if ('+-*/%^,'.includes(char)) return this.#take(from, 1)
    const word = this.#durationWord(from, char)
    if (word !== undefined) return word
    throw new SyntaxFault(from, `unexpected character in duration expression: ${quoteChar(char)}`)
  }

  #wordInBracket(from: number, char: string): Token {
    if (char === ':') return this.#colon(from, from, "unexpected colon ':'")
    const word = this.#durationWord(from, char)
    if (word !== undefined) return word
    throw new SyntaxFault(from, `unexpected character: ${quoteChar(char)}, expected ':'`)
  }

  #colon(from: number, faultAt: number, repeated: string): Token {
    if (this.#sawColon) throw new SyntaxFault(faultAt, repeated)
    this.#sawColon = true
    return this.#take(from, 1)
  }

  #durationWord(from: number, char: string): Token | undefined {
    if (!isAlpha(char)) return undefined
    let at = from
    while (isAlpha(this.text.charAt(at))) at++
    const word = this.text.slice(from, at).toLowerCase()
    if (!DURATION_WORDS.has(word)) return undefined
    this.#sawDuration = true
    this.#at = at
    return this.#token(word, from)
  }

  #insideBraces(from: number, char: string): Token {
    if (char === END) throw new SyntaxFault(from, 'unexpected end of input inside braces')
    if (isAlpha(char)) {
      while (isWordPart(this.#peek())) this.#at++
      return this.#token('identifier', from)
    }
    const following = this.#peek(1)
    switch (char) {
      case ',':
        return this.#take(from, 1)
      case '"':
      case "'":
        return this.#string(from, char)
      case '`':
        return this.#rawString(from)
      case '=':
        return this.#take(from, following === '~' ? 2 : 1)
      case '!':
        if (following === '~' || following === '=') return this.#take(from, 2)
        throw new SyntaxFault(
          from,
          `unexpected character after '!' inside braces: ${quoteChar(following)}`,
        )
      case '{':
        throw new SyntaxFault(from, "unexpected left brace '{'")
      case '}':
        this.#braces = false
        return this.#take(from, 1)
      default:
        throw new SyntaxFault(from, `unexpected character inside braces: ${quoteChar(char)}`)
    }
  }

  #word(from: number): Token {
    while (isWordPart(this.#peek()) || this.#peek() === ':') this.#at++
    const word = this.text.slice(from, this.#at)
    const lower = word.toLowerCase()
    if (lower === 'inf' || lower === 'nan') return this.#token('number', from)
    if (lower.startsWith('fill') && !this.#parenFollows()) return this.#token('identifier', from)
    if (KEYWORDS.has(lower)) return this.#token(lower, from)
    return this.#token(word.includes(':') ? 'metric_identifier' : 'identifier', from)
  }

  #parenFollows(): boolean {
    let at = this.#at
    while (isBlank(this.text.charAt(at))) at++
    return this.text.charAt(at) === '('
  }

  /** A number, or a duration where a unit follows. Whether it is a valid one is the parser's. */
  #number(from: number): Token {
    if (this.#scanNumber()) return this.#token('number', from)
    if (this.#scanDuration()) return this.#token('duration', from)
    const seen = this.text.slice(from, this.#at)
    throw new SyntaxFault(from, `bad number or duration syntax: ${quote(seen)}`)
  }

  #scanNumber(): boolean {
    let digits = '0123456789'
    if (this.#accept('0') && this.#accept('xX')) {
      this.#accept('_')
      digits += 'abcdefABCDEF'
    }
    this.#accept('.')
    this.#accept(digits)
    let sawDot = false
    let sawExponent = false
    for (let char = this.#peek(); char !== END; char = this.#peek()) {
      if (char === '.') {
        this.#at++
        if (sawDot || this.#accept('_.') || digits.length > 10) return false
        sawDot = true
      } else if (char === 'e' || char === 'E') {
        this.#at++
        if (sawExponent) return false
        sawExponent = true
        this.#accept('+-')
        if (this.#accept('._eE') || this.#peek() === END) return false
      } else if (char === '_') {
        this.#at++
        if (this.#accept('._eE') || this.#peek() === END) return false
      } else if (!this.#accept(digits)) {
        break
      }
    }
    return !isWordPart(this.#peek())
  }

  #scanDuration(): boolean {
    if (!this.#accept('smhdwy')) return false
    this.#accept('s')
    while (isDigit(this.#peek())) {
      while (isDigit(this.#peek())) this.#at++
      if (!this.#accept('smhdw')) return false
      this.#accept('s')
    }
    if (!isWordPart(this.#peek())) return true
    this.#at++
    return false
  }

  #string(from: number, mark: string): Token {
    this.#at++
    for (;;) {
      const char = this.#peek()
      if (char === END || char === '\n') throw new SyntaxFault(from, 'unterminated quoted string')
      if (isBroken(char)) throw new SyntaxFault(from, 'invalid UTF-8 rune')
      this.#at += char.length
      if (char === mark) return this.#token('string', from)
      if (char === '\\') this.#escape(from, mark)
    }
  }

  #escape(from: number, mark: string): void {
    const char = this.#peek()
    this.#at += char.length
    if (char === END) throw new SyntaxFault(from, 'escape sequence not terminated')
    if (char === mark || 'abfnrtv\\'.includes(char)) return
    if (char >= '0' && char <= '7') {
      this.#at--
      this.#escapeDigits(from, 3, 8, 255)
    } else if (char === 'x') this.#escapeDigits(from, 2, 16, 255)
    else if (char === 'u') this.#escapeDigits(from, 4, 16, 0x10ffff)
    else if (char === 'U') this.#escapeDigits(from, 8, 16, 0x10ffff)
    else throw new SyntaxFault(from, `unknown escape sequence ${describeCode(char)}`)
  }

  #escapeDigits(from: number, count: number, base: number, codeMax: number): void {
    let code = 0
    for (let i = 0; i < count; i++) {
      const char = this.#peek()
      const digit = '0123456789abcdef'.indexOf(char.toLowerCase())
      if (char === END) throw new SyntaxFault(from, 'escape sequence not terminated')
      if (digit < 0 || digit >= base) {
        throw new SyntaxFault(from, `illegal character ${describeCode(char)} in escape sequence`)
      }
      code = code * base + digit
      this.#at++
    }
    if (code > codeMax || (code >= 0xd800 && code < 0xe000)) {
      throw new SyntaxFault(from, 'escape sequence is an invalid Unicode code point')
    }
  }

  #rawString(from: number): Token {
    this.#at++
    for (;;) {
      const char = this.#peek()
      if (char === END) throw new SyntaxFault(from, 'unterminated raw string')
      if (isBroken(char)) throw new SyntaxFault(from, 'invalid UTF-8 rune')
      this.#at += char.length
      if (char === '`') return this.#token('string', from)
    }
  }

  #skipBlanks(): void {
    for (;;) {
      while (isBlank(this.text.charAt(this.#at))) this.#at++
      if (this.#durationStart || this.text.charAt(this.#at) !== '#') return
      while (this.#at < this.text.length && !'\r\n'.includes(this.text.charAt(this.#at))) this.#at++
    }
  }

  /** The whole character at a distance, both halves of a pair together; '' behind the end. */
  #peek(distance = 0): string {
    const code = this.text.codePointAt(this.#at + distance)
    return code === undefined ? END : String.fromCodePoint(code)
  }

  #accept(wanted: string): boolean {
    const char = this.text.charAt(this.#at)
    if (char === END || !wanted.includes(char)) return false
    this.#at++
    return true
  }

  #take(from: number, length: number): Token {
    this.#at = from + length
    return this.#token(this.text.slice(from, this.#at), from)
  }

  #token(kind: string, from: number): Token {
    return { kind, from, to: this.#at, text: this.text.slice(from, this.#at) }
  }
}

/** A token as Prometheus's messages show it. */
export function describeToken(token: Token): string {
  const { kind, text } = token
  switch (kind) {
    case 'eof':
      return 'end of input'
    case 'identifier':
      return `identifier ${quote(text)}`
    case 'metric_identifier':
      return `metric identifier ${quote(text)}`
    case 'string':
    case 'number':
    case 'duration':
      return `${kind} ${quoteShort(text)}`
    default:
      if (AGGREGATORS.has(kind)) return `<aggr:${text}>`
      if (OPERATORS.has(kind)) return `<op:${text}>`
      if (MODIFIERS.has(kind)) return `<${text}>`
      return quote(text)
  }
}

function quoteShort(text: string): string {
  // Prometheus measures in bytes and cuts in characters.
  const chars = [...text]
  const long = text.length > 10 || new TextEncoder().encode(text).length > 10
  return long ? `${quote(chars.slice(0, 10).join(''))}...` : quote(text)
}

function describeCode(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `${shown} '${char}'` : shown
}

/** The replacement character stands where bytes were no UTF-8; half a pair is as broken. */
function isBroken(char: string): boolean {
  const code = char.codePointAt(0) ?? 0
  return code === 0xfffd || (code >= 0xd800 && code <= 0xdfff)
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\t' || char === '\r'
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1
}

function isAlpha(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_'
}

function isWordPart(char: string): boolean {
  return isAlpha(char) || isDigit(char)
}
