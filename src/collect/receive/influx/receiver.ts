/** InfluxDB's ways of writing, 1.x and 2.x, into an Appender: Telegraf and others find what they expect. */
import type { Clock } from '../../../base/clock.ts'
import { NarthexError } from '../../../base/error.ts'
import type { Metrics } from '../../../base/metrics.ts'
import type { Appender, Shortfall } from '../../../model/appender.ts'
import { METRIC_NAME } from '../../../model/labels.ts'
import { faultOf } from '../../../net/server/fault.ts'
import type { Reply } from '../../../net/server/message.ts'
import { type Line, readLines } from '../../../wire/lineprotocol.ts'
import { type Door, OPEN_DOOR } from '../door.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { PushedSamples, pushFigures } from '../pushed.ts'
import type { Hear } from '../pushers.ts'
import { REFUSALS_MAX } from '../refusals.ts'
import { lessRefused, type Taken } from '../tally.ts'
import { isKnownEncoding, Unpacker } from '../unpack.ts'

export interface InfluxReceiverOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly metrics: Metrics
  readonly labelLimits: LabelLimits
  /** Largest request unpacked (--limit.decoded-bytes). */
  readonly decodedBytesMax: number
}

/** What a write says besides its lines. */
export interface InfluxWrite {
  /** `ns`, `us`, `ms`, `s` and what else 1.x and 2.x call units; '' for nanoseconds. */
  readonly precision: string
  readonly encoding: string
}

export interface InfluxReceiver {
  readonly write: (ask: InfluxWrite, body: Uint8Array, door?: Door, hear?: Hear) => Promise<Reply>
  /** GET or HEAD /ping */
  readonly ping: () => Reply
  /** /query: what is asked before the first write. */
  readonly query: (statement: string) => Reply
}

const UNIT_NS = 1e-6

/** Units of time in ms. */
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['', UNIT_NS],
  ['n', UNIT_NS],
  ['ns', UNIT_NS],
  ['u', 1e-3],
  ['us', 1e-3],
  ['µ', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** The version that clients are told: those of 1.8 know both ways of writing. */
const VERSION_HEADERS = { 'x-influxdb-version': '1.8.10', 'x-influxdb-build': 'OSS' }

/** Lines that could not be read, told to the sender. */
const TOLD_MAX = 10

export function openInfluxReceiver(options: InfluxReceiverOptions): InfluxReceiver {
  const { appender, clock } = options
  const unpacker = new Unpacker(options.decodedBytesMax)
  const samples = new PushedSamples(appender, options.labelLimits)
  const figures = pushFigures(options.metrics)

  function append(bytes: Uint8Array, unitMs: number, door: Door): Appended {
    const faults: string[] = []
    let faultCount = 0
    let textCount = 0
    const nowMs = clock.now()
    samples.begin(door)
    readLines(
      bytes,
      (line) => {
        textCount += line.textCount
        appendLine(samples, line, line.time === '' ? nowMs : toMs(line.time, unitMs))
      },
      (number, reason) => {
        if (++faultCount > REFUSALS_MAX) {
          throw new NarthexError(
            'bad_data',
            `unable to parse ${faultCount} lines; no more were read`,
          )
        }
        if (faults.length < TOLD_MAX) faults.push(`unable to parse line ${number}: ${reason}`)
      },
    )
    const result = samples.finish()
    return { result, faults, faultCount, textCount, committed: appender.commit() }
  }

  async function write(
    ask: InfluxWrite,
    body: Uint8Array,
    door: Door,
    hear: Hear | undefined,
  ): Promise<Reply> {
    const unitMs = UNITS_MS.get(ask.precision)
    if (unitMs === undefined)
      throw new NarthexError('bad_data', `invalid precision "${ask.precision}"`)
    if (!isKnownEncoding(ask.encoding)) {
      figures.refuse('influx', 'unsupported')
      return reply(415, `cannot take lines: encoding ${ask.encoding}, wanted gzip, deflate or zstd`)
    }
    const appended = await unpacker.take(body, ask.encoding, (bytes) => append(bytes, unitMs, door))
    const result = lessRefused(appended.result, await appended.committed)
    const { faultCount, textCount } = appended
    figures.count('influx', result)
    hear?.(result)
    if (faultCount > 0) figures.refuse('influx', 'line', faultCount)
    if (textCount > 0) figures.refuse('influx', 'text_field', textCount)
    return replyOf({ ...appended, result })
  }

  return {
    async write(ask, body, door = OPEN_DOOR, hear) {
      try {
        return await write(ask, body, door, hear)
      } catch (error) {
        if (!(error instanceof NarthexError)) throw error
        figures.refuse('influx', error.kind)
        const { status, message, headers } = faultOf(error)
        return reply(status, message, headers)
      }
    },
    ping: () => ({ status: 204, type: '', body: '', headers: VERSION_HEADERS }),
    query: answerQuery,
  }
}

interface Appended {
  readonly result: Taken
  /** The first lines that could not be read, and why. */
  readonly faults: readonly string[]
  readonly faultCount: number
  readonly textCount: number
  readonly committed: Promise<Shortfall | undefined>
}

/** A field is a metric: `measurement_field`, or the measurement alone for one called `value`. */
function appendLine(samples: PushedSamples, line: Line, timeMs: number): void {
  const { measurement, fields, tags } = line
  samples.place = `line ${line.number}`
  const labels: string[] = []
  for (let i = 0; i < tags.length; i += 2) {
    labels.push(escapeName(tags[i], false), tags[i + 1])
  }
  for (const { name, value } of fields) {
    const metric = name === 'value' ? measurement : `${measurement}_${name}`
    const series = samples.series([METRIC_NAME, escapeName(metric, true), ...labels])
    if (series !== undefined) samples.sample(series, timeMs, value)
  }
}

/** A name that needs no quotes in PromQL. */
function escapeName(name: string, isMetric: boolean): string {
  const escaped = name.replaceAll(isMetric ? /[^a-zA-Z0-9_:]/gu : /[^a-zA-Z0-9_]/gu, '_')
  // A tag must not pass for the name of a metric.
  if (!isMetric && escaped === METRIC_NAME) return `tag${METRIC_NAME}`
  return /^\d/.test(escaped) ? `_${escaped}` : escaped
}

/** Finer times than ms are rounded down, by their digits. */
function toMs(time: string, unitMs: number): number {
  if (unitMs >= 1) return Number(time) * unitMs
  const digits = unitMs === UNIT_NS ? 6 : 3
  return time.startsWith('-')
    ? Math.floor(Number(time) / 10 ** digits)
    : Number(time.slice(0, -digits))
}

function replyOf({ result, faults, faultCount }: Appended): Reply {
  const { refusals } = result
  if (refusals.shareUsed && refusals.byReason().size === 1 && faultCount === 0) {
    throw new NarthexError('share', refusals.message())
  }
  const dropped = faultCount + refusals.count
  if (dropped === 0) return { status: 204, type: '', body: '', headers: VERSION_HEADERS }
  const parts = [...faults, ...(refusals.count === 0 ? [] : [refusals.message()])]
  return reply(400, `partial write: ${parts.join('; ')} dropped=${dropped}`)
}

function reply(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  // 1.x reads `error`, 2.x reads `code` and `message`.
  const code = status === 413 ? 'request too large' : status >= 500 ? 'unavailable' : 'invalid'
  return {
    status,
    type: 'application/json',
    body: `${JSON.stringify({ error, code, message: error })}\n`,
    headers: { ...VERSION_HEADERS, ...headers },
  }
}

/** Clients make their database first: it is there, whatever it is called. Nothing else is answered. */
function answerQuery(statement: string): Reply {
  const words = statement.trim().toUpperCase()
  const headers = VERSION_HEADERS
  const isKnown = words.startsWith('CREATE DATABASE') || words.startsWith('SHOW DATABASES')
  if (!isKnown) {
    const error = 'cannot answer query: only CREATE DATABASE and SHOW DATABASES are known here'
    return { status: 400, type: 'application/json', body: JSON.stringify({ error }), headers }
  }
  const series = [{ name: 'databases', columns: ['name'], values: [['narthex']] }]
  const result = words.startsWith('SHOW') ? { statement_id: 0, series } : { statement_id: 0 }
  const body = JSON.stringify({ results: [result] })
  return { status: 200, type: 'application/json', body, headers }
}
