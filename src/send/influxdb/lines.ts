/**
 * Samples as line protocol: measurement = metric, tags = labels, one field `value`.
 *
 * @source InfluxDB line protocol reference, special characters
 */
import type { SeriesId } from '../../model/appender.ts'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import { type BodyEncoder, UNREPRESENTABLE } from '../http/body.ts'
import { SeriesTexts, type Unnamed } from '../http/seriestexts.ts'
import { TextBody } from '../http/textbody.ts'
import type { SeriesView } from '../writer.ts'

/** Tag keys that the server keeps for itself. */
const RESERVED: ReadonlySet<string> = new Set(['time', '_field', '_measurement'])

/** Longest series key that the server takes. */
const KEY_BYTES_MAX = 65_535

/** Neither NaN nor infinities can be sent. */
export class LineProtocol implements BodyEncoder {
  readonly #body = new TextBody()
  readonly #heads: SeriesTexts

  constructor(view: SeriesView) {
    this.#heads = new SeriesTexts(view, composeHead, true)
  }

  get sizeBytes(): number {
    return this.#body.at
  }

  begin(): void {
    this.#body.clear()
  }

  sample(id: SeriesId, timeMs: number, values: Float64Array, i: number): string {
    const value = values[i]
    if (!Number.isFinite(value)) return UNREPRESENTABLE
    const why = this.#heads.find(id)
    if (why !== '') return why
    const body = this.#body
    body.raw(this.#heads.bytes, this.#heads.from, this.#heads.to)
    body.number(value)
    body.ascii(' ')
    body.time(timeMs)
    body.ascii('\n')
    return ''
  }

  end(): Uint8Array {
    return this.#body.written()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#heads.forget(ids)
  }
}

/** `measurement,tag=value value=` */
function composeHead(labels: Labels): string | Unnamed {
  let measurement = ''
  let tags = ''
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) measurement = escapeMeasurement(labels[i + 1])
    else tags += `,${tagKey(labels[i])}=${escapeTag(labels[i + 1])}`
  }
  if (measurement === '') return { reason: 'no_name' }
  if (Buffer.byteLength(measurement + tags) > KEY_BYTES_MAX) return { reason: 'too_long' }
  return `${measurement}${tags} value=`
}

/** A line that begins with # would be a comment. */
function escapeMeasurement(name: string): string {
  const text = withoutBreaks(name).replaceAll(/[, ]/g, '\\$&')
  return text.startsWith('#') ? `\\${text}` : text
}

function tagKey(name: string): string {
  return escapeTag(RESERVED.has(name) ? `label_${name}` : name)
}

function escapeTag(text: string): string {
  return withoutBreaks(text).replaceAll(/[,= ]/g, '\\$&')
}

/**
 * Line breaks and tabs become two characters. A backslash at the end would escape what follows it,
 * and nothing can escape a backslash: a space goes behind it.
 */
function withoutBreaks(text: string): string {
  const flat = text
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\0', '\\0')
  return flat.endsWith('\\') ? `${flat} ` : flat
}
