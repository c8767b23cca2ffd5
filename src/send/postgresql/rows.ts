/**
 * Samples as rows of a binary COPY: time, series, value.
 *
 * @source PostgreSQL, COPY, binary format
 */
import { isStaleAt, STALE_HIGH, STALE_LOW } from '../../model/stale.ts'

/** Signature, flags and length of the extension. */
const HEAD: readonly number[] = [
  ...[0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0],
]
const TAIL_BYTES = 2
const ROW_BYTES = 38
const TWO_32 = 2 ** 32

/** Their days begin at 2000-01-01. */
const EPOCH_MS = 946_684_800_000

/** What a timestamptz and a time of ours can say. */
const TIME_MS_MIN = -210_866_803_200_000
const TIME_MS_MAX = 9_007_199_254_740_991

/** Whether a time can be stored. */
export function isStorable(timeMs: number): boolean {
  return timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX
}

export class RowBytes {
  readonly #view: DataView
  #at = HEAD.length

  constructor(rowsMax: number) {
    const bytes = new Uint8Array(HEAD.length + rowsMax * ROW_BYTES + TAIL_BYTES)
    bytes.set(HEAD)
    this.#view = new DataView(bytes.buffer)
  }

  get count(): number {
    return (this.#at - HEAD.length) / ROW_BYTES
  }

  add(timeMs: number, seriesId: number, values: Float64Array, i: number): void {
    const view = this.#view
    const at = this.#at
    view.setInt16(at, 3)
    view.setInt32(at + 2, 8)
    const sinceMs = timeMs - EPOCH_MS
    // Microseconds of 64 bits from milliseconds of 53: the upper word first.
    const high = Math.floor(sinceMs / TWO_32) * 1000
    const low = (sinceMs - Math.floor(sinceMs / TWO_32) * TWO_32) * 1000
    view.setInt32(at + 6, high + Math.floor(low / TWO_32))
    view.setUint32(at + 10, low % TWO_32)
    view.setInt32(at + 14, 8)
    view.setInt32(at + 18, Math.floor(seriesId / TWO_32))
    view.setUint32(at + 22, seriesId % TWO_32)
    view.setInt32(at + 26, 8)
    if (isStaleAt(values, i)) {
      view.setUint32(at + 30, STALE_HIGH)
      view.setUint32(at + 34, STALE_LOW)
    } else view.setFloat64(at + 30, values[i])
    this.#at = at + ROW_BYTES
  }

  end(): Uint8Array {
    this.#view.setInt16(this.#at, -1)
    return new Uint8Array(this.#view.buffer, 0, this.#at + TAIL_BYTES)
  }
}
