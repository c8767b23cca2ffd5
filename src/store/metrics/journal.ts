/** Writes what happens to the head into the log. Layout: docs/formats/journal.md. */
import { type Cursor, writeVarint, zigzag } from '../../base/bytes.ts'
import type { WriteLog } from '../log/writelog.ts'
import { encodeValues, valuesBytesMax } from './cellvalues.ts'
import {
  DEFINE_COLUMNS,
  DEFINE_GROUP,
  DEFINE_SHAPE,
  defineList,
  definePair,
  GrowingBytes,
} from './definitions.ts'
import type { Head, Recorder } from './head.ts'
import * as at from './layout.ts'

/** Kinds of records. */
export const RECORD_DEFINITIONS = 1
export const RECORD_ENTRIES = 2

/** Entries of a record of entries. */
export const ENTRY_CELLS = 1
export const ENTRY_SEAL = 2
export const ENTRY_STRANDS = 3
export const ENTRY_SEAL_STRANDS = 4

/** A record is closed when it has grown past this: what one damaged place may cost. */
const RECORD_BYTES = 24_576
/** Cells of one entry; more are split. */
const ENTRY_CELLS_MAX = 1024
/** Bytes of entries between a definition and its second copy. */
const REPEAT_BYTES = 65_536
/** Bytes that wait for a log that refuses; beyond it nothing is appended to the store. */
export const JOURNAL_BYTES_MAX: number = 16 * 1024 * 1024
/** Bytes after which definitions start again, so that older records can go. */
const EPOCH_BYTES = 48 * 1024 * 1024

/** Which records have been defined in the present epoch. */
class Marks {
  #epochs = new Uint32Array(1024)

  /** Marks a record; false when it was marked already. */
  mark(record: number, epoch: number): boolean {
    if (record >= this.#epochs.length) {
      const more = new Uint32Array(Math.max(record + 1, this.#epochs.length * 2))
      more.set(this.#epochs)
      this.#epochs = more
    }
    if (this.#epochs[record] === epoch) return false
    this.#epochs[record] = epoch
    return true
  }

  /** Forgets a record whose number will mean something else. */
  unmark(record: number): void {
    if (record < this.#epochs.length) this.#epochs[record] = 0
  }
}

/** The recorder of a head. */
export class Journal implements Recorder {
  /** Number of the present epoch, rising from 1; pieces of the head remember it. */
  epoch = 0
  readonly #log: WriteLog
  readonly #head: Head
  readonly #epochStarts: number[] = []
  readonly #pairs = new Marks()
  readonly #groups = new Marks()
  readonly #shapes = new Marks()
  readonly #columns = new Marks()
  readonly #definitions = new GrowingBytes(65_536)
  readonly #entries = new GrowingBytes(65_536)
  /** Ends of finished records of entries that the log has not taken yet. */
  readonly #ends: number[] = []
  #repeat: Uint8Array[] = []
  #sinceRepeat = 0
  #epochBytes = 0
  #lastTime = 0

  constructor(log: WriteLog, head: Head) {
    this.#log = log
    this.#head = head
  }

  /** Begins an epoch: every number is defined again before it is used. */
  startEpoch(): void {
    this.flush()
    this.#repeat = []
    this.epoch++
    this.#epochStarts[this.epoch] = this.#log.nextSequence
    this.#epochBytes = 0
  }

  /** The epoch that a replayed record belongs to, by the sequence with which it began. */
  adoptEpoch(startSequence: number): number {
    if (this.epoch === 0 || this.#epochStarts[this.epoch] !== startSequence) {
      this.epoch++
      this.#epochStarts[this.epoch] = startSequence
    }
    return this.epoch
  }

  /** Sequence of the first record of an epoch. */
  startOf(epoch: number): number {
    return this.#epochStarts[epoch]
  }

  /** Bytes that wait to be taken by the log. */
  get waitingBytes(): number {
    return this.#entries.cursor.at
  }

  cells(
    group: number,
    ordinal: number,
    timeMs: number,
    columns: Uint32Array,
    values: Float64Array,
    count: number,
  ): void {
    this.#defineGroup(group)
    for (let i = 0; i < count; i++) {
      if (this.#columns.mark(columns[i], this.epoch)) {
        i = this.#defineColumns(group, columns, i, count)
      }
    }
    for (let from = 0; from < count; from += ENTRY_CELLS_MAX) {
      const length = Math.min(ENTRY_CELLS_MAX, count - from)
      this.#writeCells(group, ordinal, timeMs, columns, values, from, length)
    }
  }

  strands(timeMs: number, columns: Uint32Array, values: Float64Array, count: number): void {
    this.#defineStrands(columns, count)
    for (let from = 0; from < count; from += ENTRY_CELLS_MAX) {
      const length = Math.min(ENTRY_CELLS_MAX, count - from)
      const c = this.#beginEntry(48 + length * 16 + valuesBytesMax(length))
      c.bytes[c.at++] = ENTRY_STRANDS
      this.#writeTime(c, timeMs)
      writeRuns(c, columns, from, length)
      encodeValues(values, from, length, c)
      this.#endEntry()
    }
  }

  /** All samples of some strands are in blocks. */
  sealStrands(columns: Uint32Array): void {
    this.#defineStrands(columns, columns.length)
    for (let from = 0; from < columns.length; from += ENTRY_CELLS_MAX) {
      const length = Math.min(ENTRY_CELLS_MAX, columns.length - from)
      const c = this.#beginEntry(48 + length * 16)
      c.bytes[c.at++] = ENTRY_SEAL_STRANDS
      writeRuns(c, columns, from, length)
      this.#endEntry()
    }
  }

  #defineStrands(columns: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      if (!this.#columns.mark(columns[i], this.epoch)) continue
      const group = this.#head.columns.field(columns[i], at.COLUMN_GROUP)
      this.#defineGroup(group)
      i = this.#defineColumns(group, columns, i, count)
    }
  }

  /** Rows of a group below an ordinal are in blocks. */
  seal(group: number, ordinal: number): void {
    this.#defineGroup(group)
    const c = this.#beginEntry(24)
    c.bytes[c.at++] = ENTRY_SEAL
    writeVarint(c, group)
    writeVarint(c, ordinal)
    this.#endEntry()
  }

  /** A number that may come to mean another thing is defined again before its next use. */
  forget(kind: 'pair' | 'group' | 'shape' | 'column', number: number): void {
    if (kind === 'pair') this.#pairs.unmark(number)
    else if (kind === 'group') this.#groups.unmark(number)
    else if (kind === 'shape') this.#shapes.unmark(number)
    else this.#columns.unmark(number)
  }

  /** Hands what has gathered to the log. @throws NarthexError `busy` when the log refuses */
  flush(): void {
    this.#flushDefinitions()
    const c = this.#entries.cursor
    if (c.at === 0) return
    if (this.#ends[this.#ends.length - 1] !== c.at) this.#ends.push(c.at)
    let from = 0
    try {
      while (this.#ends.length > 0) {
        this.#log.append(c.bytes, from, this.#ends[0])
        from = this.#ends[0]
        this.#ends.shift()
      }
    } finally {
      c.bytes.copyWithin(0, from, c.at)
      for (let i = 0; i < this.#ends.length; i++) this.#ends[i] -= from
      c.at -= from
      this.#lastTime = 0
      this.#sinceRepeat += from
      this.#epochBytes += from
    }
    if (this.#sinceRepeat >= REPEAT_BYTES) this.#repeatDefinitions()
    if (this.#epochBytes >= EPOCH_BYTES) this.startEpoch()
  }

  #flushDefinitions(): void {
    const c = this.#definitions.cursor
    if (c.at === 0) return
    this.#log.append(c.bytes, 0, c.at)
    this.#repeat.push(c.bytes.slice(0, c.at))
    this.#epochBytes += c.at
    c.at = 0
  }

  /** A damaged definition would cost every row that needs it: each is in the log twice. */
  #repeatDefinitions(): void {
    this.#sinceRepeat = 0
    for (const bytes of this.#repeat.splice(0)) this.#log.append(bytes, 0, bytes.length)
  }

  /** Room for one more entry in the record that is being filled. */
  #beginEntry(wantedBytes: number): Cursor {
    const c = this.#entries.room(wantedBytes + 16)
    const recordFrom = this.#ends.length === 0 ? 0 : this.#ends[this.#ends.length - 1]
    if (c.at === recordFrom) {
      c.bytes[c.at++] = RECORD_ENTRIES
      writeVarint(c, this.#epochStarts[this.epoch])
      this.#lastTime = 0
    }
    return c
  }

  #endEntry(): void {
    const recordFrom = this.#ends.length === 0 ? 0 : this.#ends[this.#ends.length - 1]
    if (this.#entries.cursor.at - recordFrom >= RECORD_BYTES)
      this.#ends.push(this.#entries.cursor.at)
  }

  #writeCells(
    group: number,
    ordinal: number,
    timeMs: number,
    columns: Uint32Array,
    values: Float64Array,
    from: number,
    count: number,
  ): void {
    const c = this.#beginEntry(48 + count * 10 + valuesBytesMax(count))
    c.bytes[c.at++] = ENTRY_CELLS
    writeVarint(c, group)
    writeVarint(c, ordinal)
    this.#writeTime(c, timeMs)
    writeRuns(c, columns, from, count)
    encodeValues(values, from, count, c)
    this.#endEntry()
  }

  /** A time less that of the entry before. */
  #writeTime(c: Cursor, timeMs: number): void {
    writeVarint(c, zigzag(timeMs - this.#lastTime))
    this.#lastTime = timeMs
  }

  #beginDefinition(): Cursor {
    const c = this.#definitions.room(48)
    if (c.at === 0) {
      c.bytes[c.at++] = RECORD_DEFINITIONS
      writeVarint(c, this.#epochStarts[this.epoch])
    }
    return c
  }

  #definePair(pair: number): void {
    if (!this.#pairs.mark(pair, this.epoch)) return
    const view = this.#head.index.view
    this.#beginDefinition()
    const name = view.nameText(view.pairField(pair, at.PAIR_NAME))
    definePair(this.#definitions, pair, name, view.pairText(pair))
  }

  #defineGroup(group: number): void {
    if (!this.#groups.mark(group, this.epoch)) return
    const view = this.#head.index.view
    const list = view.groupField(group, at.GROUP_LIST)
    this.#defineList(DEFINE_GROUP, group, list, view.groupField(group, at.GROUP_LENGTH))
  }

  #defineShape(shape: number): void {
    if (!this.#shapes.mark(shape, this.epoch)) return
    const view = this.#head.index.view
    const list = view.shapeField(shape, at.SHAPE_LIST)
    this.#defineList(DEFINE_SHAPE, shape, list, view.shapeField(shape, at.SHAPE_LENGTH))
  }

  #defineList(kind: number, number: number, list: number, length: number): void {
    const view = this.#head.index.view
    const pairs: number[] = []
    for (let i = 0; i < length; i++) {
      pairs.push(view.listItem(list, i))
      this.#definePair(pairs[i])
    }
    this.#beginDefinition()
    defineList(this.#definitions, kind, number, pairs)
  }

  /** Defines columns[from] and those behind it that continue both numbers; returns the last. */
  #defineColumns(group: number, columns: Uint32Array, from: number, count: number): number {
    const head = this.#head
    const column = columns[from]
    const shape = head.columns.field(column, at.COLUMN_SHAPE)
    this.#defineShape(shape)
    let length = 1
    while (
      from + length < count &&
      columns[from + length] === column + length &&
      head.columns.field(column + length, at.COLUMN_GROUP) === group &&
      head.columns.field(column + length, at.COLUMN_SHAPE) === shape + length &&
      this.#columns.mark(column + length, this.epoch)
    ) {
      this.#defineShape(shape + length)
      length++
    }
    const c = this.#beginDefinition()
    c.bytes[c.at++] = DEFINE_COLUMNS
    writeVarint(c, group)
    writeVarint(c, column)
    writeVarint(c, shape)
    writeVarint(c, length)
    if (c.at >= RECORD_BYTES && this.#log.failure === '') this.#flushDefinitions()
    return from + length - 1
  }
}

/** Writes how many columns there are, and which, as runs. */
function writeRuns(c: Cursor, columns: Uint32Array, from: number, count: number): void {
  writeVarint(c, count)
  let expected = 0
  for (let i = 0; i < count; ) {
    const first = columns[from + i]
    let length = 1
    while (i + length < count && columns[from + i + length] === first + length) length++
    writeVarint(c, zigzag(first - expected))
    writeVarint(c, length)
    expected = first + length
    i += length
  }
}
