/** Rebuilds the head from the log: definitions first, then cells and seals as they happened. */
import { Cursor, readVarint, unzigzag } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import { decodeValues } from './cellvalues.ts'
import { DEFINE_COLUMNS, NumberMaps, readNumber } from './definitions.ts'
import type { Head } from './head.ts'
import {
  ENTRY_CELLS,
  ENTRY_SEAL,
  ENTRY_SEAL_STRANDS,
  ENTRY_STRANDS,
  type Journal,
  RECORD_DEFINITIONS,
  RECORD_ENTRIES,
} from './journal.ts'
import * as at from './layout.ts'

/** Most cells of one entry, and most columns that one definition may name. */
const CELLS_MAX = 65_536
const COLUMNS_MAX = 2 ** 30

/** What a restore could not make sense of. */
export interface RestoreReport {
  /** Cells restored. */
  readonly cells: number
  /** Cells of series whose definition was lost. */
  readonly orphans: number
  /** Records that do not parse. */
  readonly damaged: number
}

/** Applies records of a log, in order, to an empty head. */
export class Restore {
  readonly #head: Head
  readonly #journal: Journal
  #epochStart = -1
  readonly #numbers = new NumberMaps()
  #columns: number[] = []
  #values = new Float64Array(1024)
  #columnsOfEntry = new Uint32Array(1024)
  /** Entries that met an undefined number: their definition may come a second time. */
  #orphans: { epochStart: number; payload: Uint8Array }[] = []
  #orphanCells = 0
  #cells = 0
  #damaged = 0

  constructor(head: Head, journal: Journal) {
    this.#head = head
    this.#journal = journal
  }

  /** Applies one record. A record that does not parse is counted and skipped. */
  apply(payload: Uint8Array): void {
    const c = new Cursor(payload)
    try {
      const kind = payload[c.at++]
      const epochStart = readVarint(c)
      if (epochStart !== this.#epochStart) this.#startEpoch(epochStart)
      if (kind === RECORD_DEFINITIONS) this.#define(c)
      else if (kind === RECORD_ENTRIES) this.#enter(c, payload, false)
      else throw new NarthexError('bad_data', `cannot read record: kind ${kind}, 1 or 2 wanted`)
    } catch (error) {
      if (!(error instanceof NarthexError) || error.kind !== 'bad_data') throw error
      this.#damaged++
    }
  }

  /** Ends the restore. */
  finish(): RestoreReport {
    this.#retryOrphans()
    return { cells: this.#cells, orphans: this.#orphanCells, damaged: this.#damaged }
  }

  #startEpoch(epochStart: number): void {
    this.#retryOrphans()
    this.#epochStart = epochStart
    this.#journal.adoptEpoch(epochStart)
    this.#numbers.clear()
    this.#columns = []
  }

  /** Before definitions are forgotten, entries that came ahead of their second copy go again. */
  #retryOrphans(): void {
    const orphans = this.#orphans
    this.#orphans = []
    this.#orphanCells = 0
    for (const { payload } of orphans) {
      const c = new Cursor(payload, 1)
      readVarint(c)
      this.#enter(c, payload, true)
    }
  }

  #define(c: Cursor): void {
    while (c.at < c.end) {
      const kind = c.bytes[c.at++]
      if (kind === DEFINE_COLUMNS) this.#defineColumns(c)
      else this.#numbers.read(kind, c, this.#head.index)
    }
  }

  #defineColumns(c: Cursor): void {
    const group = this.#numbers.groups[readVarint(c)]
    const column = readNumber(c)
    const shape = readVarint(c)
    const count = readVarint(c)
    if (count > COLUMNS_MAX)
      throw new NarthexError('bad_data', `cannot read definition: ${count} columns`)
    if (group === undefined) return
    for (let i = 0; i < count; i++) {
      const known = this.#numbers.shapes[shape + i]
      if (known !== undefined) this.#columns[column + i] = this.#head.columns.ensure(group, known)
    }
  }

  #enter(c: Cursor, payload: Uint8Array, isRetry: boolean): void {
    let time = 0
    let orphans = 0
    while (c.at < c.end) {
      const kind = c.bytes[c.at++]
      switch (kind) {
        case ENTRY_CELLS: {
          const group = this.#numbers.groups[readVarint(c)]
          const ordinal = readVarint(c)
          time += unzigzag(readVarint(c))
          orphans += this.#enterCells(c, group, ordinal, time)
          break
        }
        case ENTRY_STRANDS:
          time += unzigzag(readVarint(c))
          orphans += this.#enterSamples(c, time)
          break
        case ENTRY_SEAL: {
          const group = this.#numbers.groups[readVarint(c)]
          const ordinal = readVarint(c)
          if (group !== undefined && !isRetry) this.#head.rows.drop(group, ordinal)
          break
        }
        case ENTRY_SEAL_STRANDS:
          this.#dropStrands(c, isRetry)
          break
        default:
          throw new NarthexError('bad_data', `cannot read entry: kind ${kind}`)
      }
    }
    if (orphans === 0) return
    this.#orphanCells += orphans
    if (!isRetry) {
      this.#orphans.push({ epochStart: this.#epochStart, payload: payload.slice() })
    }
  }

  /** Writes the cells of one entry; returns how many have no definition. */
  #enterCells(c: Cursor, group: number | undefined, ordinal: number, timeMs: number): number {
    const count = this.#readRuns(c)
    decodeValues(c, count, this.#values, 0)
    if (group === undefined) return count
    if (!this.#head.rows.restore(group, ordinal, timeMs)) return 0
    let orphans = 0
    for (let i = 0; i < count; i++) {
      const column = this.#columns[this.#columnsOfEntry[i]]
      if (column === undefined) orphans++
      else this.#head.restoreCell(column, ordinal, timeMs, this.#values[i])
    }
    this.#cells += count - orphans
    this.#head.noteTimes(timeMs, timeMs)
    return orphans
  }

  /** Writes samples of strands; returns how many have no definition. */
  #enterSamples(c: Cursor, timeMs: number): number {
    const count = this.#readRuns(c)
    decodeValues(c, count, this.#values, 0)
    let orphans = 0
    for (let i = 0; i < count; i++) {
      const column = this.#columns[this.#columnsOfEntry[i]]
      if (column === undefined) orphans++
      else this.#head.restoreSample(column, timeMs, this.#values[i])
    }
    this.#cells += count - orphans
    return orphans
  }

  /** Drops samples that are in blocks. */
  #dropStrands(c: Cursor, isRetry: boolean): void {
    const count = this.#readRuns(c)
    if (isRetry) return
    const { columns, strands } = this.#head
    const groups = new Set<number>()
    for (let i = 0; i < count; i++) {
      const column = this.#columns[this.#columnsOfEntry[i]]
      if (column === undefined || !columns.isStrand(column)) continue
      strands.clear(column)
      groups.add(columns.field(column, at.COLUMN_GROUP))
    }
    for (const group of groups) strands.measure(group)
  }

  /** Reads which columns an entry is about; returns how many. */
  #readRuns(c: Cursor): number {
    const count = readVarint(c)
    if (count > CELLS_MAX) throw new NarthexError('bad_data', `cannot read entry: ${count} cells`)
    if (count > this.#values.length) {
      this.#values = new Float64Array(CELLS_MAX)
      this.#columnsOfEntry = new Uint32Array(CELLS_MAX)
    }
    let expected = 0
    for (let i = 0; i < count; ) {
      const first = expected + unzigzag(readVarint(c))
      const length = readVarint(c)
      if (length === 0 || i + length > count) {
        throw new NarthexError(
          'bad_data',
          `cannot read entry: a run of ${length} cells of ${count}`,
        )
      }
      for (let k = 0; k < length; k++) this.#columnsOfEntry[i + k] = first + k
      expected = first + length
      i += length
    }
    return count
  }
}
