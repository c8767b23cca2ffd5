/** Where samples enter on their way out: appenders that hand parcels to every destination. */
import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import {
  ACCEPTED,
  type Appender,
  type SeriesId,
  type Shortfall,
  type SideAppender,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../model/appender.ts'
import type { Exemplar } from '../model/exemplar.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import { CellCheck } from './cellcheck.ts'
import { gatherNumbers, gatherValues } from './cells.ts'
import { Commit, type Policy } from './commit.ts'
import { Gather } from './gather.ts'
import type { ExemplarSample, HistogramSample, Parcel } from './parcel.ts'
import { Repeats } from './repeats.ts'
import type { RowValues } from './rowvalues.ts'
import type { SeriesBook } from './series/book.ts'
import { type RowCells, type RowTemplate, RowTemplates } from './series/templates.ts'

/** Rows of fewer cells that are new are gathered: samples with times of their own come singly. */
const ROW_CELLS_MIN = 4

/** A row of so few cells goes along with the one before it: what a scrape says about itself. */
const TAIL_CELLS_MAX = 16

/** Where parcels go. */
export interface Outlet {
  /** Takes a parcel over; what is left of it after its filter counts for the commit. */
  offer(parcel: Parcel, commit: Commit | undefined): void
  withdraw(commit: Commit): void
}

export interface FanoutOptions {
  readonly book: SeriesBook
  readonly values: RowValues
  readonly clock: Clock
  /** As it is now; a reload may change it, save from or to `none`. */
  readonly policy: () => Policy
  /** How long a commit waits for its destinations. */
  readonly commitMsMax: number
  /** How far ahead of the clock a sample may be. */
  readonly futureMsMax: number
}

/** Hands samples to all destinations. */
export class Fanout {
  /** Samples taken over. */
  received = 0
  readonly templates: RowTemplates
  readonly options: FanoutOptions
  #outlets: readonly Outlet[] = []
  readonly #commits = new Set<Commit>()
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: FanoutOptions) {
    this.options = options
    this.templates = new RowTemplates(options.book)
  }

  /** Commits whose senders wait. */
  get openCommits(): number {
    return this.#commits.size
  }

  /** An appender for rows of targets, which come again with the same series. */
  rows(): Appender {
    return new FanoutAppender(this, true)
  }

  /** An appender for samples that are pushed in any order. */
  pushed(): Appender {
    return new FanoutAppender(this, false)
  }

  setOutlets(outlets: readonly Outlet[]): void {
    this.#outlets = outlets
  }

  /** Takes nothing more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    for (const commit of [...this.#commits]) commit.expire()
  }

  /** @throws NarthexError `busy` when it takes nothing more */
  checkOpen(): void {
    if (this.#isStopped) throw new NarthexError('busy', 'cannot pass on samples: stopping')
  }

  hand(parcels: readonly Parcel[], commit: Commit | undefined): void {
    for (const parcel of parcels) {
      for (const outlet of this.#outlets) outlet.offer(parcel, commit)
      this.options.values.release(parcel.values)
    }
  }

  /** A commit for parcels that are handed over next. */
  open(): Commit {
    const { clock, policy, commitMsMax } = this.options
    const deadlineMs = clock.monotonicMs() + commitMsMax
    const outlets = this.#outlets
    const commit = new Commit(outlets, policy(), deadlineMs, (rejected) => {
      for (const outlet of outlets) outlet.withdraw(rejected)
    })
    this.#commits.add(commit)
    const close = (): void => void this.#commits.delete(commit)
    commit.done.then(close, close)
    this.#timer ??= clock.after(commitMsMax, () => this.#expire())
    return commit
  }

  /** One timer for all commits: they wait equally long, so the first is the oldest. */
  #expire(): void {
    this.#timer = undefined
    const { clock } = this.options
    const nowMs = clock.monotonicMs()
    for (const commit of [...this.#commits]) {
      if (commit.deadlineMs > nowMs) {
        this.#timer = clock.after(commit.deadlineMs - nowMs, () => this.#expire())
        return
      }
      commit.expire()
    }
  }
}

/** One appender: what belongs together is appended and committed without a pause in between. */
class FanoutAppender implements Appender {
  readonly side: SideAppender
  readonly #fanout: Fanout
  readonly #book: SeriesBook
  readonly #areRows: boolean
  readonly #check: CellCheck
  readonly #gather: Gather
  readonly #repeats = new Repeats()
  #parcels: Parcel[] = []
  #histograms: HistogramSample[] = []
  #exemplars: ExemplarSample[] = []
  #isFlushPlanned = false
  #last: Commit | undefined
  /** A row that waits for its tail, and its values. */
  #row: { readonly timeMs: number; readonly template: RowTemplate } | undefined
  #rowValues: Float64Array = new Float64Array(TAIL_CELLS_MAX)
  #ids: Float64Array = new Float64Array(0)
  #values: Float64Array = new Float64Array(0)

  constructor(fanout: Fanout, areRows: boolean) {
    this.#fanout = fanout
    this.#book = fanout.options.book
    this.#areRows = areRows
    this.#check = new CellCheck(this.#book)
    this.#gather = new Gather(this.#book)
    this.side = {
      histogram: (timeMs, id, histogram) => this.#addHistogram(timeMs, id, histogram),
      exemplar: (id, exemplar) => this.#addExemplar(id, exemplar),
    }
  }

  series(labels: Labels): SeriesId {
    return this.#book.series(labels)
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    this.#fanout.checkOpen()
    if (count === 0) return 0
    const late = this.#judgeTime(timeMs)
    if (late !== ACCEPTED) {
      outcomes.fill(late, 0, count)
      return 0
    }
    this.#planFlush()
    if (this.#areRows && !this.#repeats.has(timeMs)) {
      const template = this.#fanout.templates.match(ids, count)
      if (template !== undefined) {
        outcomes.fill(ACCEPTED, 0, count)
        this.#addRow(timeMs, template, values)
        return count
      }
    }
    return this.#appendChecked(timeMs, ids, values, count, outcomes)
  }

  commit(): Promise<Shortfall | undefined> {
    if (this.#fanout.options.policy() === 'none') {
      this.#flush(undefined)
      return WHOLE
    }
    if (this.#isEmpty()) {
      // Whoever repeats what is under way waits for it; what it lacks is told to who sent it first.
      return this.#last?.isOpen ? this.#last.done.then(() => undefined) : WHOLE
    }
    const commit = this.#fanout.open()
    this.#last = commit
    this.#flush(commit)
    commit.seal()
    return commit.done
  }

  /** Cells one by one: known, not twice, not again. */
  #appendChecked(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    const slots = new Uint32Array(count)
    const accepted = this.#check.check(ids, count, outcomes)
    const fresh = this.#findFresh(timeMs, ids, count, outcomes, slots)
    if (fresh < count) {
      this.#ids = gatherNumbers(ids, slots, fresh)
      this.#values = gatherValues(values, slots, fresh)
    } else {
      this.#ids = ids
      this.#values = values
    }
    const hasUnknown = accepted < count && outcomes.subarray(0, count).includes(UNKNOWN)
    this.#repeats.note(timeMs, hasUnknown ? this.#ids.subarray(0, fresh) : undefined)
    if (fresh > 0) this.#addCells(timeMs, this.#ids, this.#values, fresh)
    return accepted
  }

  /** Puts into `slots` which accepted cells did not come before; how many those are. */
  #findFresh(
    timeMs: number,
    ids: Float64Array,
    count: number,
    outcomes: Uint8Array,
    slots: Uint32Array,
  ): number {
    let fresh = 0
    for (let i = 0; i < count; i++) {
      if (outcomes[i] === ACCEPTED && !this.#repeats.isRepeat(timeMs, ids[i])) slots[fresh++] = i
    }
    return fresh
  }

  #addCells(timeMs: number, ids: Float64Array, values: Float64Array, count: number): void {
    const { templates } = this.#fanout
    const known = this.#areRows ? templates.match(ids, count) : undefined
    if (known === undefined && (!this.#areRows || count < ROW_CELLS_MIN)) {
      this.#closeRow()
      this.#gather.add(timeMs, ids, values, count)
      this.#fanout.received += count
      return
    }
    this.#addRow(timeMs, known ?? templates.add(ids, count), values)
  }

  #addRow(timeMs: number, template: RowTemplate, values: Float64Array): void {
    const count = template.ids.length
    this.#fanout.received += count
    this.#closeGather()
    const whole = this.#joined(timeMs, template)
    if (whole === undefined) {
      this.#closeRow()
      this.#hold(values, 0, count)
      this.#row = { timeMs, template }
      return
    }
    this.#row = undefined
    this.#hold(values, whole.ids.length - count, count)
    this.#handRow(timeMs, whole)
  }

  /** The row that waits together with the one that comes, where they go together. */
  #joined(timeMs: number, tail: RowTemplate): RowCells | undefined {
    if (this.#row?.timeMs !== timeMs || tail.ids.length > TAIL_CELLS_MAX) return undefined
    return this.#fanout.templates.join(this.#row.template, tail)
  }

  /** Keeps values from place `from` of the row on. */
  #hold(values: Float64Array, from: number, count: number): void {
    if (from + count > this.#rowValues.length) {
      const grown = new Float64Array(from + count + TAIL_CELLS_MAX)
      grown.set(this.#rowValues.subarray(0, from))
      this.#rowValues = grown
    }
    this.#rowValues.set(values.subarray(0, count), from)
  }

  #closeRow(): void {
    if (this.#row === undefined) return
    const { timeMs, template } = this.#row
    this.#row = undefined
    this.#handRow(timeMs, template)
  }

  #handRow(timeMs: number, { parts }: RowCells): void {
    const { clock, values: lent } = this.#fanout.options
    const takenMs = clock.monotonicMs()
    const values = this.#rowValues
    for (const { lane, ids, slots } of parts) {
      this.#parcels.push({
        lane,
        count: ids.length,
        ids,
        values: slots === undefined ? lent.copy(values, ids.length) : gatherValues(values, slots),
        timeMs,
        times: undefined,
        histograms: NO_HISTOGRAMS,
        exemplars: NO_EXEMPLARS,
        takenMs,
      })
    }
  }

  #addHistogram(timeMs: number, id: SeriesId, histogram: NativeHistogram): number {
    this.#fanout.checkOpen()
    const outcome = this.#book.isKnown(id) ? this.#judgeTime(timeMs) : UNKNOWN
    if (outcome !== ACCEPTED) return outcome
    this.#book.touch(Float64Array.of(id), 1)
    this.#fanout.received++
    this.#histograms.push({ id, timeMs, histogram })
    this.#planFlush()
    return ACCEPTED
  }

  #addExemplar(id: SeriesId, exemplar: Exemplar): number {
    this.#fanout.checkOpen()
    if (!this.#book.isKnown(id)) return UNKNOWN
    this.#exemplars.push({ id, exemplar })
    this.#planFlush()
    return ACCEPTED
  }

  #judgeTime(timeMs: number): number {
    const { clock, futureMsMax } = this.#fanout.options
    if (!Number.isSafeInteger(timeMs)) return timeMs > 0 ? TOO_FAR : TOO_OLD
    return timeMs > clock.now() + futureMsMax ? TOO_FAR : ACCEPTED
  }

  /** Rows that nobody commits leave at the end of this turn. */
  #planFlush(): void {
    const { policy } = this.#fanout.options
    if (this.#isFlushPlanned || policy() !== 'none') return
    this.#isFlushPlanned = true
    queueMicrotask(() => this.#flush(undefined))
  }

  #isEmpty(): boolean {
    if (this.#row !== undefined) return false
    const { length } = this.#parcels
    return length + this.#gather.count + this.#histograms.length + this.#exemplars.length === 0
  }

  #flush(commit: Commit | undefined): void {
    this.#isFlushPlanned = false
    this.#closeRow()
    this.#closeGather()
    this.#addSide()
    const parcels = this.#parcels
    this.#parcels = []
    this.#fanout.hand(parcels, commit)
  }

  #closeGather(): void {
    if (this.#gather.count === 0) return
    this.#parcels.push(...this.#gather.drain(this.#fanout.options.clock.monotonicMs()))
  }

  #addSide(): void {
    if (this.#histograms.length + this.#exemplars.length === 0) return
    const histogramsOf = Map.groupBy(this.#histograms, ({ id }) => this.#book.lane(id))
    const exemplarsOf = Map.groupBy(this.#exemplars, ({ id }) => this.#book.lane(id))
    this.#histograms = []
    this.#exemplars = []
    for (const lane of new Set([...histogramsOf.keys(), ...exemplarsOf.keys()])) {
      this.#attach(lane, histogramsOf.get(lane) ?? [], exemplarsOf.get(lane) ?? [])
    }
  }

  /**
   * Histograms go along with the last parcel of their lane, exemplars with the last one that has
   * their series.
   */
  #attach(
    lane: number,
    histograms: readonly HistogramSample[],
    exemplars: readonly ExemplarSample[],
  ): void {
    const isOfLane = (parcel: Parcel): boolean => parcel.lane === lane
    if (!this.#parcels.some(isOfLane)) this.#parcels.push(this.#emptyParcel(lane, histograms))
    const last = this.#parcels.findLastIndex(isOfLane)
    const placeOf = new Map(exemplars.map(({ id }) => [id, last]))
    for (const [at, { ids, count }] of this.#parcels.entries()) {
      if (!isOfLane(this.#parcels[at])) continue
      for (let i = 0; i < count; i++) if (placeOf.has(ids[i])) placeOf.set(ids[i], at)
    }
    for (const { id } of histograms) if (placeOf.has(id)) placeOf.set(id, last)
    for (const [at, own] of Map.groupBy(exemplars, ({ id }) => placeOf.get(id) ?? last)) {
      this.#parcels[at] = { ...this.#parcels[at], exemplars: own }
    }
    if (histograms.length > 0) this.#parcels[last] = { ...this.#parcels[last], histograms }
  }

  #emptyParcel(lane: number, histograms: readonly HistogramSample[]): Parcel {
    const { clock } = this.#fanout.options
    return {
      lane,
      count: 0,
      ids: NOTHING,
      values: NOTHING,
      timeMs: histograms[0]?.timeMs ?? clock.now(),
      times: undefined,
      histograms: [],
      exemplars: [],
      takenMs: clock.monotonicMs(),
    }
  }
}

const NOTHING: Float64Array = new Float64Array(0)
const NO_HISTOGRAMS: readonly HistogramSample[] = []
const NO_EXEMPLARS: readonly ExemplarSample[] = []
const WHOLE: Promise<undefined> = Promise.resolve(undefined)
