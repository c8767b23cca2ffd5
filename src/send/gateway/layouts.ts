/** The layouts of one stream: which column of which layout a series is, and what was sent last. */
import type { SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { RowEncoder } from '../../wire/columnar.ts'
import { slotOf } from '../series/book.ts'
import type { SeriesView } from '../writer.ts'

/** Series of one target that come together, in the order in which the gateway learned of them. */
export interface SentLayout {
  readonly number: number
  readonly targetKey: string
  /** Labels that all of its series have, names and values in turn. */
  readonly group: readonly string[]
  readonly encoder: RowEncoder
  /** The series of each column; NaN for one that was forgotten. */
  readonly ids: number[]
  forgottenCount: number
  /** The ids of the row that was sent last, and the column of each of its cells. */
  lastIds: Float64Array | undefined
  /** Columns of the last row that lacked much and went as cells; one that is like it goes as a row. */
  partialColumns: Uint32Array | undefined
  lastColumns: Uint32Array
  /** Whether those columns are 0, 1, 2, … to the last one. */
  isWhole: boolean
}

/** What the gateway has to be told before series can be sent. */
export type LayoutNews =
  | { readonly kind: 'layout'; readonly layout: SentLayout; readonly series: readonly Labels[] }
  | { readonly kind: 'columns'; readonly layout: SentLayout; readonly series: readonly Labels[] }
  | { readonly kind: 'drop'; readonly number: number }

/** Layouts with this many forgotten columns, and more forgotten than used, are made anew. */
const FORGOTTEN_MIN = 64
const SLOTS_FIRST = 1024
const NO_COLUMNS = new Uint32Array(0)

/** Layouts by number. Numbers are never used twice in a stream. */
export class SentLayouts {
  readonly #view: SeriesView
  readonly #byNumber = new Map<number, SentLayout>()
  /** By slot of a series: the number of its layout, 0 for none, and its column. */
  #layoutOf: Uint32Array = new Uint32Array(SLOTS_FIRST)
  #columnOf: Uint32Array = new Uint32Array(SLOTS_FIRST)
  #lastNumber = 0
  #dropped: number[] = []

  constructor(view: SeriesView) {
    this.#view = view
  }

  get count(): number {
    return this.#byNumber.size
  }

  /** The layout of a series that was placed; undefined for one that was not. */
  layoutOf(id: SeriesId): SentLayout | undefined {
    const slot = slotOf(id)
    return slot < this.#layoutOf.length ? this.#byNumber.get(this.#layoutOf[slot]) : undefined
  }

  /** The column of a series that was placed. */
  columnOf(id: SeriesId): number {
    return this.#columnOf[slotOf(id)]
  }

  /**
   * Finds places for all series of a list: those that are new join the others of their target in
   * it, or make a layout of their own. So what a target tells and what is told about it, which come
   * one after the other, are rows of two layouts.
   *
   * @returns what the gateway has to be told first, in order
   */
  place(ids: Float64Array, count: number, news: LayoutNews[]): void {
    this.#reportDropped(news)
    let strangers: Map<string, SeriesId[]> | undefined
    const hosts = new Map<string, SentLayout>()
    for (let i = 0; i < count; i++) {
      const layout = this.layoutOf(ids[i])
      if (layout !== undefined) {
        hosts.set(layout.targetKey, layout)
        continue
      }
      const key = this.#view.targetKey(ids[i])
      strangers ??= new Map()
      const list = strangers.get(key)
      if (list === undefined) strangers.set(key, [ids[i]])
      else list.push(ids[i])
    }
    if (strangers === undefined) return
    for (const [key, list] of strangers) this.#placeTarget(key, hosts.get(key), list, news)
  }

  /** Forgets series; their slots are given to others from now on. */
  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const layout = this.layoutOf(id)
      if (layout === undefined) continue
      layout.ids[this.columnOf(id)] = NaN
      layout.forgottenCount++
      layout.lastIds = undefined
      this.#layoutOf[slotOf(id)] = 0
      const { forgottenCount } = layout
      const used = layout.ids.length - forgottenCount
      if (used === 0 || (forgottenCount >= FORGOTTEN_MIN && forgottenCount > used)) {
        this.drop(layout)
        this.#dropped.push(layout.number)
      }
    }
  }

  /** Forgets a layout that the gateway does not know any more. */
  lose(number: number): void {
    const layout = this.#byNumber.get(number)
    if (layout !== undefined) this.drop(layout)
  }

  /** Forgets a layout without telling the gateway. */
  drop(layout: SentLayout): void {
    for (const id of layout.ids) {
      if (!Number.isNaN(id)) this.#layoutOf[slotOf(id)] = 0
    }
    this.#byNumber.delete(layout.number)
  }

  #reportDropped(news: LayoutNews[]): void {
    if (this.#dropped.length === 0) return
    for (const number of this.#dropped) news.push({ kind: 'drop', number })
    this.#dropped = []
  }

  /** @param known where other series of the target that come with these are */
  #placeTarget(
    targetKey: string,
    known: SentLayout | undefined,
    ids: SeriesId[],
    news: LayoutNews[],
  ): void {
    const labels = ids.map((id) => this.#view.labels(id))
    if (known !== undefined && labels.every((each) => hasAll(each, known.group))) {
      this.#addColumns(known, ids)
      news.push({ kind: 'columns', layout: known, series: labels })
      return
    }
    let all = ids
    if (known !== undefined) {
      all = [...known.ids.filter((id) => !Number.isNaN(id)), ...ids]
      this.drop(known)
      news.push({ kind: 'drop', number: known.number })
    }
    const series = known === undefined ? labels : all.map((id) => this.#view.labels(id))
    const layout: SentLayout = {
      number: ++this.#lastNumber,
      targetKey,
      group: commonPairs(series),
      encoder: new RowEncoder(),
      ids: [],
      forgottenCount: 0,
      lastIds: undefined,
      partialColumns: undefined,
      lastColumns: NO_COLUMNS,
      isWhole: false,
    }
    this.#byNumber.set(layout.number, layout)
    this.#addColumns(layout, all)
    news.push({ kind: 'layout', layout, series })
  }

  #addColumns(layout: SentLayout, ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const slot = slotOf(id)
      if (slot >= this.#layoutOf.length) this.#grow(slot)
      this.#layoutOf[slot] = layout.number
      this.#columnOf[slot] = layout.ids.length
      layout.ids.push(id)
    }
    layout.encoder.extend(layout.ids.length)
    layout.lastIds = undefined
  }

  #grow(slot: number): void {
    const length = slot + 1 + (slot >>> 2)
    const layoutOf = new Uint32Array(length)
    layoutOf.set(this.#layoutOf)
    this.#layoutOf = layoutOf
    const columnOf = new Uint32Array(length)
    columnOf.set(this.#columnOf)
    this.#columnOf = columnOf
  }
}

/** Labels of a series without those of its group; both are sorted, and the group is part of it. */
export function withoutGroup(labels: Labels, group: readonly string[]): string[] {
  const rest: string[] = []
  let j = 0
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === group[j] && labels[i + 1] === group[j + 1]) j += 2
    else rest.push(labels[i], labels[i + 1])
  }
  return rest
}

function hasAll(labels: Labels, group: readonly string[]): boolean {
  return labels.length - withoutGroup(labels, group).length === group.length
}

/** Names and values that are the same in all label sets. */
function commonPairs(series: readonly Labels[]): readonly string[] {
  let common: readonly string[] = series[0]
  for (const labels of series) {
    const next: string[] = []
    let j = 0
    for (let i = 0; i < common.length; i += 2) {
      while (j < labels.length && labels[j] < common[i]) j += 2
      if (labels[j] === common[i] && labels[j + 1] === common[i + 1]) {
        next.push(common[i], common[i + 1])
      }
    }
    common = next
  }
  return common
}
