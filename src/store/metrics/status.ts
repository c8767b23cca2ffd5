/** Figures of the head for status pages: counts and cardinality. */
import type { Cardinality, NamedCount } from '../../model/status.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'

/** Largest first, at most `limit`. */
class Largest {
  readonly #limit: number
  #items: NamedCount[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(value: number, name: () => string): void {
    const items = this.#items
    if (value <= 0) return
    if (items.length >= this.#limit && items[items.length - 1].value >= value) return
    let i = items.length
    while (i > 0 && items[i - 1].value < value) i--
    items.splice(i, 0, { name: name(), value })
    if (items.length > this.#limit) items.pop()
  }

  get items(): readonly NamedCount[] {
    return this.#items
  }
}

/** The largest names, values and pairs of the head. */
export function countCardinality(labels: LabelView, limit: number): Cardinality {
  const seriesByMetric = new Largest(limit)
  const valuesByLabel = new Largest(limit)
  const bytesByLabel = new Largest(limit)
  const seriesByPair = new Largest(limit)
  const seriesOfPair = countSeriesOfPairs(labels)
  for (let name = 1; name < labels.nameCount; name++) {
    const nameText = labels.nameText(name)
    let values = 0
    let bytes = 0
    let pair = labels.nameField(name, at.NAME_FIRST_PAIR)
    while (pair !== 0) {
      const current = pair
      const series = seriesOfPair[pair]
      if (series > 0) {
        values++
        bytes += labels.pairField(pair, at.PAIR_TEXT_LENGTH)
        seriesByPair.add(series, () => `${nameText}=${labels.pairText(current)}`)
        if (nameText === '__name__') seriesByMetric.add(series, () => labels.pairText(current))
      }
      pair = labels.pairField(pair, at.PAIR_NEXT_OF_NAME)
    }
    valuesByLabel.add(values, () => nameText)
    bytesByLabel.add(bytes, () => nameText)
  }
  return {
    seriesByMetric: seriesByMetric.items,
    valuesByLabel: valuesByLabel.items,
    bytesByLabel: bytesByLabel.items,
    seriesByPair: seriesByPair.items,
  }
}

/** How many label pairs living series have. */
export function countPairs(labels: LabelView): number {
  let count = 0
  for (let name = 1; name < labels.nameCount; name++) {
    count += labels.nameField(name, at.NAME_PAIR_COUNT)
  }
  return count
}

function countSeriesOfPairs(labels: LabelView): Float64Array {
  const series = new Float64Array(labels.pairCount)
  const count = (list: number, length: number, columns: number): void => {
    for (let i = 0; i < length; i++) series[labels.listItem(list, i)] += columns
  }
  for (let shape = 1; shape < labels.shapeCount; shape++) {
    if (labels.shapeField(shape, at.SHAPE_LIVE) === 0) continue
    count(
      labels.shapeField(shape, at.SHAPE_LIST),
      labels.shapeField(shape, at.SHAPE_LENGTH),
      labels.shapeField(shape, at.SHAPE_COLUMN_COUNT),
    )
  }
  for (let group = 1; group < labels.groupCount; group++) {
    if (labels.groupField(group, at.GROUP_LIVE) === 0) continue
    count(
      labels.groupField(group, at.GROUP_LIST),
      labels.groupField(group, at.GROUP_LENGTH),
      labels.groupField(group, at.GROUP_COLUMN_COUNT),
    )
  }
  return series
}
