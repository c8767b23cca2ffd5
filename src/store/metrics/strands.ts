/** Strands of the head: series with times of their own, each a chain of small links in shared memory. */
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import type { RowHooks, Rows } from './rows.ts'
import type { Slabs } from './slabs.ts'
import { decodeEntries, ENTRY_BYTES_MAX, encodeEntry, type StrandState } from './strand.ts'

const COLUMN_MASK = (1 << at.COLUMN_SHIFT) - 1
const HALF_MASK = (1 << at.HALF_SHIFT) - 1
/** log2 of the bytes of a half. */
const HALF_BYTES_SHIFT = 6

/** What a strand has at a time. */
export const SAMPLE_NONE = 0
export const SAMPLE_SAME = 1
const SAMPLE_OTHER = 2

/** The writing side of strands; one thread. */
export class Strands {
  readonly reader: StrandReader
  readonly #hooks: RowHooks
  readonly #rows: Rows
  readonly #slabs: Slabs
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #linkWords: Uint32Array[]
  readonly #linkBytes: Uint8Array[]
  readonly #entry: Uint8Array = new Uint8Array(ENTRY_BYTES_MAX)
  readonly #state: StrandState = { newestMs: 0, stepMs: 0, low: 0, high: 0 }

  constructor(memory: Memory, slabs: Slabs, rows: Rows, hooks: RowHooks) {
    this.#hooks = hooks
    this.#rows = rows
    this.#slabs = slabs
    this.reader = new StrandReader(memory)
    this.#columns = memory.tables[at.COLUMNS].words
    this.#columnFloats = memory.tables[at.COLUMNS].floats
    this.#linkWords = memory.tables[at.HALVES].words
    this.#linkBytes = memory.tables[at.HALVES].bytes
  }

  /** How many samples a strand has. */
  count(column: number): number {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    return words[((column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT) + at.COLUMN_STRAND_COUNT]
  }

  /** Whether a strand must be sealed before it takes more. */
  isFull(column: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    return (
      words[from + at.COLUMN_STRAND_COUNT] >= at.STRAND_ENTRIES_MAX ||
      words[from + at.COLUMN_STRAND_BYTES] > at.STRAND_BYTES_MAX
    )
  }

  /** Whether a strand is worth being sealed: it is at least half full, or was begun so early. */
  isDue(column: number, openedBeforeMs: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const count = words[from + at.COLUMN_STRAND_COUNT]
    if (count === 0) return false
    return (
      count * 2 >= at.STRAND_READY ||
      words[from + at.COLUMN_STRAND_BYTES] * 2 >= at.STRAND_READY_BYTES ||
      words[from + at.COLUMN_STRAND_OPENED] * 1000 < openedBeforeMs
    )
  }

  /** Whether a strand holds samples that are newer than what counts as the newest of its series. */
  isApart(column: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    return words[from + at.COLUMN_STRAND_STEP] === at.STEP_APART
  }

  /**
   * Appends a sample that the strand, which is not full, does not have yet.
   *
   * @param isNewest it becomes the base of the column, and the newest of its series
   */
  append(
    group: number,
    column: number,
    timeMs: number,
    low: number,
    high: number,
    isNewest: boolean,
  ): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    const newestAt = (from >>> 1) + at.COLUMN_NEWEST_FLOAT
    const state = this.#state
    const step = words[from + at.COLUMN_STRAND_STEP]
    const isFirst = words[from + at.COLUMN_STRAND_COUNT] === 0
    const isBack = isNewest && timeMs < floats[newestAt] && !isFirst
    const isApart = step === at.STEP_APART || isBack
    // One that must not move the state of who reads is written against none.
    if (isApart || !isNewest) state.newestMs = Infinity
    else state.newestMs = step === at.STEP_NONE ? -Infinity : floats[newestAt]
    state.stepMs = step
    state.low = words[from + at.COLUMN_BASE]
    state.high = words[from + at.COLUMN_BASE + 1]
    const size = encodeEntry(this.#entry, state, timeMs, low, high)
    this.#rows.enter(group)
    this.#put(words, from, size)
    if (isFirst) {
      words[from + at.COLUMN_STRAND_OPENED] = Math.floor(this.#hooks.monotonicMs() / 1000)
      words[from + at.COLUMN_STRAND_EPOCH] = this.#hooks.epoch()
    }
    words[from + at.COLUMN_STRAND_COUNT]++
    words[from + at.COLUMN_FLAGS] &= ~at.IDLE_MASK
    if (isNewest) {
      words[from + at.COLUMN_STRAND_STEP] = isApart ? at.STEP_APART : state.stepMs
      words[from + at.COLUMN_BASE] = low
      words[from + at.COLUMN_BASE + 1] = high
      floats[newestAt] = timeMs
    }
    this.#note(group, words, from)
    this.#rows.leave(group)
  }

  /** Whether a strand has a sample at a time, and whether it has this value. */
  find(column: number, timeMs: number, low: number, high: number): number {
    const reader = this.reader
    const count = reader.read(column)
    for (let i = 0; i < count; i++) {
      if (reader.times[i] !== timeMs) continue
      const isSame = reader.words[i * 2] === low && reader.words[i * 2 + 1] === high
      return isSame ? SAMPLE_SAME : SAMPLE_OTHER
    }
    return SAMPLE_NONE
  }

  /** Empties a strand; its base stays, so that a repeated sample is known again. */
  clear(column: number): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    let link = words[from + at.COLUMN_STRAND_FIRST]
    while (link !== 0) {
      const index = link & at.PIECE_INDEX_MASK
      const next = this.#linkWords[index >>> at.HALF_SHIFT][(index & HALF_MASK) << 4]
      this.#slabs.give(link)
      link = next
    }
    words[from + at.COLUMN_STRAND_FIRST] = 0
    words[from + at.COLUMN_STRAND_LAST] = 0
    words[from + at.COLUMN_STRAND_BYTES] = 0
    words[from + at.COLUMN_STRAND_STEP] = at.STEP_NONE
    words[from + at.COLUMN_STRAND_COUNT] = 0
    words[from + at.COLUMN_STRAND_OPENED] = 0
    words[from + at.COLUMN_STRAND_EPOCH] = 0
  }

  /** Works out anew what the group knows of its strands, after some were cleared. */
  measure(group: number): void {
    this.#rows.setField(group, at.GROUP_STRAND_FILL, 0)
    let column = this.#rows.field(group, at.GROUP_FIRST_COLUMN)
    while (column !== 0) {
      const words = this.#columns[column >>> at.COLUMN_SHIFT]
      const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      if ((words[from + at.COLUMN_FLAGS] & at.FLAG_STRAND) !== 0) this.#note(group, words, from)
      column = words[from + at.COLUMN_NEXT_OF_GROUP]
    }
  }

  /** Notes in the group what one of its strands has. */
  #note(group: number, words: Uint32Array, from: number): void {
    const fill = fillOf(words[from + at.COLUMN_STRAND_COUNT], words[from + at.COLUMN_STRAND_BYTES])
    if (fill === 0) return
    const rows = this.#rows
    const opened = words[from + at.COLUMN_STRAND_OPENED]
    const epoch = words[from + at.COLUMN_STRAND_EPOCH]
    const known = rows.field(group, at.GROUP_STRAND_FILL)
    if (fill > known) rows.setField(group, at.GROUP_STRAND_FILL, fill)
    if (known === 0 || opened < rows.field(group, at.GROUP_STRAND_OPENED)) {
      rows.setField(group, at.GROUP_STRAND_OPENED, opened)
    }
    if (known === 0 || epoch < rows.field(group, at.GROUP_STRAND_EPOCH)) {
      rows.setField(group, at.GROUP_STRAND_EPOCH, epoch)
    }
  }

  /** Copies the first bytes of the entry in hand behind the strand. */
  #put(words: Uint32Array, from: number, size: number): void {
    let used = words[from + at.COLUMN_STRAND_BYTES]
    for (let i = 0; i < size; ) {
      const inLink = used % at.LINK_BYTES
      if (inLink === 0) this.#addLink(words, from)
      const index = words[from + at.COLUMN_STRAND_LAST] & at.PIECE_INDEX_MASK
      const bytes = this.#linkBytes[index >>> at.HALF_SHIFT]
      const to = ((index & HALF_MASK) << HALF_BYTES_SHIFT) + 4 + inLink
      const count = Math.min(size - i, at.LINK_BYTES - inLink)
      for (let k = 0; k < count; k++) bytes[to + k] = this.#entry[i + k]
      i += count
      used += count
    }
    words[from + at.COLUMN_STRAND_BYTES] = used
  }

  #addLink(words: Uint32Array, from: number): void {
    const link = this.#slabs.takeHalf()
    const index = link & at.PIECE_INDEX_MASK
    this.#linkWords[index >>> at.HALF_SHIFT][(index & HALF_MASK) << 4] = 0
    const last = words[from + at.COLUMN_STRAND_LAST]
    if (last === 0) {
      words[from + at.COLUMN_STRAND_FIRST] = link
    } else {
      const lastIndex = last & at.PIECE_INDEX_MASK
      this.#linkWords[lastIndex >>> at.HALF_SHIFT][(lastIndex & HALF_MASK) << 4] = link
    }
    words[from + at.COLUMN_STRAND_LAST] = link
  }
}

/** Reads strands, in any thread; what it reads under a writer is checked by the group's sequence. */
export class StrandReader {
  /** Times in the order in which the samples came, and the values with them; until the next read. */
  readonly times: Float64Array = new Float64Array(at.STRAND_ENTRIES_MAX)
  readonly values: Float64Array = new Float64Array(at.STRAND_ENTRIES_MAX)
  readonly words: Uint32Array
  readonly #columns: Uint32Array[]
  readonly #linkWords: Uint32Array[]
  readonly #linkBytes: Uint8Array[]
  readonly #bytes: Uint8Array = new Uint8Array(at.STRAND_BYTES_MAX + at.LINK_BYTES * 2)

  constructor(memory: Memory) {
    this.words = new Uint32Array(this.values.buffer)
    this.#columns = memory.tables[at.COLUMNS].words
    this.#linkWords = memory.tables[at.HALVES].words
    this.#linkBytes = memory.tables[at.HALVES].bytes
  }

  /** Reads the strand of a column; returns how many samples it has, -1 when it cannot be read now. */
  read(column: number): number {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const count = words[from + at.COLUMN_STRAND_COUNT]
    const sizeBytes = words[from + at.COLUMN_STRAND_BYTES]
    if (count > at.STRAND_ENTRIES_MAX) return -1
    if (sizeBytes > at.STRAND_BYTES_MAX + ENTRY_BYTES_MAX) return -1
    let link = words[from + at.COLUMN_STRAND_FIRST]
    for (let done = 0; done < sizeBytes; done += at.LINK_BYTES) {
      const index = link & at.PIECE_INDEX_MASK
      const bytes = this.#linkBytes[index >>> at.HALF_SHIFT]
      if (link === 0 || bytes === undefined) return -1
      const start = ((index & HALF_MASK) << HALF_BYTES_SHIFT) + 4
      for (let i = 0; i < at.LINK_BYTES; i++) this.#bytes[done + i] = bytes[start + i]
      link = this.#linkWords[index >>> at.HALF_SHIFT][(index & HALF_MASK) << 4]
    }
    return decodeEntries(this.#bytes, sizeBytes, count, this.times, this.words) ? count : -1
  }
}

function fillOf(count: number, sizeBytes: number): number {
  return sizeBytes >= at.STRAND_READY_BYTES ? Math.max(count, at.STRAND_READY) : count
}

/** Places of samples in time order. */
export function strandOrder(times: Float64Array, count: number): Uint8Array {
  const order = new Uint8Array(count)
  let isSorted = true
  for (let i = 0; i < count; i++) {
    order[i] = i
    if (i > 0 && times[i] < times[i - 1]) isSorted = false
  }
  return isSorted ? order : order.sort((a, b) => times[a] - times[b])
}
