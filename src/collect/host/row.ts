/** The row of the host: a slot for each series, values by number, staleness when one goes. */
import { assert, NarthexError } from '../../base/error.ts'
import { type Appender, OUTCOMES, type SeriesId, UNKNOWN } from '../../model/appender.ts'
import { type Labels, labelsFrom } from '../../model/labels.ts'
import { STALE } from '../../model/stale.ts'

/** Most series of one host; further ones are left out and counted. */
export const HOST_SERIES_MAX = 50_000

/** Series that come and go together: a disk, an interface, a container. */
export interface Thing {
  /** True when its series have ended; whoever still holds it makes a new one. */
  gone: boolean
  readonly slots: number[]
}

/** What one row came to. */
export interface RowOutcome {
  readonly sampleCount: number
  /** Series that a bound left out since the row before. */
  readonly refusedCount: number
  /** Cells by outcome, in the order of OUTCOMES. */
  readonly outcomeCounts: readonly number[]
}

const START_SLOTS = 1024
/** A slot of a series over the bound: values for it are thrown away. */
const NOWHERE = -1

/** Collects the values of one round and appends them as one row. */
export class HostRow {
  readonly #appender: Appender
  readonly #common: readonly (readonly [string, string])[]
  #labels: (Labels | undefined)[] = []
  #seriesIds = new Float64Array(START_SLOTS)
  #slotValues = new Float64Array(START_SLOTS)
  /** The round in which a slot was set last; 0 before the first. */
  #lastRound = new Uint32Array(START_SLOTS)
  #ids = new Float64Array(START_SLOTS)
  #values = new Float64Array(START_SLOTS)
  #outcomes = new Uint8Array(START_SLOTS)
  #slotOf = new Uint32Array(START_SLOTS)
  readonly #free: number[] = []
  readonly #things = new Set<Thing>()
  #round = 1
  /** Values set since the last `finish`. */
  sampleCount = 0
  /** Series made since the last `finish`. */
  addedCount = 0
  #refusedCount = 0

  /** @param common labels of every series: job and instance */
  constructor(appender: Appender, common: readonly (readonly [string, string])[]) {
    this.#appender = appender
    this.#common = common
  }

  /** A thing without series yet. */
  thing(): Thing {
    const thing: Thing = { gone: false, slots: [] }
    this.#things.add(thing)
    return thing
  }

  /** The slot of a new series of a thing. */
  slot(thing: Thing, name: string, ...pairs: readonly (readonly [string, string])[]): number {
    assert(!thing.gone, 'a thing that is still there')
    if (this.#labels.length - this.#free.length >= HOST_SERIES_MAX) {
      this.#refusedCount++
      return NOWHERE
    }
    const labels = labelsFrom([...pairs, ...this.#common, ['__name__', name]])
    const id = this.#ask(labels)
    if (id === undefined) return NOWHERE
    const slot = this.#free.pop() ?? this.#labels.length
    if (slot >= this.#lastRound.length) this.#grow()
    this.#labels[slot] = labels
    this.#seriesIds[slot] = id
    this.#lastRound[slot] = 0
    thing.slots.push(slot)
    this.addedCount++
    return slot
  }

  /** Sets the value of this round; NaN leaves the series out. */
  set(slot: number, value: number): void {
    if (slot === NOWHERE || Number.isNaN(value)) return
    if (this.#lastRound[slot] !== this.#round) this.sampleCount++
    this.#slotValues[slot] = value
    this.#lastRound[slot] = this.#round
  }

  /**
   * Appends what was set since the last call, and a staleness marker for each series that was in
   * the
   * last row and is not in this one. Things without a value end.
   *
   * @throws NarthexError `busy` as Appender.append; the values are then lost, as of a failed scrape
   */
  finish(timeMs: number): RowOutcome {
    const count = this.#gather()
    const { sampleCount } = this
    const refusedCount = this.#refusedCount
    this.#refusedCount = 0
    this.addedCount = 0
    this.sampleCount = 0
    this.#round++
    try {
      const outcomeCounts = this.#append(timeMs, count)
      return { sampleCount, refusedCount, outcomeCounts }
    } finally {
      this.#sweep()
    }
  }

  /** Moves live values, and markers for those that were live a round ago, side by side. */
  #gather(): number {
    const round = this.#round
    let count = 0
    for (let slot = 0; slot < this.#labels.length; slot++) {
      const last = this.#lastRound[slot]
      if (last === 0) continue
      if (last === round) this.#values[count] = this.#slotValues[slot]
      else if (last === round - 1) this.#values.set(STALE, count)
      else continue
      this.#slotOf[count] = slot
      this.#ids[count++] = this.#seriesIds[slot]
    }
    return count
  }

  #append(timeMs: number, count: number): number[] {
    const counts = OUTCOMES.map(() => 0)
    if (count === 0) return counts
    const accepted = this.#appender.append(timeMs, this.#ids, this.#values, count, this.#outcomes)
    if (accepted === count) {
      counts[0] = count
      return counts
    }
    for (let i = 0; i < count; i++) {
      if (this.#outcomes[i] === UNKNOWN) this.#appendAgain(timeMs, i)
      counts[this.#outcomes[i]]++
    }
    return counts
  }

  /** One cell whose series the appender has forgotten. */
  #appendAgain(timeMs: number, i: number): void {
    const slot = this.#slotOf[i]
    const labels = this.#labels[slot]
    assert(labels !== undefined, 'labels for a slot in use')
    const id = this.#ask(labels)
    if (id === undefined) return
    this.#seriesIds[slot] = id
    const ids = Float64Array.of(id)
    const outcome = this.#outcomes.subarray(i, i + 1)
    this.#appender.append(timeMs, ids, this.#values.slice(i, i + 1), 1, outcome)
  }

  /** The id of a series; undefined, and counted, when a limit on series leaves it out. */
  #ask(labels: Labels): SeriesId | undefined {
    try {
      return this.#appender.series(labels)
    } catch (error) {
      if (!(error instanceof NarthexError) || error.kind !== 'share') throw error
      this.#refusedCount++
      return undefined
    }
  }

  /** Ends the things none of whose series was in the row that has just been written. */
  #sweep(): void {
    for (const thing of this.#things) {
      const live = thing.slots.some((slot) => this.#lastRound[slot] === this.#round - 1)
      if (live) continue
      thing.gone = true
      for (const slot of thing.slots) {
        this.#labels[slot] = undefined
        this.#lastRound[slot] = 0
        this.#free.push(slot)
      }
      this.#things.delete(thing)
    }
  }

  #grow(): void {
    const size = this.#lastRound.length * 2
    const wider = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(size)
      to.set(from)
      return to
    }
    this.#seriesIds = wider(this.#seriesIds)
    this.#slotValues = wider(this.#slotValues)
    const rounds = new Uint32Array(size)
    rounds.set(this.#lastRound)
    this.#lastRound = rounds
    this.#ids = new Float64Array(size)
    this.#values = new Float64Array(size)
    this.#outcomes = new Uint8Array(size)
    this.#slotOf = new Uint32Array(size)
  }
}
