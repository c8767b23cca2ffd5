/** How destinations see series: external labels added, write relabelling done, some dropped. */
import { type RelabelRule, relabel } from '../../config/relabel.ts'
import type { SeriesId } from '../../model/appender.ts'
import { compareText, type Labels } from '../../model/labels.ts'
import { gatherNumbers, gatherValues } from '../cells.ts'
import { type Parcel, sampleCountOf, type Tally, tallyOf } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { type SeriesBook, slotOf } from './book.ts'

const UNSEEN = 0
const KEPT = 1
const DROPPED = 2

/** Cells of an ids array that a view keeps. */
interface Kept {
  readonly slots: Uint32Array
  readonly ids: Float64Array
}

/** One way of seeing series, shared by all destinations with the same settings. */
export class View implements SeriesView {
  readonly #book: SeriesBook
  readonly #externalLabels: Labels
  readonly #rules: readonly RelabelRule[]
  /** What became of each slot; empty while no rule can drop anything. */
  #verdicts: Uint8Array = new Uint8Array(0)
  /** By identity of the ids: what is kept of a row is the same array from scrape to scrape, too. */
  readonly #keptOf = new WeakMap<Float64Array, Kept>()
  #lastParcel: Parcel | undefined
  #lastFiltered: Parcel | undefined

  constructor(book: SeriesBook, externalLabels: Labels, rules: readonly RelabelRule[]) {
    this.#book = book
    this.#externalLabels = externalLabels
    this.#rules = rules
  }

  labels(id: SeriesId): Labels {
    return this.#relabelled(id) ?? []
  }

  targetKey(id: SeriesId): string {
    return this.#book.targetKey(id)
  }

  /** Memory of what was decided about series. */
  get sizeBytes(): number {
    return this.#verdicts.byteLength
  }

  /** The parcel without dropped series; the very same one when there are none, undefined when all are. */
  filter(parcel: Parcel): Parcel | undefined {
    if (this.#rules.length === 0) return parcel
    if (parcel !== this.#lastParcel) {
      this.#lastFiltered = this.#filterAnew(parcel)
      this.#lastParcel = parcel
    }
    return this.#lastFiltered
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids)
      if (slotOf(id) < this.#verdicts.length) this.#verdicts[slotOf(id)] = UNSEEN
  }

  #filterAnew(parcel: Parcel): Parcel | undefined {
    const dropped = this.#countDropped(parcel)
    const histograms = parcel.histograms.filter(({ id }) => this.#isKept(id))
    const exemplars = parcel.exemplars.filter(({ id }) => this.#isKept(id))
    const others = histograms.length + exemplars.length
    if (dropped === 0 && others === parcel.histograms.length + parcel.exemplars.length) {
      return parcel
    }
    if (dropped === parcel.count && others === 0) return undefined
    const { slots, ids } = this.#keptIn(parcel, parcel.count - dropped)
    const times = parcel.times === undefined ? undefined : gatherNumbers(parcel.times, slots)
    return {
      ...parcel,
      count: slots.length,
      ids,
      values: gatherValues(parcel.values, slots),
      timeMs: times !== undefined && times.length > 0 ? times[0] : parcel.timeMs,
      times,
      histograms,
      exemplars,
    }
  }

  #countDropped(parcel: Parcel): number {
    const { ids, count } = parcel
    let dropped = 0
    for (let i = 0; i < count; i++) if (!this.#isKept(ids[i])) dropped++
    return dropped
  }

  #keptIn(parcel: Parcel, count: number): Kept {
    const known = this.#keptOf.get(parcel.ids)
    if (known !== undefined) return known
    const slots = new Uint32Array(count)
    let kept = 0
    for (let i = 0; i < parcel.count; i++) if (this.#isKept(parcel.ids[i])) slots[kept++] = i
    const made = { slots, ids: gatherNumbers(parcel.ids, slots) }
    this.#keptOf.set(parcel.ids, made)
    return made
  }

  #isKept(id: SeriesId): boolean {
    const slot = slotOf(id)
    if (slot >= this.#verdicts.length) this.#reserve()
    if (this.#verdicts[slot] === UNSEEN) {
      this.#verdicts[slot] = this.#relabelled(id) === undefined ? DROPPED : KEPT
    }
    return this.#verdicts[slot] === KEPT
  }

  #reserve(): void {
    const { slotCount } = this.#book
    const verdicts = new Uint8Array(slotCount + (slotCount >>> 2))
    verdicts.set(this.#verdicts)
    this.#verdicts = verdicts
  }

  /** Undefined when a rule drops the series, or all of its labels. */
  #relabelled(id: SeriesId): Labels | undefined {
    const labels = addAbsent(this.#book.labels(id), this.#externalLabels)
    if (this.#rules.length === 0) return labels
    const changed = relabel(labels, this.#rules)
    return changed === undefined || changed.length === 0 ? undefined : changed
  }
}

/** Adds labels that are not there yet. */
function addAbsent(labels: Labels, added: Labels): Labels {
  if (added.length === 0) return labels
  const merged: string[] = []
  let i = 0
  for (let j = 0; j < added.length; j += 2) {
    for (; i < labels.length && compareText(labels[i], added[j]) < 0; i += 2) {
      merged.push(labels[i], labels[i + 1])
    }
    if (i < labels.length && labels[i] === added[j]) continue
    merged.push(added[j], added[j + 1])
  }
  for (; i < labels.length; i += 2) merged.push(labels[i], labels[i + 1])
  return merged
}

/** What a filter took out of a parcel. */
export function filteredFrom(parcel: Parcel, filtered: Parcel | undefined): Tally {
  if (filtered === undefined) return tallyOf(parcel)
  return {
    samples: sampleCountOf(parcel) - sampleCountOf(filtered),
    exemplars: parcel.exemplars.length - filtered.exemplars.length,
  }
}

/** All views; destinations that see series in the same way have the same one. */
export class Views {
  readonly #book: SeriesBook
  readonly #views = new Map<string, { readonly view: View; users: number }>()

  constructor(book: SeriesBook) {
    this.#book = book
  }

  /** The view of these settings, with one more user. */
  use(externalLabels: Labels, rules: readonly RelabelRule[]): View {
    const key = keyOf(externalLabels, rules)
    let found = this.#views.get(key)
    if (found === undefined) {
      found = { view: new View(this.#book, externalLabels, rules), users: 0 }
      this.#views.set(key, found)
    }
    found.users++
    return found.view
  }

  /** One user less; the last one takes the view with it. */
  leave(view: View): void {
    for (const [key, found] of this.#views) {
      if (found.view === view && --found.users === 0) this.#views.delete(key)
    }
  }

  forget(ids: readonly SeriesId[]): void {
    for (const { view } of this.#views.values()) view.forget(ids)
  }

  get count(): number {
    return this.#views.size
  }
}

function keyOf(externalLabels: Labels, rules: readonly RelabelRule[]): string {
  const fields = rules.map((rule) => [
    rule.action,
    rule.sourceLabels,
    rule.separator,
    rule.targetLabel,
    rule.regex,
    String(rule.modulus),
    rule.replacement,
    rule.nameValidation,
  ])
  return JSON.stringify([externalLabels, fields])
}
