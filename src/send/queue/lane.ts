/** One lane of a destination's queue: what was tried already, what is packed, what came last. */

import type { Commit } from '../commit.ts'
import { type Parcel, sampleCountOf, type Tally, tallyOf } from '../parcel.ts'
import type { RowValues } from '../rowvalues.ts'
import { Backlog, bytesOf } from './backlog.ts'

/** A parcel that waits. */
export interface Entry {
  parcel: Parcel
  /** Whoever waits for it to be written. */
  readonly commit: Commit | undefined
}

/** What a parcel counts in a request: samples, histograms and exemplars. */
export function weightOf(parcel: Parcel): number {
  return sampleCountOf(parcel) + parcel.exemplars.length
}

/** First in, first out: entries that came back, then packed rows, then entries as they came. */
export class Lane {
  readonly number: number
  /** Whether its queue knows that it may have parcels. */
  isNoted = false
  /** When the oldest of its parcels that are being written was taken over; Infinity while none is. */
  awayOldestMs: number = Infinity
  /** Writes that ended in a retry since one succeeded. */
  attempts = 0
  /** Monotonic ms before which it is not tried again. */
  notBeforeMs = 0
  /** Monotonic ms at which something in it has waited long enough for company. */
  dueMs: number = Infinity
  /** Came back or were split, the next one last. */
  readonly #front: Entry[] = []
  readonly #backlog: Backlog
  readonly #values: RowValues
  #tail: Entry[] = []
  #tailFrom = 0
  #plainSamples = 0
  #plainExemplars = 0
  #plainBytes = 0

  constructor(number: number, values: RowValues) {
    this.number = number
    this.#values = values
    this.#backlog = new Backlog(number)
  }

  get samples(): number {
    return this.#plainSamples + this.#backlog.samples
  }

  get exemplars(): number {
    return this.#plainExemplars + this.#backlog.exemplars
  }

  get plainSamples(): number {
    return this.#plainSamples
  }

  get sizeBytes(): number {
    return this.#plainBytes + this.#backlog.sizeBytes
  }

  /** Parcels that wait. */
  get parcelCount(): number {
    const tailCount = this.#tail.length - this.#tailFrom
    return this.#front.length + this.#backlog.parcelCount + tailCount
  }

  /** When the oldest entry was taken over; Infinity without one. */
  get oldestMs(): number {
    if (this.#front.length > 0) return this.#front[this.#front.length - 1].parcel.takenMs
    if (this.#backlog.parcelCount > 0) return this.#backlog.oldestMs
    return this.#tail[this.#tailFrom]?.parcel.takenMs ?? Infinity
  }

  /** Whether a write has parcels of it; then no other may. */
  get isAway(): boolean {
    return this.awayOldestMs !== Infinity
  }

  /** A write takes parcels of it along. */
  send(oldestMs: number): void {
    this.awayOldestMs = oldestMs
  }

  /** The write has ended. */
  settle(): void {
    this.awayOldestMs = Infinity
  }

  push(entry: Entry, dueMs: number): void {
    this.#tail.push(entry)
    this.#count(entry, 1)
    this.dueMs = Math.min(this.dueMs, dueMs)
  }

  /** Puts an entry before all others. */
  unshift(entry: Entry, dueMs: number): void {
    this.#front.push(entry)
    this.#count(entry, 1)
    this.dueMs = Math.min(this.dueMs, dueMs)
  }

  /** Takes the oldest entry out. */
  shift(): Entry | undefined {
    const entry = this.#take()
    this.#settleDue()
    return entry
  }

  /** Whether the sender of the oldest entry still waits for it. */
  get isOldestOpen(): boolean {
    const oldest = this.#front.at(-1) ?? (this.#backlog.parcelCount > 0 ? undefined : this.#first())
    return oldest?.commit?.isOpen === true
  }

  /** Throws the oldest entry away, without unpacking it. */
  drop(): { readonly gone: Tally; readonly commit: Commit | undefined } {
    if (this.#front.length > 0 || this.#backlog.parcelCount === 0) {
      const entry = this.shift()
      if (entry === undefined) return { gone: { samples: 0, exemplars: 0 }, commit: undefined }
      this.#values.release(entry.parcel.values)
      return { gone: tallyOf(entry.parcel), commit: entry.commit }
    }
    const gone = this.#backlog.skip()
    this.#settleDue()
    return { gone, commit: undefined }
  }

  /** Takes all entries of a commit out; what was in them. */
  withdraw(commit: Commit): Tally {
    const samples = this.#plainSamples
    const exemplars = this.#plainExemplars
    for (const list of [this.#front, this.#tail]) {
      const kept = list.filter((entry, i) => {
        if (entry.commit !== commit || (list === this.#tail && i < this.#tailFrom)) return true
        this.#count(entry, -1)
        this.#values.release(entry.parcel.values)
        return false
      })
      list.splice(0, list.length, ...kept)
    }
    this.#settleDue()
    return {
      samples: samples - this.#plainSamples,
      exemplars: exemplars - this.#plainExemplars,
    }
  }

  /** Packs entries that were taken over before `beforeMs`, as far as the order allows. */
  pack(beforeMs: number): void {
    for (;;) {
      const entry = this.#first()
      if (entry === undefined || entry.parcel.takenMs >= beforeMs) break
      if (entry.commit?.isOpen === true) break
      this.#tailFrom++
      this.#count(entry, -1)
      const { values } = entry.parcel
      if (this.#backlog.push(entry.parcel)) this.#values.release(values)
      else this.#values.disown(values)
    }
    this.#compact()
  }

  #settleDue(): void {
    if (this.parcelCount === 0) this.dueMs = Infinity
  }

  #first(): Entry | undefined {
    return this.#tail[this.#tailFrom]
  }

  #take(): Entry | undefined {
    const returned = this.#front.pop()
    if (returned !== undefined) {
      this.#count(returned, -1)
      return returned
    }
    if (this.#backlog.parcelCount > 0) {
      const parcel = this.#backlog.next()
      return { parcel, commit: undefined }
    }
    const entry = this.#first()
    if (entry === undefined) return undefined
    this.#tailFrom++
    this.#compact()
    this.#count(entry, -1)
    return entry
  }

  #compact(): void {
    if (this.#tailFrom === 0 || 2 * this.#tailFrom < this.#tail.length) return
    this.#tail = this.#tail.slice(this.#tailFrom)
    this.#tailFrom = 0
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.#plainSamples += sign * sampleCountOf(entry.parcel)
    this.#plainExemplars += sign * entry.parcel.exemplars.length
    this.#plainBytes += sign * bytesOf(entry.parcel)
  }
}
