/** What waits for one destination: bounded by bytes and age, in order by lane. */

import type { Commit } from '../commit.ts'
import { LANES, type Parcel, sampleCountOf, type Tally, tallyOf } from '../parcel.ts'
import type { RowValues } from '../rowvalues.ts'
import { bytesOf } from './backlog.ts'
import { type Entry, Lane, weightOf } from './lane.ts'
import { splitParcel } from './split.ts'

/** What may wait at most, and what of it unpacked. */
export interface QueueBounds {
  readonly bytesMax: number
  readonly ageMsMax: number
  readonly plainSamplesMax: number
}

/** What was taken out to be written together. */
export interface Batch {
  readonly lanes: readonly Lane[]
  readonly entries: Entry[]
}

/** How batches are made up. */
export interface TakeOptions {
  readonly samplesMax: number
  readonly nowMs: number
  /** Whether nobody waits for company any more. */
  readonly isUrgent: boolean
  /** Whether lanes that were tried least come first, instead of those that wait longest. */
  readonly isProbe: boolean
}

/** Hears of parcels that leave without being written. */
export type OnDropped = (reason: string, gone: Tally, commit: Commit | undefined) => void

/** Parcels that wait longer are packed. */
const PACK_AFTER_MS = 10_000
/** Lanes that failed so often are written alone, so that what cannot be written holds up only itself. */
const ALONE_ATTEMPTS = 3

/** The queue of one destination. */
export class LaneQueue {
  bounds: QueueBounds
  readonly #lanes: readonly Lane[]
  /** Lanes with parcels, and some that had them a moment ago. */
  #busy: Lane[] = []
  readonly #values: RowValues
  readonly #onDropped: OnDropped
  readonly #onSplit: (commit: Commit) => void
  #awaySamples = 0
  #awayExemplars = 0
  #awayBytes = 0

  /** @param onSplit hears of each further part that a parcel is written in */
  constructor(
    bounds: QueueBounds,
    values: RowValues,
    onDropped: OnDropped,
    onSplit: (commit: Commit) => void,
  ) {
    this.bounds = bounds
    this.#values = values
    this.#lanes = Array.from({ length: LANES }, (_, number) => new Lane(number, values))
    this.#onDropped = onDropped
    this.#onSplit = onSplit
  }

  /** Samples that wait, those being written among them. */
  get samples(): number {
    return this.#sum((lane) => lane.samples) + this.#awaySamples
  }

  /** Exemplars that wait, those being written among them. */
  get exemplars(): number {
    return this.#sum((lane) => lane.exemplars) + this.#awayExemplars
  }

  get sizeBytes(): number {
    return this.#sum((lane) => lane.sizeBytes) + this.#awayBytes
  }

  /** Whether nothing waits to be taken. */
  get isEmpty(): boolean {
    return this.#busy.every((lane) => lane.parcelCount === 0)
  }

  /** When the oldest parcel was taken over, those being written among them; Infinity without one. */
  get oldestMs(): number {
    return this.#lanes.reduce(
      (oldestMs, lane) => Math.min(oldestMs, lane.oldestMs, lane.awayOldestMs),
      Infinity,
    )
  }

  /**
   * Adds a parcel behind the others of its lane. Without room, the oldest parcels that nobody waits
   * for make some; a parcel for which there is none is dropped itself.
   */
  push(parcel: Parcel, commit: Commit | undefined, dueMs: number): void {
    const sizeBytes = bytesOf(parcel)
    const lane = this.#lanes[parcel.lane]
    if (!this.#makeRoom(sizeBytes)) {
      this.#onDropped('queue_full', tallyOf(parcel), commit)
      return
    }
    this.#values.hold(parcel.values)
    lane.push({ parcel, commit }, dueMs)
    this.#note(lane)
  }

  /** Takes out what is to be written next; undefined while nothing is. */
  take(options: TakeOptions): Batch | undefined {
    const lanes = this.#ready(options)
    if (lanes.length === 0) return undefined
    const isAlone = lanes[0].attempts >= ALONE_ATTEMPTS
    const together = lanes.filter((lane) => lane.attempts < ALONE_ATTEMPTS)
    const taken: Lane[] = []
    const entries: Entry[] = []
    let weight = 0
    for (const lane of isAlone ? lanes.slice(0, 1) : together) {
      const before = entries.length
      weight = this.#fill(lane, entries, weight, options.samplesMax)
      if (entries.length === before) continue
      lane.send(entries[before].parcel.takenMs)
      taken.push(lane)
      if (weight >= options.samplesMax) break
    }
    for (const { parcel } of entries) this.#away(parcel, 1)
    return { lanes: taken, entries }
  }

  /** When `take` hands out something at the latest, monotonic ms; Infinity when that is not known. */
  readyMs(isUrgent: boolean): number {
    let readyMs = Infinity
    for (const lane of this.#busy) {
      if (lane.isAway || lane.parcelCount === 0) continue
      readyMs = Math.min(readyMs, Math.max(isUrgent ? 0 : lane.dueMs, lane.notBeforeMs))
    }
    return readyMs
  }

  /** Replaces a parcel that is being written. */
  replace(entry: Entry, parcel: Parcel): void {
    this.#away(entry.parcel, -1)
    this.#values.hold(parcel.values)
    this.#values.release(entry.parcel.values)
    entry.parcel = parcel
    this.#away(parcel, 1)
  }

  /** Takes a parcel out of a batch. */
  remove(batch: Batch, entry: Entry): void {
    this.#leave(entry.parcel)
    batch.entries.splice(batch.entries.indexOf(entry), 1)
  }

  /** A batch is done with: its parcels leave. */
  finish(batch: Batch): void {
    for (const { parcel } of batch.entries) this.#leave(parcel)
    for (const lane of batch.lanes) {
      lane.settle()
      lane.attempts = 0
      lane.notBeforeMs = 0
    }
  }

  /** A batch has to be written again: its parcels come first in their lanes. */
  putBack(batch: Batch, notBeforeMs: (attempts: number) => number): void {
    for (const entry of batch.entries.toReversed()) {
      const { parcel, commit } = entry
      if (commit?.isRejected === true) {
        this.#leave(parcel)
        this.#onDropped('withdrawn', tallyOf(parcel), commit)
      } else {
        this.#away(parcel, -1)
        this.#unshift(this.#lanes[parcel.lane], entry, 0)
      }
    }
    for (const lane of batch.lanes) {
      lane.settle()
      lane.attempts++
      lane.notBeforeMs = notBeforeMs(lane.attempts)
    }
  }

  /** Takes out what a sender does not wait for any more because it keeps it itself. */
  withdraw(commit: Commit): void {
    for (const lane of this.#lanes) {
      const gone = lane.withdraw(commit)
      if (gone.samples + gone.exemplars > 0) this.#onDropped('withdrawn', gone, commit)
    }
  }

  /** Drops what waits for too long, and packs what waits for long. */
  age(nowMs: number): void {
    const expiredMs = nowMs - this.bounds.ageMsMax
    for (const lane of this.#lanes) {
      while (lane.oldestMs < expiredMs) this.#dropOldest(lane, 'expired')
    }
    const isCrowded = this.#sum((lane) => lane.plainSamples) > this.bounds.plainSamplesMax
    for (const lane of this.#lanes) lane.pack(isCrowded ? Infinity : nowMs - PACK_AFTER_MS)
  }

  /** Drops everything that waits. */
  clear(reason: string): void {
    for (const lane of this.#lanes) {
      while (lane.parcelCount > 0) this.#dropOldest(lane, reason)
    }
  }

  /** Lanes that may be written now, in the order in which they are; none while it is worth waiting. */
  #ready(options: TakeOptions): Lane[] {
    const { nowMs, isUrgent, isProbe, samplesMax } = options
    const lanes: Lane[] = []
    let samples = 0
    let isDue = isUrgent
    this.#forgetIdle()
    for (const lane of this.#busy) {
      if (lane.isAway || lane.notBeforeMs > nowMs) continue
      lanes.push(lane)
      samples += lane.samples
      if (lane.dueMs <= nowMs) isDue = true
    }
    if (!isDue && samples < samplesMax) return []
    const age = (a: Lane, b: Lane): number => a.oldestMs - b.oldestMs
    return lanes.sort(isProbe ? (a, b) => a.attempts - b.attempts || age(a, b) : age)
  }

  /** Takes parcels of a lane while they fit; the first one of all always does, in parts. */
  #fill(lane: Lane, entries: Entry[], weightBefore: number, samplesMax: number): number {
    let weight = weightBefore
    for (;;) {
      const { dueMs } = lane
      const entry = lane.shift()
      if (entry === undefined) return weight
      const room = samplesMax - weight
      const wanted = weightOf(entry.parcel)
      if (wanted <= room) {
        entries.push(entry)
        weight += wanted
        continue
      }
      if (entries.length > 0) {
        this.#unshift(lane, entry, dueMs)
        return weight
      }
      this.#values.disown(entry.parcel.values)
      const parts = splitParcel(entry.parcel, samplesMax)
      for (const part of parts.slice(1).toReversed()) {
        this.#unshift(lane, { parcel: part, commit: entry.commit }, 0)
        if (entry.commit !== undefined) this.#onSplit(entry.commit)
      }
      entries.push({ parcel: parts[0], commit: entry.commit })
      return weight + weightOf(parts[0])
    }
  }

  #makeRoom(wantedBytes: number): boolean {
    const { bytesMax } = this.bounds
    if (this.sizeBytes + wantedBytes <= bytesMax) return true
    for (const lane of this.#lanes) lane.pack(Infinity)
    while (this.sizeBytes + wantedBytes > bytesMax) {
      const lane = this.#oldestDroppable()
      if (lane === undefined) return false
      this.#dropOldest(lane, 'queue_full')
    }
    return true
  }

  /** The lane whose oldest parcel nobody waits for, and which is the oldest of those. */
  #oldestDroppable(): Lane | undefined {
    let oldest: Lane | undefined
    for (const lane of this.#lanes) {
      if (lane.parcelCount === 0 || lane.isOldestOpen) continue
      if (oldest === undefined || lane.oldestMs < oldest.oldestMs) oldest = lane
    }
    return oldest
  }

  #dropOldest(lane: Lane, reason: string): void {
    const { gone, commit } = lane.drop()
    this.#onDropped(reason, gone, commit)
  }

  /** A parcel that was taken out does not come back. */
  #leave(parcel: Parcel): void {
    this.#away(parcel, -1)
    this.#values.release(parcel.values)
  }

  #away(parcel: Parcel, sign: 1 | -1): void {
    this.#awaySamples += sign * sampleCountOf(parcel)
    this.#awayExemplars += sign * parcel.exemplars.length
    this.#awayBytes += sign * bytesOf(parcel)
  }

  #unshift(lane: Lane, entry: Entry, dueMs: number): void {
    lane.unshift(entry, dueMs)
    this.#note(lane)
  }

  /** Takes note that a lane has parcels. */
  #note(lane: Lane): void {
    if (lane.isNoted) return
    lane.isNoted = true
    this.#busy.push(lane)
  }

  #forgetIdle(): void {
    let kept = 0
    for (const lane of this.#busy) {
      if (lane.parcelCount > 0) this.#busy[kept++] = lane
      else lane.isNoted = false
    }
    this.#busy.length = kept
  }

  #sum(of: (lane: Lane) => number): number {
    let sum = 0
    for (let i = 0; i < this.#busy.length; i++) sum += of(this.#busy[i])
    return sum
  }
}
