/** What of a parcel a destination takes: when it comes, and once more when it goes. */
import type { Clock } from '../base/clock.ts'
import type { DestinationBase } from '../config/destination.ts'
import type { SendCounters } from './counters.ts'
import { UNREPRESENTABLE } from './http/body.ts'
import type { Parcel } from './parcel.ts'
import { filteredFrom, type View } from './series/view.ts'
import { withoutOld, withoutSide } from './trim.ts'
import type { Writer } from './writer.ts'

/** Whose wishes count. */
export interface DestinationEnd {
  readonly config: DestinationBase
  readonly view: View
  readonly writer: Writer
}

/** What is left of a parcel that waited. */
export interface Left {
  /** Undefined when nothing is. */
  readonly parcel: Parcel | undefined
  /** Samples that waited too long. */
  readonly oldCount: number
}

/** Takes out of parcels what is not to leave, and counts it. */
export class Sieve {
  #end: DestinationEnd
  /** What was taken over until then has passed for another configuration, monotonic ms. */
  #changedMs = -Infinity
  readonly #counters: SendCounters
  readonly #clock: Clock

  constructor(end: DestinationEnd, counters: SendCounters, clock: Clock) {
    this.#end = end
    this.#counters = counters
    this.#clock = clock
  }

  /** Goes on with another configuration. */
  replace(end: DestinationEnd): void {
    this.#end = end
    this.#changedMs = this.#clock.monotonicMs()
  }

  /** What is wanted of a parcel that comes; the very same one when all of it is. */
  admit(parcel: Parcel): Parcel | undefined {
    const { config, view, writer } = this.#end
    const seen = view.filter(parcel)
    const wanted = seen === undefined ? undefined : withoutSide(seen, config)
    this.#countMissing('filtered', parcel, wanted)
    if (wanted === undefined || writer.takesExemplars || wanted.exemplars.length === 0)
      return wanted
    const kept = withoutSide(wanted, { ...config, sendExemplars: false })
    this.#countMissing(`refused_${UNREPRESENTABLE}`, wanted, kept)
    return kept
  }

  /** What is left of a parcel that is about to be written; the very same one when all of it is. */
  readmit(parcel: Parcel): Left {
    const wanted = parcel.takenMs <= this.#changedMs ? this.admit(parcel) : parcel
    if (wanted === undefined) return { parcel: undefined, oldCount: 0 }
    const { sampleAgeMsMax } = this.#end.config.queue
    const oldestMs = sampleAgeMsMax > 0 ? this.#clock.now() - sampleAgeMsMax : -Infinity
    const young = withoutOld(wanted, oldestMs)
    this.#countMissing('too_old', wanted, young)
    return { parcel: young, oldCount: filteredFrom(wanted, young).samples }
  }

  #countMissing(reason: string, parcel: Parcel, left: Parcel | undefined): void {
    if (left === parcel) return
    const { samples, exemplars } = filteredFrom(parcel, left)
    this.#counters.drop(reason, samples)
    this.#counters.exemplars.drop(reason, exemplars)
  }
}
