/** What one scrape has brought, before it is written: cells, samples with their own time, and counts. */
import { NarthexError } from '../../base/error.ts'
import {
  ACCEPTED,
  type Appender,
  DUPLICATE,
  OUT_OF_ORDER,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { Labels } from '../../model/labels.ts'
import { STALE } from '../../model/stale.ts'
import { IDLE, type Layout, LIVE, TIMED, UNRESOLVED } from './layout.ts'

/** A key met for the first time: its labels wait for the body to prove sound. */
interface Fresh {
  readonly entry: number
  readonly labels: Labels
  /** Slot of the row, or ~slot of the samples with their own time. */
  slot: number
}

/** An exemplar of a key. */
export interface EntryExemplar {
  readonly entry: number
  readonly exemplar: Exemplar
}

/** Cells refused by the store, by reason. */
export interface Refusals {
  outOfOrder: number
  duplicate: number
  /** Too old or too far in the future. */
  outOfBounds: number
  /** Series that a limit of the store keeps out. */
  series: number
}

/** One for all targets: a scrape is read and written without a pause. */
export class Row {
  ids: Float64Array = new Float64Array(1024)
  values: Float64Array = new Float64Array(1024)
  entries: Uint32Array = new Uint32Array(1024)
  count = 0

  timedIds: Float64Array = new Float64Array(64)
  timedValues: Float64Array = new Float64Array(64)
  timedTimes: Float64Array = new Float64Array(64)
  timedEntries: Uint32Array = new Uint32Array(64)
  timedCount = 0

  /** Slots from here on hold staleness markers, whose refusal is nobody's fault. */
  staleFrom = 0

  /** Samples in the body. */
  scraped = 0
  /** Samples left by relabelling. */
  kept = 0
  exemplars = 0
  /** Exemplars are wanted, not only counted. */
  keepsExemplars = false
  readonly exemplarsKept: EntryExemplar[] = []
  /** Cells of series that the scrape before did not have. */
  readonly newSlots: number[] = []
  readonly fresh: Fresh[] = []
  /** Entries that get a flag when the row is written. */
  readonly turned: number[] = []
  /** Entries that were to be marked and now have a time of their own. */
  readonly untracked: number[] = []
  readonly refusals: Refusals = { outOfOrder: 0, duplicate: 0, outOfBounds: 0, series: 0 }

  /** Outcome of each refused slot; ~slot for samples with their own time. */
  readonly #refused: Map<number, number> = new Map()
  #outcomes: Uint8Array = new Uint8Array(1024)

  reset(): void {
    this.count = 0
    this.timedCount = 0
    this.staleFrom = Number.MAX_SAFE_INTEGER
    this.scraped = 0
    this.kept = 0
    this.exemplars = 0
    this.exemplarsKept.length = 0
    this.newSlots.length = 0
    this.fresh.length = 0
    this.turned.length = 0
    this.untracked.length = 0
    this.refusals.outOfOrder = 0
    this.refusals.duplicate = 0
    this.refusals.outOfBounds = 0
    this.refusals.series = 0
  }

  /** Makes room for `count` cells in all. */
  reserve(count: number): void {
    if (count <= this.ids.length) return
    const capacity = Math.ceil(count * 1.5)
    this.ids = grow(this.ids, capacity)
    this.values = grow(this.values, capacity)
    const entries = new Uint32Array(capacity)
    entries.set(this.entries)
    this.entries = entries
  }

  /** Adds a cell at the time of the scrape. */
  push(entry: number, id: number, value: number): void {
    const slot = this.count
    this.reserve(slot + 1)
    this.ids[slot] = id
    this.values[slot] = value
    this.entries[slot] = entry
    this.count = slot + 1
  }

  /** Adds a staleness marker for a series. */
  pushStale(entry: number, id: number): void {
    this.staleFrom = Math.min(this.staleFrom, this.count)
    this.push(entry, id, 0)
    this.values.set(STALE, this.count - 1)
  }

  /** Adds a sample with its own time. */
  pushTimed(entry: number, id: number, value: number, timeMs: number): void {
    const slot = this.timedCount
    if (slot === this.timedIds.length) {
      this.timedIds = grow(this.timedIds, slot * 2)
      this.timedValues = grow(this.timedValues, slot * 2)
      this.timedTimes = grow(this.timedTimes, slot * 2)
      const entries = new Uint32Array(slot * 2)
      entries.set(this.timedEntries)
      this.timedEntries = entries
    }
    this.timedIds[slot] = id
    this.timedValues[slot] = value
    this.timedTimes[slot] = timeMs
    this.timedEntries[slot] = entry
    this.timedCount = slot + 1
  }

  /** Takes out the cells of other series. */
  keepOnly(isKept: (id: number) => boolean): void {
    const others = new Set<number>()
    for (let slot = 0; slot < this.count; slot++) if (!isKept(this.ids[slot])) others.add(slot)
    this.#withdraw(others)
  }

  /**
   * Writes the row and sets the flags of its entries.
   *
   * @returns how many series are new to this scrape and were accepted; -1 when the store has
   *   forgotten series, whose entries are then UNRESOLVED: scan the body again and write again
   * @throws NarthexError `busy` when the store takes nothing
   */
  write(appender: Appender, layout: Layout, timeMs: number): number {
    this.#groupTimed()
    this.#resolveFresh(appender, layout)
    this.#refused.clear()
    this.#appendRow(appender, timeMs)
    this.#appendTimed(appender)
    const forgotten = this.#judge(layout)
    if (forgotten) return -1
    for (const entry of this.turned) layout.flags[entry] = LIVE
    for (let i = 0; i < this.timedCount; i++) {
      if (layout.flags[this.timedEntries[i]] === IDLE) layout.flags[this.timedEntries[i]] = TIMED
    }
    this.#appendExemplars(appender, layout)
    return this.newSlots.length
  }

  #appendExemplars(appender: Appender, layout: Layout): void {
    for (const { entry, exemplar } of this.exemplarsKept) {
      const id = layout.ids[entry]
      if (id >= 0 && appender.side?.exemplar(id, exemplar) === ACCEPTED) this.exemplars--
    }
  }

  /** Counts the refused cells and takes back what was planned for them; whether series were forgotten. */
  #judge(layout: Layout): boolean {
    if (this.#refused.size === 0) return false
    let forgotten = false
    const entries = new Set<number>()
    for (const [slot, outcome] of this.#refused) {
      const entry = slot >= 0 ? this.entries[slot] : this.timedEntries[~slot]
      entries.add(entry)
      if (outcome === UNKNOWN) {
        forgotten = true
        layout.ids[entry] = UNRESOLVED
      } else this.#count(outcome)
    }
    replace(
      this.turned,
      this.turned.filter((entry) => !entries.has(entry)),
    )
    replace(
      this.newSlots,
      this.newSlots.filter((slot) => !this.#refused.has(slot)),
    )
    return forgotten
  }

  #appendRow(appender: Appender, timeMs: number): void {
    const { count } = this
    if (count === 0) return
    const outcomes = this.#outcomesFor(count)
    const accepted = appender.append(timeMs, this.ids, this.values, count, outcomes)
    if (accepted === count) return
    const to = Math.min(count, this.staleFrom)
    for (let slot = 0; slot < to; slot++) {
      if (outcomes[slot] !== ACCEPTED) this.#refused.set(slot, outcomes[slot])
    }
  }

  /** Appends runs of equal times. */
  #appendTimed(appender: Appender): void {
    const outcomes = this.#outcomesFor(this.timedCount)
    for (let from = 0; from < this.timedCount; ) {
      const timeMs = this.timedTimes[from]
      let to = from + 1
      while (to < this.timedCount && this.timedTimes[to] === timeMs) to++
      const count = to - from
      const ids = this.timedIds.subarray(from, to)
      const values = this.timedValues.subarray(from, to)
      const accepted = appender.append(timeMs, ids, values, count, outcomes)
      for (let i = 0; accepted < count && i < count; i++) {
        if (outcomes[i] !== ACCEPTED) this.#refused.set(~(from + i), outcomes[i])
      }
      from = to
    }
  }

  /** Puts samples of one time side by side, older times first: few appends instead of many. */
  #groupTimed(): void {
    const { timedCount: count, timedTimes: times } = this
    const counts = new Map<number, number>()
    let runs = 0
    for (let i = 0; i < count; i++) {
      if (i === 0 || times[i] !== times[i - 1]) runs++
      counts.set(times[i], (counts.get(times[i]) ?? 0) + 1)
    }
    if (runs === counts.size) return
    const nextSlot = new Map<number, number>()
    let from = 0
    for (const timeMs of [...counts.keys()].sort((a, b) => a - b)) {
      nextSlot.set(timeMs, from)
      from += counts.get(timeMs) ?? 0
    }
    const moved = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const to = nextSlot.get(times[i]) ?? 0
      nextSlot.set(times[i], to + 1)
      moved[i] = to
    }
    this.timedIds = scatter(this.timedIds, moved)
    this.timedValues = scatter(this.timedValues, moved)
    this.timedTimes = scatter(this.timedTimes, moved)
    this.timedEntries = scatter(this.timedEntries, moved)
    const place = (slot: number): number => (slot >= 0 ? slot : ~moved[~slot])
    replace(this.newSlots, this.newSlots.map(place))
    for (const item of this.fresh) item.slot = place(item.slot)
  }

  /** Asks the store for the series of keys that are new; those that a limit keeps out lose their cell. */
  #resolveFresh(appender: Appender, layout: Layout): void {
    const refused: number[] = []
    for (const { entry, labels, slot } of this.fresh) {
      try {
        const id = appender.series(labels)
        layout.ids[entry] = id
        if (slot >= 0) this.ids[slot] = id
        else this.timedIds[~slot] = id
      } catch (error) {
        if (!(error instanceof NarthexError && error.kind === 'share')) throw error
        this.refusals.series++
        refused.push(slot)
      }
    }
    if (refused.length > 0) this.#withdraw(new Set(refused))
  }

  /** Takes cells out of the row again. */
  #withdraw(slots: ReadonlySet<number>): void {
    let to = 0
    const moved = new Map<number, number>()
    const turned = new Set(this.turned)
    for (let from = 0; from < this.count; from++) {
      if (slots.has(from)) {
        turned.delete(this.entries[from])
        continue
      }
      moved.set(from, to)
      this.ids[to] = this.ids[from]
      this.values.copyWithin(to, from, from + 1)
      this.entries[to] = this.entries[from]
      to++
    }
    this.count = to
    to = 0
    for (let from = 0; from < this.timedCount; from++) {
      if (slots.has(~from)) continue
      moved.set(~from, ~to)
      this.timedIds[to] = this.timedIds[from]
      this.timedValues[to] = this.timedValues[from]
      this.timedTimes[to] = this.timedTimes[from]
      this.timedEntries[to] = this.timedEntries[from]
      to++
    }
    this.timedCount = to
    replace(this.turned, turned)
    replace(
      this.newSlots,
      this.newSlots.flatMap((slot) => moved.get(slot) ?? []),
    )
  }

  #count(outcome: number): void {
    const { refusals } = this
    if (outcome === OUT_OF_ORDER) refusals.outOfOrder++
    else if (outcome === DUPLICATE) refusals.duplicate++
    else if (outcome === TOO_OLD || outcome === TOO_FAR) refusals.outOfBounds++
  }

  #outcomesFor(count: number): Uint8Array {
    if (this.#outcomes.length < count) this.#outcomes = new Uint8Array(count * 2)
    return this.#outcomes
  }
}

function replace(list: number[], items: Iterable<number>): void {
  list.length = 0
  for (const item of items) list.push(item)
}

/** Elements at the places that `moved` gives them; the array keeps its size. */
function scatter<T extends Float64Array | Uint32Array>(array: T, moved: Uint32Array): T {
  const scattered = array.slice() as T
  for (let i = 0; i < moved.length; i++) scattered[moved[i]] = array[i]
  return scattered
}

function grow(array: Float64Array, capacity: number): Float64Array {
  const grown = new Float64Array(capacity)
  grown.set(array)
  return grown
}
