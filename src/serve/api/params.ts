/** Parameters of the Prometheus API, refused in Prometheus's words. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { parseDuration } from '../../model/duration.ts'
import type { Matcher } from '../../model/matcher.ts'
import { compileMatcher } from '../../model/matcher.ts'
import { parseSelector } from '../../query/promql/parse.ts'

/** Ends of time: what a Date can hold. */
export const TIME_MS_MIN = -8_640_000_000_000_000
export const TIME_MS_MAX = 8_640_000_000_000_000

/** Selectors that one request may carry. */
export const SELECTORS_MAX = 1000

/** Go writes its own ends of time like this, and clients send them back. */
const GO_TIMES: ReadonlyMap<string, number> = new Map([
  ['-292273086-05-16T16:47:06Z', TIME_MS_MIN],
  ['292277025-08-18T07:12:54.999999999Z', TIME_MS_MAX],
])

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
/** RFC 3339; a blank before the zone is a plus sign that was not encoded. */
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:([Zz])|([+ -])(\d\d):(\d\d))$/

/** A refused parameter, as the API names it. */
export function invalidParam(name: string, error: unknown): NarthexError {
  const reason = typeof error === 'string' ? error : messageOf(error)
  return new NarthexError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${reason}`)
}

/**
 * Milliseconds of a time: seconds with a fraction, or RFC 3339.
 *
 * @throws NarthexError `bad_data` in Prometheus's words
 */
export function parseTimeMs(text: string): number {
  const timeMs = DECIMAL.test(text) ? Math.round(Number(text) * 1000) : parseRfc3339(text)
  if (timeMs === undefined || !(timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX)) {
    throw new NarthexError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
  }
  return timeMs
}

function parseRfc3339(text: string): number | undefined {
  const named = GO_TIMES.get(text)
  if (named !== undefined) return named
  const parts = RFC3339.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const isReal =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!isReal) return undefined
  const fractionMs = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000)
  const zoneMinutes = parts[8] === undefined ? Number(parts[10]) * 60 + Number(parts[11]) : 0
  const zoneMs = zoneMinutes * (parts[9] === '-' ? -60_000 : 60_000)
  return date.getTime() + fractionMs - zoneMs
}

/**
 * Milliseconds of a duration: seconds with a fraction, or units.
 *
 * @throws NarthexError `bad_data` in Prometheus's words
 */
export function parseDurationMs(text: string): number {
  if (DECIMAL.test(text)) {
    const durationMs = Number(text) * 1000
    if (Math.abs(durationMs) * 1e6 <= 2 ** 63) return durationMs
    throw new NarthexError(
      'bad_data',
      `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`,
    )
  }
  try {
    return parseDuration(text)
  } catch {
    throw new NarthexError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid duration`)
  }
}

/** A time that must be there. @throws NarthexError `bad_data` */
export function readTimeMs(params: URLSearchParams, name: string): number {
  return refusing(name, () => parseTimeMs(params.get(name) ?? ''))
}

/** A time that may be left out. @throws NarthexError `bad_data` */
export function readOptionalTimeMs(
  params: URLSearchParams,
  name: string,
  otherwiseMs: number,
): number {
  const text = params.get(name) ?? ''
  if (text === '') return otherwiseMs
  return refusing(name, () => {
    try {
      return parseTimeMs(text)
    } catch (error) {
      throw new NarthexError('bad_data', `Invalid time value for '${name}': ${messageOf(error)}`)
    }
  })
}

/** A duration in ms; undefined when it is left out. @throws NarthexError `bad_data` */
export function readDurationMs(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name) ?? ''
  return text === '' ? undefined : refusing(name, () => parseDurationMs(text))
}

/** The `limit` of the API; 0 for none. @throws NarthexError `bad_data` */
export function readLimit(params: URLSearchParams): number {
  const text = params.get('limit') ?? ''
  if (text === '') return 0
  return refusing('limit', () => {
    if (!/^[+-]?\d{1,15}$/.test(text)) {
      throw new NarthexError(
        'bad_data',
        `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
      )
    }
    if (Number(text) < 0) throw new NarthexError('bad_data', 'limit must be non-negative')
    return Number(text)
  })
}

/**
 * A count of the older parts of the API, in whose words it is refused.
 *
 * @throws NarthexError `bad_data`
 */
export function readCount(params: URLSearchParams, name: string, otherwise: number): number {
  const text = params.get(name) ?? ''
  if (text === '') return otherwise
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new NarthexError('bad_data', `${name} must be a number`)
  return Number(text)
}

/**
 * The selectors of `match[]`; each must have a matcher that an empty value does not pass.
 *
 * @throws NarthexError `bad_data`
 */
export function readSelectors(params: URLSearchParams): readonly (readonly Matcher[])[] {
  const texts = params.getAll('match[]')
  if (texts.length > SELECTORS_MAX) {
    throw invalidParam('match[]', `${texts.length} selectors, at most ${SELECTORS_MAX}`)
  }
  return texts.map((text) =>
    refusing('match[]', () => {
      const matchers = parseSelector(text)
      const isNarrow = matchers.some((matcher) => !compileMatcher(matcher)(''))
      if (isNarrow) return matchers
      throw new NarthexError('bad_data', 'match[] must contain at least one non-empty matcher')
    }),
  )
}

function refusing<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    throw invalidParam(name, error)
  }
}
