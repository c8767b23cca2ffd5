/** Samples as data points of OpenTSDB's /api/put: a JSON array. */
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { Unnamed } from '../http/seriestexts.ts'
import type { TextFormat } from '../http/textsamples.ts'

/** Times below count as seconds there. */
const TIME_MS_MIN = 2 ** 32
/** Times have 13 digits at most. */
const TIME_MS_MAX = 9_999_999_999_999

/** A series needs a tag. */
const TAG_OF_NONE = '"source":"narthex"'

/** Neither NaN nor infinities can be sent. */
export function dataPoints(tagsMax: number): TextFormat {
  return {
    compose: (labels) => composeTail(labels, tagsMax),
    isUnique: true,
    admits: (value, timeMs) =>
      Number.isFinite(value) && timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX,
    write(body, { bytes, from, to }, value, timeMs) {
      body.ascii(body.at === 0 ? '[{"timestamp":' : ',{"timestamp":')
      body.time(timeMs)
      body.ascii(',"value":')
      body.number(value)
      // Digits alone are read as an integer of 64 bits.
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 1e21) body.ascii('.0')
      body.raw(bytes, from, to)
    },
    end: ']',
  }
}

/** `,"metric":"…","tags":{…}}` */
function composeTail(labels: Labels, tagsMax: number): string | Unnamed {
  let metric = ''
  const tags: string[] = []
  const names = new Set<string>()
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) {
      metric = allowedText(labels[i + 1])
      continue
    }
    const name = allowedText(labels[i])
    if (names.has(name)) return { reason: 'collision' }
    names.add(name)
    tags.push(`"${name}":"${allowedText(labels[i + 1])}"`)
  }
  if (metric === '') return { reason: 'no_name' }
  if (tags.length > tagsMax) return { reason: 'too_many_tags' }
  return `,"metric":"${metric}","tags":{${tags.length === 0 ? TAG_OF_NONE : tags.join(',')}}}`
}

/**
 * Every other character becomes a `_`.
 *
 * @source OpenTSDB writing data, metrics and tags: letters, digits, `-`, `_`, `.`, `/`
 */
function allowedText(text: string): string {
  return text.replaceAll(/[^\p{L}0-9\-_./]|[\u{10000}-\u{10ffff}]/gu, '_')
}
