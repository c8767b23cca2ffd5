/** The store as the engine asks it: head and windows joined, on any thread. */
import { NarthexError } from '../../base/error.ts'
import { compareText, type Labels, labelsKey } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Budget, Estimate, Queryable, Series, Warn } from '../../model/queryable.ts'
import { slicePresence } from '../codec/presence.ts'
import { hasNaN } from './block.ts'
import type { HeadRows, HeadView } from './headview.ts'
import { joinLabels, type LabelView } from './labelview.ts'
import * as at from './layout.ts'
import { compileSelector, type GroupMatch, matchColumns, type Selector } from './match.ts'
import {
  type Allocate,
  type GroupPlan,
  type HeadWanted,
  type Part,
  PlanBuilder,
  readGroup,
} from './select.ts'
import { bundlesOf } from './strandbundles.ts'

/** How often a select plans anew without reading any group, because rows were sealed meanwhile. */
const TRIES_MAX = 20
/** Entries between two looks at the budget. */
const CHECK_ENTRIES = 1024

const unheard: Warn = () => {}

/** The sealed part of the store as a reader sees it. */
export interface BlockReader {
  /** Sees everything committed before this call. */
  renew(): void
  /** Adds the blocks that matching series have in range. */
  collect(
    selector: Selector,
    fromMs: number,
    toMs: number,
    builder: PlanBuilder,
    budget: Budget,
    warn: Warn,
  ): void
  estimate(selector: Selector, fromMs: number, toMs: number): Estimate
  /** Label sets with blocks in range, group and shape apart; may repeat. */
  series(
    selector: Selector,
    fromMs: number,
    toMs: number,
    each: (groupLabels: Labels, shapeLabels: Labels) => void,
  ): void
  /** Tells what is known to be missing in range before any block is read. */
  warnOfGaps(fromMs: number, toMs: number, warn: Warn): void
  /** Indexes of windows in range, for questions without matchers. */
  indexes(fromMs: number, toMs: number): LabelView[]
}

/** Answers selections from one head and its blocks. */
export class StoreReader implements Queryable {
  readonly #head: HeadView
  readonly #blocks: BlockReader
  readonly #poll: () => void
  readonly #allocate: Allocate
  #sealsSeen = -1

  /**
   * @param poll     takes over what the writing thread has announced
   * @param allocate makes the arrays of values that are handed out
   */
  constructor(head: HeadView, blocks: BlockReader, poll: () => void, allocate: Allocate) {
    this.#allocate = allocate
    this.#head = head
    this.#blocks = blocks
    this.#poll = poll
  }

  estimate(matchers: readonly Matcher[], fromMs: number, toMs: number): Estimate {
    const selector = compileSelector(matchers)
    this.#beginHead()
    let seriesCount = 0
    let sampleCount = 0
    for (const { group, columns } of this.#match(selector)) {
      seriesCount += columns.length
      sampleCount += this.#head.countSamples(group, columns, fromMs, toMs)
    }
    this.#begin()
    const blocks = this.#blocks.estimate(selector, fromMs, toMs)
    return {
      seriesCount: Math.max(seriesCount, blocks.seriesCount),
      sampleCount: sampleCount + blocks.sampleCount,
    }
  }

  select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn: Warn = unheard,
  ): Series[] {
    const selector = compileSelector(matchers)
    const series: Series[] = []
    const done = new Set<string>()
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const plans = this.#plan(selector, fromMs, toMs, budget, warn)
      const doneBefore = done.size
      let isComplete = true
      for (const [key, plan] of plans) {
        if (done.has(key)) continue
        isComplete = this.#readPlan(plan, fromMs, toMs, budget, series)
        if (!isComplete) break
        done.add(key)
      }
      if (isComplete) return series
      if (done.size > doneBefore) tries = -1
    }
    throw new NarthexError('busy', `cannot select series: ${TRIES_MAX} tries met a seal`)
  }

  series(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn: Warn = unheard,
  ): Labels[] {
    const found = new Map<string, Labels>()
    this.#eachSeries(sets, fromMs, toMs, budget, (groupLabels, shapeLabels) => {
      const labels = joinLabels(groupLabels, shapeLabels)
      const key = labelsKey(labels)
      if (found.has(key)) return
      budget.chargeBytes(key.length * 2 + labels.length * 8 + 64)
      found.set(key, labels)
    })
    this.#blocks.warnOfGaps(fromMs, toMs, warn)
    return [...found.values()]
  }

  labelNames(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn: Warn = unheard,
  ): string[] {
    const names = new Set<string>()
    if (sets.length === 0) {
      this.#eachIndex(fromMs, toMs, (labels) => {
        for (let name = 1; name < labels.nameCount; name++) {
          if (labels.nameField(name, at.NAME_PAIR_COUNT) > 0) names.add(labels.nameText(name))
        }
      })
    } else {
      const add = (labels: Labels): void => {
        for (let i = 0; i < labels.length; i += 2) names.add(labels[i])
      }
      this.#eachSeries(sets, fromMs, toMs, budget, (groupLabels, shapeLabels) => {
        add(groupLabels)
        add(shapeLabels)
      })
    }
    this.#blocks.warnOfGaps(fromMs, toMs, warn)
    return [...names].sort(compareText)
  }

  labelValues(
    name: string,
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn: Warn = unheard,
  ): string[] {
    const values = new Set<string>()
    const add = (value: string): void => {
      if (values.has(value)) return
      budget.chargeBytes(value.length * 2 + 32)
      values.add(value)
    }
    if (sets.length === 0) {
      this.#eachIndex(fromMs, toMs, (labels) => eachValue(labels, name, add, budget))
    } else {
      const addOf = (labels: Labels): void => {
        for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) add(labels[i + 1])
      }
      this.#eachSeries(sets, fromMs, toMs, budget, (groupLabels, shapeLabels) => {
        addOf(groupLabels)
        addOf(shapeLabels)
      })
    }
    this.#blocks.warnOfGaps(fromMs, toMs, warn)
    return [...values].sort(compareText)
  }

  /** Sees the series of the head. */
  #beginHead(): void {
    this.#poll()
    this.#head.labels.refresh()
  }

  /** Sees the series of the head, and the blocks of every seal that has dropped rows from it. */
  #begin(): void {
    // The count first: what it counts was announced before, what comes later moves it again.
    const seals = Atomics.load(this.#head.memory.control, at.CONTROL_SEALS)
    this.#beginHead()
    if (seals !== this.#sealsSeen) {
      this.#blocks.renew()
      this.#sealsSeen = seals
    }
  }

  #match(selector: Selector): GroupMatch[] {
    return matchColumns(this.#head.labels, selector, (column, field) =>
      this.#head.columnField(column, field),
    )
  }

  /** What there is to read. */
  #plan(
    selector: Selector,
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn: Warn,
  ): ReadonlyMap<string, GroupPlan> {
    this.#beginHead()
    const matches = this.#match(selector)
    const seals = matches.map(({ group }) => this.#head.sealsOf(group))
    this.#begin()
    const builder = new PlanBuilder()
    this.#blocks.collect(selector, fromMs, toMs, builder, budget, warn)
    for (let i = 0; i < matches.length; i++) {
      const { group, columns } = matches[i]
      // A seal first raises the count, then drops the rows: no rows and the same count means none.
      if (this.#head.isEmpty(group) && this.#head.sealsOf(group) === seals[i]) continue
      const target = builder.group(this.#head.labels.groupLabels(group))
      const series = columns.map((column) => {
        const shape = this.#head.labels.shapeLabels(this.#head.columnField(column, at.COLUMN_SHAPE))
        return target.series(shape)
      })
      target.head = { group, seals: seals[i], columns, series }
    }
    return builder.plans()
  }

  /** Reads one group; false when it was sealed meanwhile, so that it must be planned anew. */
  #readPlan(
    plan: GroupPlan,
    fromMs: number,
    toMs: number,
    budget: Budget,
    into: Series[],
  ): boolean {
    if (plan.head !== undefined && !this.#addHeadParts(plan, plan.head, fromMs, toMs)) return false
    readGroup(plan, fromMs, toMs, budget, into, this.#allocate)
    return true
  }

  /** Adds what the head has: rows, and each strand; false when it was sealed meanwhile. */
  #addHeadParts(plan: GroupPlan, wanted: HeadWanted, fromMs: number, toMs: number): boolean {
    const { group, columns, series, seals } = wanted
    const inRows: number[] = []
    const seriesInRows: number[] = []
    const strands: HeadRows[] = []
    const seriesOfStrands: number[] = []
    for (let i = 0; i < columns.length; i++) {
      if (!this.#head.isStrand(columns[i])) {
        inRows.push(columns[i])
        seriesInRows.push(series[i])
        continue
      }
      const strand = this.#head.readStrand(columns[i], fromMs, toMs)
      if (strand.seals !== seals) return false
      strands.push(strand)
      seriesOfStrands.push(series[i])
    }
    for (const { places, rows } of bundlesOf(strands)) {
      plan.parts.push(
        new HeadPart(
          rows,
          places.map((place) => seriesOfStrands[place]),
        ),
      )
    }
    const rows = this.#head.read(group, inRows, fromMs, toMs)
    if (rows.seals !== seals) return false
    if (rows.rowCount > 0) plan.parts.push(new HeadPart(rows, seriesInRows))
    return true
  }

  /** First those of the head, then those of the blocks: what a seal moves meanwhile is met twice. */
  #eachSeries(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    each: (groupLabels: Labels, shapeLabels: Labels) => void,
  ): void {
    let entries = 0
    const counted = (groupLabels: Labels, shapeLabels: Labels): void => {
      if (++entries % CHECK_ENTRIES === 0) budget.check()
      each(groupLabels, shapeLabels)
    }
    const selectors = (sets.length === 0 ? [[]] : sets).map(compileSelector)
    this.#beginHead()
    for (const selector of selectors) {
      for (const { group, columns } of this.#match(selector)) {
        if (!this.#head.mayHave(group, fromMs, toMs)) continue
        const groupLabels = this.#head.labels.groupLabels(group).labels
        for (const column of columns) {
          if (!this.#head.hasCells(column) || this.#head.newestTime(column) < fromMs) continue
          counted(
            groupLabels,
            this.#head.labels.shapeLabels(this.#head.columnField(column, at.COLUMN_SHAPE)).labels,
          )
        }
      }
    }
    this.#begin()
    for (const selector of selectors) this.#blocks.series(selector, fromMs, toMs, counted)
  }

  /** Indexes of everything that overlaps the range, in the same order. */
  #eachIndex(fromMs: number, toMs: number, each: (labels: LabelView) => void): void {
    this.#beginHead()
    const times = new Float64Array(this.#head.memory.control.buffer)
    const headMax = times[at.CONTROL_MAX_TIME_FLOAT]
    const headMin = times[at.CONTROL_MIN_TIME_FLOAT]
    if (headMin <= toMs && headMax >= fromMs) each(this.#head.labels)
    this.#begin()
    for (const labels of this.#blocks.indexes(fromMs, toMs)) each(labels)
  }
}

/** The open rows of a group as a part of its plan. */
class HeadPart implements Part {
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly rowCount: number
  mayBeStale = true
  readonly series: readonly number[]
  readonly #rows: HeadRows
  /** Index in the rows by index in the plan; undefined where the head does not have the series. */
  readonly #columns: number[] = []

  constructor(rows: HeadRows, wanted: readonly number[]) {
    this.#rows = rows
    this.series = wanted
    this.rowCount = rows.rowCount
    this.minTimeMs = rows.times[0]
    this.maxTimeMs = rows.times[rows.rowCount - 1]
    for (let i = 0; i < wanted.length; i++) this.#columns[wanted[i]] = i
  }

  open(): boolean {
    return true
  }

  close(): void {}

  times(): Float64Array {
    return this.#rows.times
  }

  read(
    series: number,
    from: number,
    to: number,
    into: Float64Array,
    at: number,
    presence: Uint32Array,
  ): number {
    const column = this.#columns[series]
    if (column === undefined) return 0
    const { values, presence: bits } = this.#rows
    const source = column * this.rowCount
    for (let row = from; row < to; row++) into[at + row - from] = values[source + row]
    this.mayBeStale = hasNaN(into, at, at + to - from)
    for (let i = 0; i < 3; i++) headBits[i] = bits[column * 3 + i]
    return slicePresence(headBits, from, to, presence)
  }
}

/** Presence bits of the column that is being read. */
const headBits = new Uint32Array(3)

function eachValue(
  labels: LabelView,
  name: string,
  add: (value: string) => void,
  budget: Budget,
): void {
  const number = labels.findName(name)
  if (number === 0) return
  let entries = 0
  let pair = labels.nameField(number, at.NAME_FIRST_PAIR)
  while (pair !== 0) {
    if (++entries % CHECK_ENTRIES === 0) budget.check()
    if (labels.pairField(pair, at.PAIR_USES) > 0) add(labels.pairText(pair))
    pair = labels.pairField(pair, at.PAIR_NEXT_OF_NAME)
  }
}
