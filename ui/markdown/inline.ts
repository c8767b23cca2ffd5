/** The text of a Markdown block taken apart: code, emphasis, links. */

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'plain'; readonly content: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly content: readonly Inline[] }
  | { readonly kind: 'break' }

/** Parts inside of each other; what is deeper is shown as text. */
const DEPTH_MAX = 6
/** How far the end of a part is looked for, so that time grows with the text and not with its square. */
const SPAN_CHARS_MAX = 2000

/** The parts of a text, in order. */
export function parseInline(text: string): Inline[] {
  return parse(text, 0)
}

/** A part and where the text goes on behind it. */
interface Found {
  readonly part: Inline
  readonly to: number
}

type PartReader = (text: string, at: number, depth: number) => Found | undefined

/** Who may read a part that begins with a character. */
const READERS: Readonly<Record<string, PartReader>> = {
  '\\': readEscape,
  '`': readCode,
  '*': readEmphasis,
  _: readEmphasis,
  '[': readLink,
  '!': readPicture,
  '<': readAddress,
  '\n': readBreak,
  h: readBareAddress,
}

function parse(text: string, depth: number): Inline[] {
  const parts: Inline[] = []
  let plain = ''
  const flush = (): void => {
    if (plain !== '') parts.push({ kind: 'text', text: plain })
    plain = ''
  }
  for (let at = 0; at < text.length; ) {
    const read = Object.hasOwn(READERS, text[at]) ? READERS[text[at]] : undefined
    const found = depth < DEPTH_MAX ? read?.(text, at, depth) : undefined
    if (found === undefined) {
      plain += text[at++]
      continue
    }
    if (found.part.kind === 'text') {
      plain += found.part.text
    } else {
      if (found.part.kind === 'break') plain = plain.trimEnd()
      flush()
      parts.push(found.part)
    }
    at = found.to
  }
  flush()
  return parts
}

const ESCAPABLE = /[!-/:-@[-`{-~]/

function readEscape(text: string, at: number): Found | undefined {
  const next = text[at + 1] ?? ''
  if (next === '\n') return { part: { kind: 'break' }, to: at + 2 }
  if (!ESCAPABLE.test(next)) return undefined
  return { part: { kind: 'text', text: next }, to: at + 2 }
}

/** Two blanks at the end of a line break it; otherwise lines flow. */
function readBreak(text: string, at: number): Found {
  const isHard = text.slice(Math.max(0, at - 2), at) === '  '
  return { part: isHard ? { kind: 'break' } : { kind: 'text', text: '\n' }, to: at + 1 }
}

function readCode(text: string, at: number): Found {
  const marks = runLength(text, at)
  const from = at + marks
  const end = findRun(text, from, '`', marks)
  // Marks that nothing closes are text, all of them at once.
  if (end < 0) return { part: { kind: 'text', text: '`'.repeat(marks) }, to: from }
  const code = text.slice(from, end).replaceAll('\n', ' ')
  const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== ''
  return {
    part: { kind: 'code', text: isPadded ? code.slice(1, -1) : code },
    to: end + marks,
  }
}

const WORD = /[\p{L}\p{N}]/u

function readEmphasis(text: string, at: number, depth: number): Found | undefined {
  const mark = text[at]
  const marks = Math.min(2, runLength(text, at))
  const from = at + marks
  if (isSpace(text[from])) return undefined
  if (mark === '_' && at > 0 && WORD.test(text[at - 1])) return undefined
  let end = findRun(text, from, mark, marks)
  while (end >= 0 && (isSpace(text[end - 1]) || (mark === '_' && isWord(text[end + marks])))) {
    end = findRun(text, end + marks, mark, marks, from + SPAN_CHARS_MAX)
  }
  if (end < 0) return undefined
  const content = parse(text.slice(from, end), depth + 1)
  return { part: { kind: marks === 2 ? 'strong' : 'em', content }, to: end + marks }
}

function readLink(text: string, at: number, depth: number): Found | undefined {
  const close = closingOf(text, at, '[', ']')
  if (close < 0 || text[close + 1] !== '(') return undefined
  const end = closingOf(text, close + 1, '(', ')')
  if (end < 0) return undefined
  const content = parse(text.slice(at + 1, close), depth + 1)
  // A title may follow the address.
  const [address] = text
    .slice(close + 2, end)
    .trim()
    .split(/\s/, 1)
  const href = webAddress(address.startsWith('<') ? address.slice(1, -1) : address)
  // An address that leads nowhere on the web is not followed: what the link says is left.
  if (href === undefined) return { part: { kind: 'plain', content }, to: end + 1 }
  return { part: { kind: 'link', href, content }, to: end + 1 }
}

/** A picture is a link to it: nothing is loaded from elsewhere. */
function readPicture(text: string, at: number, depth: number): Found | undefined {
  return text[at + 1] === '[' ? readLink(text, at + 1, depth) : undefined
}

function readAddress(text: string, at: number): Found | undefined {
  const end = within(text, at).indexOf('>')
  if (end < 0) return undefined
  const address = text.slice(at + 1, at + end)
  const href = /\s/.test(address) ? undefined : webAddress(address)
  return href === undefined ? undefined : linkTo(href, address, at + end + 1)
}

function readBareAddress(text: string, at: number): Found | undefined {
  if (at > 0 && WORD.test(text[at - 1])) return undefined
  const [found] = /^https?:\/\/[^\s<>"'`|]+/.exec(within(text, at)) ?? []
  if (found === undefined) return undefined
  const address = found.replace(/[.,;:!?)\]*_]+$/, '')
  const href = webAddress(address)
  return href === undefined ? undefined : linkTo(href, address, at + address.length)
}

function linkTo(href: string, text: string, to: number): Found {
  return { part: { kind: 'link', href, content: [{ kind: 'text', text }] }, to }
}

/** The address where it leads to the web and names a host; undefined for any other. */
export function webAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const { protocol, href, username, password } = new URL(text)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  // A name before the host makes another host look like the one that is meant.
  return isWeb && username === '' && password === '' ? href : undefined
}

/** How often the character at `at` is repeated. */
function runLength(text: string, at: number): number {
  let to = at
  while (text[to] === text[at]) to++
  return to - at
}

/** Where exactly `length` marks stand; -1 when they do not before `bound`. */
function findRun(
  text: string,
  from: number,
  mark: string,
  length: number,
  bound: number = from + SPAN_CHARS_MAX,
): number {
  const to = Math.min(text.length, bound)
  for (let at = from; at < to; ) {
    if (text[at] === '\\' && mark !== '`') at += 2
    else if (text[at] !== mark) at++
    else {
      const marks = runLength(text, at)
      if (marks === length) return at
      at += marks
    }
  }
  return -1
}

/** Where the bracket that opens at `at` is closed. */
function closingOf(text: string, at: number, open: string, close: string): number {
  const to = Math.min(text.length, at + SPAN_CHARS_MAX)
  let depth = 0
  for (let i = at; i < to; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === open) depth++
    else if (text[i] === close && --depth === 0) return i
  }
  return -1
}

function within(text: string, at: number): string {
  return text.slice(at, at + SPAN_CHARS_MAX)
}

function isSpace(each: string | undefined): boolean {
  return each === undefined || each.trim() === ''
}

function isWord(each: string | undefined): boolean {
  return each !== undefined && WORD.test(each)
}
