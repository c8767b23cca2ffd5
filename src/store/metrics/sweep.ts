/** Removes series that are gone: marks them in rounds, and uses their numbers again much later. */
import type { Head } from './head.ts'
import * as at from './layout.ts'

/** Rounds in which a series had no cell before it is removed. */
const IDLE_ROUNDS = 6
/** Time between two rounds; a silent series lives an hour. */
const SWEEP_INTERVAL_MS = 600_000
/** Numbers rest so long, for readers that still know them; longer than any query may take. */
const REST_MS = 180_000
/** Groups looked at in one slice. */
const GROUPS_PER_SLICE = 256

/** A number that rests before it is used again. */
interface Resting {
  readonly kind: 'pair' | 'group' | 'shape' | 'column'
  readonly number: number
  readonly sinceMs: number
}

/** The sweeper of one head. */
export class Sweep {
  readonly #head: Head
  readonly #forget: (kind: Resting['kind'], number: number) => void
  readonly #resting: Resting[] = []
  #restingFrom = 0
  #nextGroup = 1
  #nextRoundMs = -Infinity
  #isRunning = false
  /** Shapes with columns that were removed. */
  #touchedShapes = new Set<number>()
  #arePairsDue = false

  /** @param forget hears of each number that will mean something else */
  constructor(head: Head, forget: (kind: Resting['kind'], number: number) => void) {
    this.#head = head
    this.#forget = forget
  }

  /** Does a slice of the work that is due. */
  step(nowMs: number): void {
    this.#reuse(nowMs)
    if (!this.#isRunning) {
      if (nowMs < this.#nextRoundMs) return
      this.#nextRoundMs = nowMs + SWEEP_INTERVAL_MS
      this.#nextGroup = 1
      this.#isRunning = true
    }
    const count = this.#head.index.view.groupCount
    const upto = Math.min(count, this.#nextGroup + GROUPS_PER_SLICE)
    for (; this.#nextGroup < upto; this.#nextGroup++) this.#sweepGroup(this.#nextGroup, nowMs)
    if (this.#nextGroup < count) return
    this.#isRunning = false
    this.#removeShapes(nowMs)
    if (!this.#arePairsDue) return
    this.#arePairsDue = false
    for (const pair of this.#head.index.removePairs()) this.#rest('pair', pair, nowMs)
  }

  /** Removes the dead series of one group ahead of its turn. */
  sweepNow(group: number, nowMs: number): void {
    this.#sweepGroup(group, nowMs)
    this.#removeShapes(nowMs)
  }

  /** Series that had no cell for a while leave the group; those with a stale marker at once. */
  #sweepGroup(group: number, nowMs: number): void {
    const view = this.#head.index.view
    if (view.groupField(group, at.GROUP_LIVE) === 0) return
    let column = view.groupField(group, at.GROUP_FIRST_COLUMN)
    let previous = 0
    while (column !== 0) {
      const next = this.#head.columns.field(column, at.COLUMN_NEXT_OF_GROUP)
      if (this.#head.columns.age(column, IDLE_ROUNDS)) {
        this.#touchedShapes.add(this.#head.columns.field(column, at.COLUMN_SHAPE))
        this.#head.columns.remove(column, previous)
        this.#rest('column', column, nowMs)
      } else {
        previous = column
      }
      column = next
    }
    const columnCount = view.groupField(group, at.GROUP_COLUMN_COUNT)
    this.#head.rows.setField(group, at.GROUP_SWEPT_COLUMNS, columnCount)
    if (columnCount > 0 || this.#head.rows.count(group) > 0) return
    this.#head.index.removeGroup(group)
    this.#arePairsDue = true
    this.#rest('group', group, nowMs)
  }

  #removeShapes(nowMs: number): void {
    const removed: number[] = []
    for (const shape of this.#touchedShapes) {
      if (this.#head.columns.cleanShape(shape) === 0) removed.push(shape)
    }
    this.#touchedShapes = new Set()
    if (removed.length === 0) return
    this.#head.index.removeShapes(removed)
    for (const shape of removed) this.#rest('shape', shape, nowMs)
    this.#arePairsDue = true
  }

  #rest(kind: Resting['kind'], number: number, sinceMs: number): void {
    this.#resting.push({ kind, number, sinceMs })
  }

  /** Numbers that have rested long enough come back. */
  #reuse(nowMs: number): void {
    const resting = this.#resting
    while (this.#restingFrom < resting.length) {
      const { kind, number, sinceMs } = resting[this.#restingFrom]
      if (nowMs - sinceMs < REST_MS) break
      this.#restingFrom++
      this.#forget(kind, number)
      if (kind === 'column') this.#head.columns.recycle(number)
      else if (kind === 'group') {
        this.#head.rows.release(number)
        this.#head.index.recycleGroup(number)
      } else if (kind === 'shape') this.#head.index.recycleShape(number)
      else this.#head.index.recyclePair(number)
    }
    if (this.#restingFrom > 1024) {
      resting.splice(0, this.#restingFrom)
      this.#restingFrom = 0
    }
  }
}
