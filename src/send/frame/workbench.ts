/** Where segments are made and remade: one place for all frames of the thread, used by one at a time. */
import { snappyEncodedBytesMax } from '../../wire/snappy.ts'
import { DroppedBytes } from './droppedbytes.ts'

/** Most bytes of the decoded messages of one segment. */
export const RAW_BYTES_MAX = 131_072

/** Most series of one segment. */
export const ENTRIES_MAX = 1024

/** A symbol that equals none: a patched byte of a value. */
export const VOLATILE = 0xffff

/** Symbols of the bytes of the time, by their place in it: they equal no other byte. */
export const TIME_SYMBOL = 0x200

const HEAD_BITS = 14

/** Raw bytes are looked at by pages of 2^PAGE_BITS first. */
export const PAGE_BITS = 6

/** decodeSnappy may write so many bytes past the end. */
const SLACK_BYTES = 16

/** Stretches of elements that were taken over as they are, rising. */
export class TakenRuns {
  count = 0
  /** Where each begins and ends in the source. */
  from: Uint32Array = new Uint32Array(ENTRIES_MAX)
  to: Uint32Array = new Uint32Array(ENTRIES_MAX)
  /** How much further ahead, or back, it lies now. */
  shift: Int32Array = new Int32Array(ENTRIES_MAX)

  clear(): void {
    this.count = 0
  }

  add(from: number, to: number, shift: number): void {
    const { count } = this
    if (count === this.from.length) this.#grow()
    this.from[count] = from
    this.to[count] = to
    this.shift[count] = shift
    this.count++
  }

  #grow(): void {
    const from = new Uint32Array(2 * this.count)
    const to = new Uint32Array(2 * this.count)
    const shift = new Int32Array(2 * this.count)
    from.set(this.from)
    to.set(this.to)
    shift.set(this.shift)
    this.from = from
    this.to = to
    this.shift = shift
  }
}

export class Workbench {
  /** The messages, one behind the other. */
  readonly raw: Uint8Array = new Uint8Array(RAW_BYTES_MAX + SLACK_BYTES)
  readonly view: DataView = new DataView(this.raw.buffer)
  /** The same as symbols for the matcher; only where it looks. */
  readonly symbols: Uint16Array = new Uint16Array(RAW_BYTES_MAX)
  /** Message i lies at [starts[i], starts[i + 1]). */
  readonly starts: Uint32Array = new Uint32Array(ENTRIES_MAX + 1)
  /** How many bytes of the value of message i are patched, so that they have to lie in one literal. */
  readonly widths: Uint8Array = new Uint8Array(ENTRIES_MAX)
  /** Where the patched bytes of message i lie in `elements`; 0 when it has none. */
  readonly slots: Uint32Array = new Uint32Array(ENTRIES_MAX)
  /** Where bytes of the time lie in `elements`: 8 × place + byte of the time. */
  timeSlots: number[] = []
  count = 0
  /** What was taken over when elements were written anew. */
  readonly runs: TakenRuns = new TakenRuns()
  /** Messages that leave. */
  readonly dropped: DroppedBytes = new DroppedBytes(ENTRIES_MAX)
  /** The snappy elements. */
  readonly elements: Uint8Array = new Uint8Array(snappyEncodedBytesMax(RAW_BYTES_MAX))
  /** The matcher's chains: last place of a hash, and how far back the one before it is. */
  readonly chainHeads: Int32Array = new Int32Array(1 << HEAD_BITS)
  readonly chainSteps: Uint16Array = new Uint16Array(RAW_BYTES_MAX)
  /** Bytes that have to become literals while a segment is remade; all 0 in between. */
  readonly forced: Uint8Array = new Uint8Array(RAW_BYTES_MAX)
  readonly forcedPages: Uint8Array = new Uint8Array(RAW_BYTES_MAX >>> PAGE_BITS)
}

let workbench: Workbench | undefined

/** The workbench of this thread; its memory is taken when the first frame is built. */
export function theWorkbench(): Workbench {
  workbench ??= new Workbench()
  return workbench
}
