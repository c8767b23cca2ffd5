/** The kinds of text in Prometheus's files: truths, numbers, durations, sizes, paths, names. */
import path from 'node:path'
import { NarthexError } from '../base/error.ts'
import { formatDuration, parseDuration } from '../model/duration.ts'
import { isLabelName } from './relabel.ts'
import { type Shape, scalar } from './shape.ts'
import { parseUrl, redactUrl, type UrlParts } from './url.ts'
import { quoteText } from './yaml.ts'

/** Any text. */
export const text: Shape<string> = scalar('a text', readUtf8, '')

/** Any text, printed also when it is the default. */
export function textOr(preset: string): Shape<string> {
  return scalar('a text', readUtf8, preset, { absent: preset })
}

function readUtf8(value: string): string {
  if (value.isWellFormed()) return value
  throw new NarthexError('bad_data', `cannot read text: ${quoteText(value)}, wanted UTF-8`)
}

/** Text that is checked by whoever reads it; may hold bytes that are not UTF-8. */
export const rawText: Shape<string> = scalar('a text', (value) => value, '')

/** A truth with a default, printed only when it stands there. */
export function truth(preset: boolean): Shape<boolean> {
  return scalar('true or false', readTruth, preset, { text: readTruth })
}

/** A truth that is printed also when it is the default. */
export function shownTruth(preset: boolean): Shape<boolean> {
  return scalar('true or false', readTruth, preset, { text: readTruth, absent: preset })
}

/** A truth, or undefined where nothing stands. */
export const maybeTruth: Shape<boolean | undefined> = scalar<boolean | undefined>(
  'true or false',
  readTruth,
  undefined,
  { text: readTruth },
)

function readTruth(value: string): boolean {
  if (/^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(value)) return true
  if (/^(n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(value)) return false
  throw new NarthexError('bad_data', `cannot read truth: ${quoteText(value)}, wanted true or false`)
}

/** A whole number with a default. */
export function whole(preset: number): Shape<number> {
  return scalar('a whole number', readWhole, preset, { text: readWhole })
}

/** A whole number from 0, or undefined where nothing stands. */
export const maybeCount: Shape<number | undefined> = scalar<number | undefined>(
  'a whole number',
  (value) => {
    const number = readWhole(value)
    if (number >= 0) return number
    throw new NarthexError('bad_data', `cannot read number: ${number}, wanted 0 or more`)
  },
  undefined,
  { text: readWhole },
)

function readWhole(value: string): number {
  const digits = value.replaceAll('_', '')
  const number = /^[-+]?(\d+|0x[0-9a-fA-F]+|0o[0-7]+)$/.test(digits) ? Number(digits) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw new NarthexError('bad_data', `cannot read number: ${quoteText(value)}, wanted a whole one`)
}

/** A number with a fraction. */
export const fraction: Shape<number> = scalar('a number', readNumber, 0, { text: readNumber })

function readNumber(value: string): number {
  const number = Number(value.replaceAll('_', ''))
  if (value !== '' && Number.isFinite(number)) return number
  throw new NarthexError('bad_data', `cannot read number: ${quoteText(value)}, wanted one`)
}

/** 0..2^64-1, exact. */
export const bigCount: Shape<bigint> = scalar<bigint>(
  'a whole number',
  (value) => {
    if (/^\d+$/.test(value) && BigInt(value) < 2n ** 64n) return BigInt(value)
    throw new NarthexError('bad_data', `cannot read number: ${quoteText(value)}, wanted 0..2^64-1`)
  },
  0n,
)

/** Milliseconds, with a default that is printed. */
export function duration(presetMs: number): Shape<number> {
  return scalar('a duration', parseDuration, presetMs, {
    text: (value) => formatDuration(parseDuration(value)),
    absent: formatDuration(presetMs),
  })
}

/** Milliseconds, 0 where nothing stands; then not printed. */
export const quietDuration: Shape<number> = scalar('a duration', parseDuration, 0, {
  text: (value) => formatDuration(parseDuration(value)),
})

/** Milliseconds, or undefined where nothing stands. */
export const maybeDuration: Shape<number | undefined> = scalar<number | undefined>(
  'a duration',
  parseDuration,
  undefined,
  { text: (value) => formatDuration(parseDuration(value)) },
)

/** Bytes, or undefined where nothing stands; may be below 0. */
export const maybeSize: Shape<number | undefined> = scalar<number | undefined>(
  'a size',
  readSize,
  undefined,
)

const SIZE_STEPS: Readonly<Record<string, number>> = { B: 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }

/**
 * Bytes of a size with a unit; several may follow each other. All units count in steps of 1,024.
 *
 * @source github.com/alecthomas/units, ParseBase2Bytes with its messages
 */
function readSize(value: string): number {
  if (value === '0') return 0
  const body = value.replace(/^[-+]/, '')
  const pattern = /(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/y
  let sizeBytes = 0
  while (pattern.lastIndex < body.length) {
    const part = pattern.exec(body)
    if (part === null) throw new NarthexError('bad_data', `units: invalid ${value}`)
    const unit = /^(?:([KMGTPE])(?:i?B)|(B))$/.exec(part[2])
    if (unit === null) {
      throw new NarthexError('bad_data', `units: unknown unit ${part[2]} in ${value}`)
    }
    sizeBytes += Number(part[1]) * 1024 ** SIZE_STEPS[unit[1] ?? unit[2]]
  }
  if (body === '') throw new NarthexError('bad_data', `units: invalid ${value}`)
  return Math.floor(sizeBytes) * (value.startsWith('-') ? -1 : 1)
}

/** One of a few words. */
export function oneOf<T extends string>(
  words: readonly T[],
  preset: T | undefined,
  refuse: (word: string) => string,
): Shape<T | undefined> {
  return scalar<T | undefined>(
    words.join(' or '),
    (value) => {
      const word = words.find((candidate) => candidate === value)
      if (word !== undefined) return word
      throw new NarthexError('bad_data', refuse(value))
    },
    preset,
  )
}

/** A path, made absolute against the folder of the file; '' where nothing stands. */
export const filePath: Shape<string> = scalar(
  'a path',
  (value, place) => (value === '' ? '' : path.resolve(place.dir, value)),
  '',
)

/** A URL as Go reads it, or undefined where nothing stands. */
export const url: Shape<UrlParts | undefined> = scalar<UrlParts | undefined>(
  'a URL',
  parseUrl,
  undefined,
  { text: redactUrl },
)

/** A name of a label, any UTF-8. */
export const labelName: Shape<string> = scalar(
  'a label name',
  (value) => {
    if (isLabelName(value, 'utf8')) return value
    throw new NarthexError('bad_data', `${quoteText(value)} is not a valid label name`)
  },
  '',
)
