/** What batch jobs push: families in text or protobuf, without times. */
import { NarthexError } from '../../../base/error.ts'
import { METRIC_NAME } from '../../../model/labels.ts'
import {
  type ByteCursor,
  END,
  HELP,
  NEWLINE,
  newEntry,
  readPairs,
  SERIES,
  TYPE,
  unescapeText,
} from '../../../wire/exposition.ts'
import { transcodeFamilies } from '../../../wire/expositionproto.ts'
import { textFormat } from '../../../wire/text.ts'
import { TextPool } from '../../../wire/textpool.ts'

export interface BatchSeries {
  /** Name and labels in turn, the name first. */
  readonly pairs: readonly string[]
  readonly value: number
}

export interface BatchFamily {
  readonly name: string
  type: string
  help: string
  readonly series: BatchSeries[]
}

/** Suffixes of series that belong to a family of another name. */
const SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ['histogram', ['_bucket', '_sum', '_count']],
  ['summary', ['_sum', '_count']],
])

/** What a body says, or would say. */
export interface BatchBody {
  readonly families: readonly BatchFamily[]
  /** Why a body that can be read is not taken: times, or a series that comes twice. */
  readonly fault: NarthexError | undefined
}

/**
 * Reads the text format.
 *
 * @throws NarthexError `bad_data` for what is none
 */
export function readBatchText(bytes: Uint8Array): BatchBody {
  // One byte behind the end is there and is a line break: the readers lean on it.
  const closed = new Uint8Array(bytes.length + 1)
  closed.set(bytes)
  closed[bytes.length] = NEWLINE
  const cursor: ByteCursor = { bytes: closed, at: 0, end: bytes.length }
  const entry = newEntry()
  const pool = new TextPool()
  const families = new Map<string, BatchFamily>()
  const keys = new Set<string>()
  let last: BatchFamily | undefined
  let fault: NarthexError | undefined
  const familyOf = (name: string): BatchFamily => {
    const known = families.get(name)
    if (known !== undefined) return known
    const family = { name, type: 'untyped', help: '', series: [] }
    families.set(name, family)
    return family
  }
  const textOf = (from: number, to: number): string =>
    new TextDecoder().decode(closed.subarray(from, to))
  for (;;) {
    const kind = textFormat.readKey(cursor, entry)
    if (kind === END) return { families: [...families.values()], fault }
    if (kind === TYPE || kind === HELP) {
      last = familyOf(textOf(entry.familyFrom, entry.familyTo))
      const text = textOf(entry.textFrom, entry.textTo)
      if (kind === TYPE) last.type = text
      else last.help = unescapeText(text, false)
    } else if (kind === SERIES) {
      const pairs = readPairs(cursor, entry, pool)
      textFormat.readSample(cursor, entry)
      if (entry.hasTime) fault ??= refused('pushed metrics must not have timestamps')
      const key = keyOf(pairs)
      if (keys.has(key)) fault ??= refused(`${pairs[1]} was collected before with the same labels`)
      keys.add(key)
      const owner = last !== undefined && belongs(pairs[1], last) ? last : familyOf(pairs[1])
      owner.series.push({ pairs, value: entry.value })
    }
  }
}

/** Reads delimited protobuf. @throws NarthexError as readBatchText, `too_big` over the bound */
export function readBatchProto(bytes: Uint8Array, bytesMax: number): BatchBody {
  const none = { histogram: () => {}, exemplar: () => {} }
  const options = { native: false, alwaysClassic: true }
  return readBatchText(new TextEncoder().encode(transcodeFamilies(bytes, options, none, bytesMax)))
}

function belongs(name: string, family: BatchFamily): boolean {
  if (name === family.name) return true
  const suffixes = SUFFIXES.get(family.type) ?? []
  return suffixes.some((suffix) => name === family.name + suffix)
}

/** The same for equal label sets, whatever their order. */
function keyOf(pairs: readonly string[]): string {
  const parts: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== METRIC_NAME) parts.push(`${pairs[i]}\u0001${pairs[i + 1]}`)
  }
  return [pairs[1], ...parts.sort()].join('\u0000')
}

function refused(why: string): NarthexError {
  return new NarthexError('bad_data', `cannot take push: ${why}`)
}
