/** Where segments are made and remade: one place for all frames of the thread, used by one at a time. */
import { DroppedBytes } from './droppedbytes.ts'
import { JOINT_FIELDS } from './entries.ts'
import { TIME_FIELD_BYTES } from './message.ts'

/** Most bytes of the decoded messages of one segment. */
export const RAW_BYTES_MAX = 131_072

/** Most series of one segment. */
export const ENTRIES_MAX = 1024

/** Symbols of the bytes of a time, by their place in it: they equal no other byte. */
export const TIME_SYMBOL = 0x200

/** Symbols of the bytes of a value, 256 for each place in it: they equal the same byte of another value only. */
export const VALUE_SYMBOL = 0x400

/** What is not to be copied. */
export const NO_SYMBOL = 0xffff

/** Elements that were changed may take more than the messages that they make: copies of one byte take three. */
const ELEMENTS_BYTES_MAX = 3 * RAW_BYTES_MAX

const HEAD_BITS = 14

export class Workbench {
  /** The messages, one behind the other. */
  readonly raw: Uint8Array = new Uint8Array(RAW_BYTES_MAX)
  readonly view: DataView = new DataView(this.raw.buffer)
  /** The same as symbols for the matcher; NO_SYMBOL while it does not run. */
  readonly symbols: Uint16Array = new Uint16Array(RAW_BYTES_MAX).fill(NO_SYMBOL)
  /** Message i lies at [starts[i], starts[i + 1]); `startsBefore` is of those before some leave. */
  readonly starts: Uint32Array = new Uint32Array(ENTRIES_MAX + 1)
  readonly startsBefore: Uint32Array = new Uint32Array(ENTRIES_MAX + 1)
  /** Of those before: 1 for each message that leaves, and for each that has to do with these. */
  readonly leaves: Uint8Array = new Uint8Array(ENTRIES_MAX + 1)
  readonly touched: Uint8Array = new Uint8Array(ENTRIES_MAX)
  count = 0
  /** Messages that leave. */
  readonly dropped: DroppedBytes = new DroppedBytes(ENTRIES_MAX)
  /** Elements of messages that are being made, and those that they are made from. */
  readonly elements: Uint8Array = new Uint8Array(ELEMENTS_BYTES_MAX)
  readonly elementsBefore: Uint8Array = new Uint8Array(ELEMENTS_BYTES_MAX)
  /** What a segment is to consist of: see there. */
  readonly heads: Uint8Array = new Uint8Array(ELEMENTS_BYTES_MAX)
  readonly joints: Uint16Array = new Uint16Array(JOINT_FIELDS * (ENTRIES_MAX + 1))
  /** Two words for the value of each message, while it is written. */
  readonly values: Int32Array = new Int32Array(2 * ENTRIES_MAX)
  readonly timeField: Uint8Array = new Uint8Array(TIME_FIELD_BYTES)
  /** The matcher's chains: last place of a hash, and how far back the one before it is. */
  readonly chainHeads: Int32Array = new Int32Array(1 << HEAD_BITS)
  readonly chainSteps: Uint16Array = new Uint16Array(RAW_BYTES_MAX)
}

let workbench: Workbench | undefined

/** The workbench of this thread; its memory is taken when the first frame is built. */
export function theWorkbench(): Workbench {
  workbench ??= new Workbench()
  return workbench
}
