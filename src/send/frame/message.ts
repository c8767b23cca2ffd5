/** One series message of a remote write 1.0 request, as frames hold it. */
import type { Labels } from '../../model/labels.ts'

/** Head of a series in a request, and of the time in a sample. */
const SERIES_TAG = 0x0a
const TIME_HEAD = 0x10

/** Bytes of a time: ms since epoch from 2^35 (1971) to 2^42 - 1 (2109) as a varint. */
export const TIME_BYTES = 6
export const TIME_MS_MIN: number = 2 ** 35
export const TIME_MS_MAX: number = 2 ** 42 - 1

export const VALUE_BYTES = 8
/** Head of the time and the time: what stands between a value and the end of its message. */
export const TIME_FIELD_BYTES: number = 1 + TIME_BYTES
/** From the end of a message back to its value. */
export const VALUE_FROM_END: number = VALUE_BYTES + TIME_FIELD_BYTES

/** Head and length of the sample, head of its value, and what VALUE_FROM_END spans. */
const SAMPLE_BYTES: number = 3 + VALUE_FROM_END

const encoder = new TextEncoder()

/** Writes the field of a time, always TIME_FIELD_BYTES long. */
export function writeTime(timeMs: number, into: Uint8Array, at: number): void {
  const low = timeMs % 2 ** 28
  const high = Math.floor(timeMs / 2 ** 28)
  into[at] = TIME_HEAD
  into[at + 1] = low | 0x80
  into[at + 2] = (low >>> 7) | 0x80
  into[at + 3] = (low >>> 14) | 0x80
  into[at + 4] = (low >>> 21) | 0x80
  into[at + 5] = high | 0x80
  into[at + 6] = high >>> 7
}

/**
 * Writes the message of a series at `at`, its value 0.
 *
 * @param end where the room ends
 * @returns where the message ends, or -1 when there is no room for it
 */
export function writeMessage(
  labels: Labels,
  timeMs: number,
  into: Uint8Array,
  at: number,
  end: number,
): number {
  // The length stands in front and is not known yet: three bytes are kept free for it.
  const start = at + 4
  const stop = writeLabels(labels, into, start, end - SAMPLE_BYTES)
  if (stop < 0) return -1
  const sizeBytes = stop - start + SAMPLE_BYTES
  into[at] = SERIES_TAG
  const body = writeLength(sizeBytes, into, at + 1)
  if (body !== start) into.copyWithin(body, start, stop)
  const sample = body + stop - start
  into[sample] = 0x12
  into[sample + 1] = SAMPLE_BYTES - 2
  into[sample + 2] = 0x09
  into.fill(0, sample + 3, sample + 11)
  writeTime(timeMs, into, sample + 11)
  return sample + SAMPLE_BYTES
}

function writeLabels(labels: Labels, into: Uint8Array, start: number, end: number): number {
  let to = start
  for (let i = 0; i < labels.length; i += 2) {
    // Lengths take at most three bytes each; texts have at most three bytes a unit.
    if (to + 12 + 3 * (labels[i].length + labels[i + 1].length) > end) return -1
    const pair = to + 2
    const stop = writeText(0x12, labels[i + 1], into, writeText(0x0a, labels[i], into, pair))
    const sizeBytes = stop - pair
    into[to] = 0x0a
    if (sizeBytes < 0x80) {
      into[to + 1] = sizeBytes
      to = stop
      continue
    }
    const lengthBytes = sizeBytes < 0x4000 ? 2 : 3
    into.copyWithin(to + 1 + lengthBytes, pair, stop)
    writeLength(sizeBytes, into, to + 1)
    to += 1 + lengthBytes + sizeBytes
  }
  return to
}

function writeText(head: number, text: string, into: Uint8Array, at: number): number {
  into[at] = head
  const start = at + 2
  let to = start
  if (text.length < 0x80) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0x80) return writeLongText(text, into, at + 1)
      into[to++] = unit
    }
    into[at + 1] = text.length
    return to
  }
  return writeLongText(text, into, at + 1)
}

/** A text with its length in front, whatever it holds. */
function writeLongText(text: string, into: Uint8Array, at: number): number {
  const { written } = encoder.encodeInto(text, into.subarray(at + 3))
  const to = writeLength(written, into, at)
  into.copyWithin(to, at + 3, at + 3 + written)
  return to + written
}

function writeLength(sizeBytes: number, into: Uint8Array, at: number): number {
  let to = at
  let rest = sizeBytes
  for (; rest >= 0x80; rest >>>= 7) into[to++] = (rest & 0x7f) | 0x80
  into[to++] = rest
  return to
}
