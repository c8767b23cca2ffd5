/** Samples as documents of _bulk: an action and a source line each. */
import { createHash } from 'node:crypto'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import type { TextFormat } from '../http/textsamples.ts'

/** Digits of a series in the id of its documents. */
const KEY_LENGTH = 22

/** Times that a date of theirs and of ours can say. */
const TIME_MS_MAX = 8.64e15

/**
 * The id of a document is its series and time, so that a document that is sent again is the same
 * one. Neither NaN nor infinities can be sent.
 */
export function bulkDocuments(indexPattern: string): TextFormat {
  const index = new IndexName(indexPattern)
  return {
    compose: composeTail,
    isUnique: false,
    admits: (value, timeMs) => Number.isFinite(value) && Math.abs(timeMs) <= TIME_MS_MAX,
    write(body, { bytes, from, to }, value, timeMs) {
      body.ascii(index.head(timeMs))
      body.raw(bytes, from, from + KEY_LENGTH)
      body.ascii('-')
      body.time(timeMs)
      body.ascii('"}}\n{"@timestamp":')
      body.time(timeMs)
      body.ascii(',"value":')
      body.number(value)
      body.raw(bytes, from + KEY_LENGTH, to)
    },
    end: '',
  }
}

const HOUR_MS = 3_600_000

/** `{"create":{"_index":"…","_id":"` for times of the same hour. */
class IndexName {
  readonly #pattern: string
  #hour = Number.NaN
  #head = ''

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  head(timeMs: number): string {
    const hour = Math.floor(timeMs / HOUR_MS)
    if (hour !== this.#hour) {
      this.#hour = hour
      const index = JSON.stringify(indexAt(this.#pattern, timeMs))
      this.#head = `{"create":{"_index":${index},"_id":"`
    }
    return this.#head
  }
}

function indexAt(pattern: string, timeMs: number): string {
  const date = new Date(timeMs)
  const parts: Readonly<Record<string, number>> = {
    Y: date.getUTCFullYear(),
    m: date.getUTCMonth() + 1,
    d: date.getUTCDate(),
    H: date.getUTCHours(),
  }
  return pattern.replaceAll(/%([YmdH])/g, (_, part: string) => String(parts[part]).padStart(2, '0'))
}

/** KEY_LENGTH digits, then the source from behind its value on. */
function composeTail(labels: Labels): string {
  const key = createHash('sha256').update(JSON.stringify(labels)).digest('base64url')
  let metric = ''
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) metric = labels[i + 1]
    else pairs.push(`${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`)
  }
  const source = `,"metric":${JSON.stringify(metric)},"labels":{${pairs.join(',')}}}\n`
  return key.slice(0, KEY_LENGTH) + source
}
