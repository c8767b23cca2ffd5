/** Two appenders as one: what the first accepts goes to the second, too. */
import { NarthexError } from '../base/error.ts'
import {
  ACCEPTED,
  type Appender,
  type SeriesId,
  type Shortfall,
  type SideAppender,
  UNKNOWN,
} from '../model/appender.ts'
import type { Labels } from '../model/labels.ts'
import { gatherValues } from './cells.ts'
import { Repeats } from './repeats.ts'

/** An id that the second answers UNKNOWN for. */
const NO_ID = -1
/** Stands for series that a bound of the second keeps out. */
const KEPT_OUT = -2

/**
 * Hands out the ids of `first`, and appends to `second` what `first` has accepted. Acknowledged is
 * what both acknowledge. What `second` does not take is its own matter, and in its own counters.
 */
export function teeAppender(first: Appender, second: Appender): Appender {
  return new Tee(first, second)
}

class Tee implements Appender {
  readonly side?: SideAppender
  readonly #first: Appender
  readonly #second: Appender
  /** By slot of the first's id: that id, and what the second calls the series. */
  #firstIds: Float64Array = new Float64Array(0)
  #secondIds: Float64Array = new Float64Array(0)
  #ids: Float64Array = new Float64Array(0)
  #slots: Uint32Array = new Uint32Array(0)
  #outcomes: Uint8Array = new Uint8Array(0)
  readonly #repeats = new Repeats()

  constructor(first: Appender, second: Appender) {
    this.#first = first
    this.#second = second
    const side = teeSide(first.side, second.side, (id) => this.#secondOf(id))
    if (side !== undefined) this.side = side
  }

  series(labels: Labels): SeriesId {
    const id = this.#first.series(labels)
    this.#remember(id, this.#secondSeries(labels))
    return id
  }

  /** A bound of the second, which counts what it refuses, keeps nothing out of the first. */
  #secondSeries(labels: Labels): SeriesId {
    try {
      return this.#second.series(labels)
    } catch (error) {
      if (!(error instanceof NarthexError && error.kind === 'share')) throw error
      return KEPT_OUT
    }
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    const accepted = this.#first.append(timeMs, ids, values, count, outcomes)
    const forgotten = this.#pass(timeMs, ids, values, count, outcomes)
    return accepted - forgotten
  }

  async commit(): Promise<Shortfall | undefined> {
    const [first, second] = await Promise.all([this.#first.commit(), this.#second.commit()])
    return first ?? second
  }

  /** Passes on what was accepted; how many cells the second does not know, which then nobody does. */
  #pass(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    this.#reserve(count)
    const passed = this.#choose(timeMs, ids, count, outcomes)
    const chosen = passed === count ? values : gatherValues(values, this.#slots, passed)
    if (passed > 0) this.#second.append(timeMs, this.#ids, chosen, passed, this.#outcomes)
    let forgotten = 0
    let taken = 0
    for (let i = 0; i < passed; i++) {
      if (this.#outcomes[i] === UNKNOWN) {
        outcomes[this.#slots[i]] = UNKNOWN
        forgotten++
      } else this.#ids[taken++] = ids[this.#slots[i]]
    }
    const isAgain = forgotten > 0 || hasUnknown(outcomes, count)
    this.#repeats.note(timeMs, isAgain ? this.#ids.subarray(0, taken) : undefined)
    return forgotten
  }

  /** Puts the second's ids of the cells that it is to get into #ids, their places into #slots. */
  #choose(timeMs: number, ids: Float64Array, count: number, outcomes: Uint8Array): number {
    let passed = 0
    for (let i = 0; i < count; i++) {
      if (outcomes[i] !== ACCEPTED || this.#repeats.isRepeat(timeMs, ids[i])) continue
      const id = this.#secondOf(ids[i])
      if (id === KEPT_OUT) continue
      this.#slots[passed] = i
      this.#ids[passed++] = id
    }
    return passed
  }

  /** -1, which nobody knows, for ids that were never handed out here. */
  #secondOf(id: SeriesId): SeriesId {
    const slot = id >>> 0
    return this.#firstIds[slot] === id ? this.#secondIds[slot] : NO_ID
  }

  #remember(first: SeriesId, second: SeriesId): void {
    const slot = first >>> 0
    if (slot >= this.#firstIds.length) {
      const length = Math.max(1024, slot + (slot >>> 2))
      this.#firstIds = grown(this.#firstIds, length)
      this.#secondIds = grown(this.#secondIds, length)
    }
    this.#firstIds[slot] = first
    this.#secondIds[slot] = second
  }

  #reserve(count: number): void {
    if (count <= this.#ids.length) return
    this.#ids = new Float64Array(2 * count)
    this.#slots = new Uint32Array(2 * count)
    this.#outcomes = new Uint8Array(2 * count)
  }
}

function hasUnknown(outcomes: Uint8Array, count: number): boolean {
  const at = outcomes.indexOf(UNKNOWN)
  return at >= 0 && at < count
}

function grown(array: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length)
  larger.set(array)
  return larger
}

/** Who takes histograms and exemplars: both, one, or nobody. */
function teeSide(
  first: SideAppender | undefined,
  second: SideAppender | undefined,
  secondOf: (id: SeriesId) => SeriesId,
): SideAppender | undefined {
  if (second === undefined) return first
  return {
    histogram(timeMs, id, histogram) {
      const outcome = first?.histogram(timeMs, id, histogram) ?? ACCEPTED
      const other = secondOf(id)
      if (outcome !== ACCEPTED || other === KEPT_OUT) return outcome
      return second.histogram(timeMs, other, histogram)
    },
    exemplar(id, exemplar) {
      const outcome = first?.exemplar(id, exemplar) ?? ACCEPTED
      const other = secondOf(id)
      if (outcome !== ACCEPTED || other === KEPT_OUT) return outcome
      return second.exemplar(other, exemplar)
    },
  }
}
