/** What a series of a write request has besides samples: native histograms and exemplars. */
import { Cursor } from '../base/bytes.ts'
import type { Exemplar } from '../model/exemplar.ts'
import { labelsFrom } from '../model/labels.ts'
import {
  BYTES,
  FIXED64,
  fieldHead,
  readDouble,
  readInt64,
  readLength,
  readUint32,
  skipField,
  VARINT,
} from './protobuf.ts'
import { readHistogram, type TimedHistogram } from './readhistogram.ts'
import {
  V1_EXEMPLAR,
  V1_HISTOGRAM,
  V2_EXEMPLAR,
  V2_HISTOGRAM,
  type WriteReader,
} from './remotewrite.ts'
import { readLabels1 } from './writelabels.ts'

const EXEMPLAR_LABELS: number = fieldHead(1, BYTES)
const EXEMPLAR_LABEL: number = fieldHead(1, VARINT)
const EXEMPLAR_VALUE: number = fieldHead(2, FIXED64)
const EXEMPLAR_TIME: number = fieldHead(3, VARINT)

/**
 * Hands each histogram of the series at hand to `each`.
 *
 * @throws NarthexError `bad_data`
 */
export function eachHistogram(request: WriteReader, each: (found: TimedHistogram) => void): void {
  const wanted = request.version === 1 ? V1_HISTOGRAM : V2_HISTOGRAM
  eachField(request, wanted, (from, to) => each(readHistogram(request.bytes, from, to)))
}

/**
 * Hands each exemplar of the series at hand to `each`; undefined stands for one whose labels are no
 * text, or are too many.
 *
 * @throws NarthexError `bad_data`
 */
export function eachExemplar(
  request: WriteReader,
  labelsMax: number,
  each: (exemplar: Exemplar | undefined) => void,
): void {
  const wanted = request.version === 1 ? V1_EXEMPLAR : V2_EXEMPLAR
  eachField(request, wanted, (from, to) => {
    let exemplar: Exemplar | undefined
    try {
      exemplar = readExemplar(request, from, to, labelsMax)
    } catch (error) {
      // What TextDecoder throws is a TypeError without more to say.
      if (!(error instanceof TypeError)) throw error
    }
    each(exemplar)
  })
}

function eachField(
  request: WriteReader,
  wanted: number,
  each: (from: number, to: number) => void,
): void {
  const c = new Cursor(request.bytes, request.seriesFrom, request.seriesTo)
  while (c.at < c.end) {
    const head = readUint32(c)
    if (head !== wanted) {
      skipField(c, head)
      continue
    }
    const to = readLength(c)
    each(c.at, to)
    c.at = to
  }
}

function readExemplar(
  request: WriteReader,
  from: number,
  to: number,
  labelsMax: number,
): Exemplar | undefined {
  const c = new Cursor(request.bytes, from, to)
  const pairs: string[] = []
  let value = 0
  let timeMs = 0
  if (request.version === 1) {
    const all = readLabels1(new Cursor(request.bytes, from, to), pairs, labelsMax)
    if (typeof all === 'string') return undefined
  }
  while (c.at < to) {
    const head = readUint32(c)
    if (head === EXEMPLAR_VALUE) value = readDouble(c)
    else if (head === EXEMPLAR_TIME) timeMs = readInt64(c)
    else if (request.version === 2 && head === EXEMPLAR_LABEL) pairs.push(symbol(request, c))
    else if (request.version === 2 && head === EXEMPLAR_LABELS) {
      const end = readLength(c)
      while (c.at < end && pairs.length <= 2 * labelsMax) pairs.push(symbol(request, c))
      c.at = end
    } else skipField(c, head)
  }
  if (pairs.length % 2 !== 0 || pairs.length > 2 * labelsMax) return undefined
  const labels = labelsFrom(
    Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]] as const),
  )
  return { labels, value, timeMs: timeMs === 0 ? undefined : timeMs }
}

function symbol(request: WriteReader, c: Cursor): string {
  return request.symbolText(readUint32(c))
}
