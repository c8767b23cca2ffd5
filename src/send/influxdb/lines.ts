/**
 * Samples as line protocol: measurement = metric, tags = labels, one field `value`.
 *
 * @source InfluxDB line protocol reference, special characters
 */
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { Unnamed } from '../http/seriestexts.ts'
import type { TextFormat } from '../http/textsamples.ts'

/** Tag keys that the server keeps for itself. */
const RESERVED: ReadonlySet<string> = new Set(['time', '_field', '_measurement'])

/** Longest series key that the server takes. */
const KEY_BYTES_MAX = 65_535

/** Neither NaN nor infinities can be sent. */
export const LINE_PROTOCOL: TextFormat = {
  compose: composeHead,
  isUnique: true,
  admits: (value) => Number.isFinite(value),
  write(body, { bytes, from, to }, value, timeMs) {
    body.raw(bytes, from, to)
    body.number(value)
    body.ascii(' ')
    body.time(timeMs)
    body.ascii('\n')
  },
  end: '',
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
