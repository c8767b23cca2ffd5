/** JSON lines of a message into an Appender: docs/formats/kafka.md. */
import { NarthexError } from '../../../base/error.ts'
import {
  ACCEPTED,
  type Appender,
  OUTCOMES,
  type SeriesId,
  UNKNOWN,
} from '../../../model/appender.ts'
import { type Labels, METRIC_NAME } from '../../../model/labels.ts'
import { STALE_HIGH, STALE_LOW } from '../../../model/stale.ts'
import type { Door } from '../door.ts'
import { checkLabels, type LabelLimits } from '../labelcheck.ts'
import { BATCH_CELLS, SERIES_LIMIT, showSeries, type Taken, Tally } from '../tally.ts'

/** Series known by the beginning of their lines; one more, and all are learned anew. */
const KNOWN_SERIES_MAX = 500_000
/** Lines are shown up to this length. */
const SHOWN_LENGTH_MAX = 200

/** How our own lines go on after what tells the series. */
const TIME_KEY = ',"timestamp":'
const VALUE_KEY = ',"value":'
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Infinity,
  Inf: Infinity,
  '-Inf': -Infinity,
}
const STALE_WORD = 'StaleNaN'

/** A number, or the staleness marker. */
type Value = number | typeof STALE_WORD

export interface JsonIntakeOptions {
  readonly appender: Appender
  readonly limits: LabelLimits
  readonly door: Door
}

interface KnownSeries {
  id: SeriesId
  readonly labels: Labels
}

/** A line as it was read. */
interface Line {
  readonly series: KnownSeries
  readonly timeMs: number
  readonly value: Value
}

/** Takes messages one after the other; its arrays are used again for each. */
export class JsonIntake {
  readonly #options: JsonIntakeOptions
  readonly #known = new Map<string, KnownSeries>()
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #tally = new Tally()
  #timeMs = 0
  #count = 0
  readonly #ids = new Float64Array(BATCH_CELLS)
  readonly #values = new Float64Array(BATCH_CELLS)
  readonly #bits: Uint32Array = new Uint32Array(this.#values.buffer)
  readonly #outcomes = new Uint8Array(BATCH_CELLS)
  readonly #series: KnownSeries[] = []

  constructor(options: JsonIntakeOptions) {
    this.#options = options
  }

  /**
   * Appends every line that can be read, up to the first that cannot.
   *
   * @throws NarthexError `bad_data` for what is no such line; lines before it are appended then
   */
  take(bytes: Uint8Array): Taken {
    this.#tally = new Tally()
    this.#count = 0
    const text = this.#decode(bytes)
    let from = 0
    while (from < text.length) {
      let to = text.indexOf('\n', from)
      if (to < 0) to = text.length
      if (to > from) this.#takeLine(text.slice(from, to))
      from = to + 1
    }
    this.#flush()
    return this.#tally
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes)
    } catch (error) {
      throw new NarthexError('bad_data', 'cannot read message: it is no UTF-8', error)
    }
  }

  #takeLine(text: string): void {
    const ours = splitLine(text)
    const known = ours === undefined ? undefined : this.#known.get(ours.head)
    if (ours !== undefined && known !== undefined) {
      this.#addCell(known, ours.timeMs, ours.value)
      return
    }
    const line = this.#readAny(text)
    if (line === undefined) return
    if (ours !== undefined) this.#learn(ours.head, line.series)
    this.#addCell(line.series, line.timeMs, line.value)
  }

  /** A line of anybody; undefined when its series is refused. */
  #readAny(text: string): Line | undefined {
    const { name, labels, timestamp, value } = parseLine(text)
    if (typeof name !== 'string' || !isRecord(labels)) throw badLine(text, 'name and labels')
    if (typeof timestamp !== 'number') throw badLine(text, 'timestamp, a number in ms')
    const number = typeof value === 'string' ? readWord(value) : value
    if (typeof number !== 'number' && number !== STALE_WORD) throw badLine(text, 'value, a number')
    const pairs: string[] = [METRIC_NAME, name]
    for (const [label, labelText] of Object.entries(labels)) {
      if (typeof labelText !== 'string') throw badLine(text, 'labels that are texts')
      pairs.push(label, labelText)
    }
    const series = this.#resolve(pairs)
    if (series === undefined) return undefined
    return { series, timeMs: timestamp, value: number }
  }

  #resolve(pairs: readonly string[]): KnownSeries | undefined {
    const { appender, limits, door } = this.#options
    const labels = pairs.every((text) => text.isWellFormed())
      ? checkLabels(pairs, limits)
      : 'invalid_utf8'
    if (typeof labels === 'string') {
      this.#tally.refusals.add(labels, 1, () => pairs.join(' ').slice(0, SHOWN_LENGTH_MAX))
      return undefined
    }
    const entered = door.enter(labels)
    const id = this.#tally.seriesOf(appender, entered)
    if (id !== undefined) return { id, labels: entered }
    this.#tally.refusals.add(SERIES_LIMIT, 1, () => showSeries(entered))
    return undefined
  }

  #learn(head: string, series: KnownSeries): void {
    if (this.#known.size >= KNOWN_SERIES_MAX) this.#known.clear()
    this.#known.set(head, series)
  }

  #addCell(series: KnownSeries, timeMs: number, value: Value): void {
    if (!Number.isSafeInteger(timeMs)) {
      this.#tally.refuseTime(timeMs, () => showSeries(series.labels))
      return
    }
    const again = this.#count > 0 && this.#series[this.#count - 1].id === series.id
    if (this.#count === BATCH_CELLS || timeMs !== this.#timeMs || again) this.#flush()
    this.#timeMs = timeMs
    const i = this.#count++
    this.#ids[i] = series.id
    this.#series[i] = series
    if (value === STALE_WORD) {
      this.#bits[2 * i] = STALE_LOW
      this.#bits[2 * i + 1] = STALE_HIGH
    } else this.#values[i] = value
  }

  #flush(): void {
    const count = this.#count
    this.#count = 0
    if (count === 0) return
    const { appender } = this.#options
    const accepted = appender.append(this.#timeMs, this.#ids, this.#values, count, this.#outcomes)
    this.#tally.accept(this.#timeMs, accepted)
    if (accepted < count) this.#appendForgotten(count)
  }

  /** Cells whose series was forgotten get a new id and a second try; others are refused. */
  #appendForgotten(count: number): void {
    const { appender } = this.#options
    let again = 0
    for (let i = 0; i < count; i++) {
      const series = this.#series[i]
      if (this.#outcomes[i] === UNKNOWN) {
        series.id = appender.series(series.labels)
        this.#ids[again] = series.id
        this.#series[again] = series
        this.#bits.copyWithin(2 * again, 2 * i, 2 * i + 2)
        again++
      } else if (this.#outcomes[i] !== ACCEPTED) this.#refuse(i)
    }
    if (again === 0) return
    const accepted = appender.append(this.#timeMs, this.#ids, this.#values, again, this.#outcomes)
    this.#tally.accept(this.#timeMs, accepted)
    for (let i = 0; i < again; i++) if (this.#outcomes[i] !== ACCEPTED) this.#refuse(i)
  }

  #refuse(i: number): void {
    this.#tally.refusals.add(OUTCOMES[this.#outcomes[i]], 1, () =>
      showSeries(this.#series[i].labels),
    )
  }
}

function parseLine(text: string): Record<string, unknown> {
  try {
    const line: unknown = JSON.parse(text)
    if (isRecord(line)) return line
  } catch (error) {
    throw badLine(text, 'JSON', error)
  }
  throw badLine(text, 'an object')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function badLine(text: string, wanted: string, cause?: unknown): NarthexError {
  const seen = JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX))
  return new NarthexError(
    'bad_data',
    `cannot read line of message: ${seen}, wanted ${wanted}`,
    cause,
  )
}

function readWord(word: string): Value | undefined {
  if (word === STALE_WORD) return STALE_WORD
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
}

/**
 * Parts a line as we write it: what tells the series, then time and value, and nothing behind them.
 * Of lines that are JSON, equal heads are equal series.
 */
function splitLine(
  text: string,
): { readonly head: string; readonly timeMs: number; readonly value: Value } | undefined {
  const at = text.lastIndexOf(TIME_KEY)
  const valueAt = text.indexOf(VALUE_KEY, at)
  if (at < 0 || valueAt < 0 || !text.endsWith('}')) return undefined
  const timeText = text.slice(at + TIME_KEY.length, valueAt)
  if (!NUMBER.test(timeText)) return undefined
  const value = readValue(text.slice(valueAt + VALUE_KEY.length, -1))
  if (value === undefined) return undefined
  return { head: text.slice(0, at), timeMs: Number(timeText), value }
}

function readValue(text: string): Value | undefined {
  if (NUMBER.test(text)) return Number(text)
  return text.startsWith('"') && text.endsWith('"') ? readWord(text.slice(1, -1)) : undefined
}
