/** All series that are on their way: labels to id and back, some 20 bytes a series of like targets. */
import { assert, NarthexError } from '../../base/error.ts'
import { HashTable } from '../../base/hashtable.ts'
import type { SeriesId } from '../../model/appender.ts'
import { compareText, type Labels } from '../../model/labels.ts'
import { LANES } from '../parcel.ts'
import { joinTexts, SharedTexts, splitTexts } from './texts.ts'

/** An id is its slot, and above 32 bits how often the slot was given away before. */
const GENERATION_STEP = 2 ** 32
const GENERATION_MASK = 0xffff

const SLOTS_FIRST = 1024

/** The time since a series was seen is counted in these. */
export const TICK_MS = 60_000
const TICK_MASK = 0xffff

/** The place of a series in arrays: dense, its own until writers were told to forget the id. */
export function slotOf(id: SeriesId): number {
  return id >>> 0
}

/**
 * Series by number. The labels `job` and `instance` are the group of a series, shared by all series
 * of its target; the others are its shape, shared with the same series of like targets.
 */
export class SeriesBook {
  /** New series that were refused. */
  refused = 0
  readonly #seriesMax: number
  readonly #groups = new SharedTexts()
  readonly #shapes = new SharedTexts()
  /** Lane of each group. */
  readonly #lanes: number[] = []
  #groupOf: Uint32Array = new Uint32Array(SLOTS_FIRST)
  /** 0: the slot is free, and #groupOf is the next free one. */
  #shapeOf: Uint32Array = new Uint32Array(SLOTS_FIRST)
  #seenTick: Uint16Array = new Uint16Array(SLOTS_FIRST)
  #generations: Uint16Array = new Uint16Array(SLOTS_FIRST)
  readonly #table = new HashTable((slot) => mix(this.#groupOf[slot], this.#shapeOf[slot]))
  #slotCount = 1
  #freeFirst = 0
  #count = 0
  #tick = 0
  #sweepFrom = 1
  /** The group that was joined last, and the one that was split last. */
  #lastJob: string | undefined
  #lastInstance: string | undefined
  #lastText = ''
  #splitText = ''
  #split: readonly string[] = []

  /** @param seriesMax bound on series; 0 means none */
  constructor(seriesMax: number) {
    this.#seriesMax = seriesMax
  }

  get count(): number {
    return this.#count
  }

  /** One past the last slot. */
  get slotCount(): number {
    return this.#slotCount
  }

  get groupCount(): number {
    return this.#groups.count
  }

  get shapeCount(): number {
    return this.#shapes.count
  }

  /** Memory of what grows by series; shared texts apart. */
  get sizeBytes(): number {
    const arrays = [this.#groupOf, this.#shapeOf, this.#seenTick, this.#generations]
    return arrays.reduce((sum, array) => sum + array.byteLength, this.#table.sizeBytes)
  }

  /** The tick of now; series that are touched from now on were seen in it. */
  get tick(): number {
    return this.#tick
  }

  setTime(monotonicMs: number): void {
    this.#tick = Math.floor(monotonicMs / TICK_MS) & TICK_MASK
  }

  /**
   * Finds or makes a series.
   *
   * @throws NarthexError `share` for a new one above the bound
   */
  series(labels: Labels): SeriesId {
    let job: string | undefined
    let instance: string | undefined
    const shape: string[] = []
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]
      if (name === 'job') job = labels[i + 1]
      else if (name === 'instance') instance = labels[i + 1]
      else shape.push(name, labels[i + 1])
    }
    const groupText = this.#groupText(job, instance)
    const shapeText = joinTexts(shape)
    const slot = this.#find(groupText, shapeText) || this.#make(groupText, shapeText)
    this.#seenTick[slot] = this.#tick
    return this.#idOf(slot)
  }

  /** Whether an id still means the series that it was given for. */
  isKnown(id: SeriesId): boolean {
    const slot = slotOf(id)
    return slot < this.#slotCount && this.#shapeOf[slot] !== 0 && this.#idOf(slot) === id
  }

  /** Notes that known series were seen now. */
  touch(ids: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) this.#seenTick[ids[i] >>> 0] = this.#tick
  }

  /** The labels of a known series, composed anew. */
  labels(id: SeriesId): Labels {
    const slot = this.#slotOfKnown(id)
    const groupText = this.#groups.joined(this.#groupOf[slot])
    if (groupText !== this.#splitText) {
      this.#splitText = groupText
      this.#split = splitTexts(groupText)
    }
    return mergeLabels(this.#split, splitTexts(this.#shapes.joined(this.#shapeOf[slot])))
  }

  /** `job` and `instance` of a known series as one text. */
  targetKey(id: SeriesId): string {
    return this.#groups.joined(this.#groupOf[this.#slotOfKnown(id)])
  }

  /** The lane of a known series. */
  lane(id: SeriesId): number {
    return this.#lanes[this.#groupOf[id >>> 0]]
  }

  /**
   * Looks at some slots and forgets series that were not seen for a while.
   *
   * @param silentTicks ticks without being seen after which a series is forgotten
   * @param slotsMax    how many slots are looked at
   * @param forget      hears of the ids before their slots are given to others
   * @returns whether the round over all slots has ended
   */
  sweep(silentTicks: number, slotsMax: number, forget: (ids: SeriesId[]) => void): boolean {
    const to = Math.min(this.#slotCount, this.#sweepFrom + slotsMax)
    const silent: SeriesId[] = []
    for (let slot = this.#sweepFrom; slot < to; slot++) {
      if (this.#shapeOf[slot] === 0) continue
      if (((this.#tick - this.#seenTick[slot]) & TICK_MASK) >= silentTicks) {
        silent.push(this.#idOf(slot))
      }
    }
    if (silent.length > 0) {
      forget(silent)
      for (const id of silent) this.#remove(slotOf(id))
    }
    const isRoundOver = to >= this.#slotCount
    this.#sweepFrom = isRoundOver ? 1 : to
    return isRoundOver
  }

  /** New series come target by target, so that the last group is mostly the next one too. */
  #groupText(job: string | undefined, instance: string | undefined): string {
    if (job !== this.#lastJob || instance !== this.#lastInstance) {
      const group: string[] = []
      if (instance !== undefined) group.push('instance', instance)
      if (job !== undefined) group.push('job', job)
      this.#lastJob = job
      this.#lastInstance = instance
      this.#lastText = joinTexts(group)
    }
    return this.#lastText
  }

  #find(groupText: string, shapeText: string): number {
    const group = this.#groups.find(groupText)
    if (group === 0) return 0
    const shape = this.#shapes.find(shapeText)
    if (shape === 0) return 0
    return this.#table.find(
      mix(group, shape),
      (slot) => this.#groupOf[slot] === group && this.#shapeOf[slot] === shape,
    )
  }

  #make(groupText: string, shapeText: string): number {
    if (this.#seriesMax > 0 && this.#count >= this.#seriesMax) {
      this.refused++
      const seen = `${this.#count} series are there, at most ${this.#seriesMax} (--send.max-series)`
      throw new NarthexError('share', `cannot add series: ${seen}`)
    }
    const slot = this.#takeSlot()
    const group = this.#groups.use(groupText)
    const shape = this.#shapes.use(shapeText)
    this.#lanes[group] = laneOf(groupText)
    this.#groupOf[slot] = group
    this.#shapeOf[slot] = shape
    this.#table.add(mix(group, shape), slot)
    this.#count++
    return slot
  }

  #takeSlot(): number {
    if (this.#freeFirst !== 0) {
      const slot = this.#freeFirst
      this.#freeFirst = this.#groupOf[slot]
      return slot
    }
    if (this.#slotCount === this.#groupOf.length) this.#grow()
    return this.#slotCount++
  }

  /** By a quarter: memory matters more than copying now and then. */
  #grow(): void {
    const length = this.#slotCount + (this.#slotCount >>> 2)
    this.#groupOf = grown(this.#groupOf, new Uint32Array(length))
    this.#shapeOf = grown(this.#shapeOf, new Uint32Array(length))
    this.#seenTick = grown(this.#seenTick, new Uint16Array(length))
    this.#generations = grown(this.#generations, new Uint16Array(length))
  }

  #remove(slot: number): void {
    const group = this.#groupOf[slot]
    const shape = this.#shapeOf[slot]
    this.#table.remove(mix(group, shape), slot)
    this.#groups.leave(group)
    this.#shapes.leave(shape)
    this.#shapeOf[slot] = 0
    this.#groupOf[slot] = this.#freeFirst
    this.#freeFirst = slot
    this.#generations[slot] = (this.#generations[slot] + 1) & GENERATION_MASK
    this.#count--
  }

  #idOf(slot: number): SeriesId {
    return this.#generations[slot] * GENERATION_STEP + slot
  }

  #slotOfKnown(id: SeriesId): number {
    assert(this.isKnown(id), 'a series that was not forgotten')
    return slotOf(id)
  }
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** Two sorted label lists as one. */
function mergeLabels(a: readonly string[], b: readonly string[]): Labels {
  const merged: string[] = []
  let i = 0
  for (let j = 0; j < b.length; j += 2) {
    for (; i < a.length && compareText(a[i], b[j]) < 0; i += 2) merged.push(a[i], a[i + 1])
    merged.push(b[j], b[j + 1])
  }
  for (; i < a.length; i += 2) merged.push(a[i], a[i + 1])
  return merged
}

/** Spreads pairs of numbers over 32 bits. */
function mix(group: number, shape: number): number {
  let hash = Math.imul(group, 0x9e3779b1) ^ Math.imul(shape, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The lane of all series of a target. */
function laneOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 15
  return (hash >>> 0) % LANES
}
