/** The groups of an aggregation: numbered in the order in which their first row comes. */
import type { Labels } from '../../model/labels.ts'
import { indexBy, indexWithout, type LabelIndex } from './labelindex.ts'
import { dropReserved, groupLabels, RESERVED } from './naming.ts'

/** Gives each row the number of its group. */
export class Grouping {
  readonly #names: readonly string[]
  readonly #without: boolean
  readonly #delayedNames: boolean
  readonly #index: LabelIndex
  /** Whether names that go at once could be seen by the grouping. */
  readonly #mindsNames: boolean
  /** Labels of each group. */
  readonly labels: Labels[] = []
  /** Whether the name of a group goes, because it goes in one of its rows. */
  readonly dropName: boolean[] = []

  /** @param without group by all labels but the named ones */
  constructor(names: readonly string[], without: boolean, delayedNames: boolean) {
    this.#names = names
    this.#without = without
    this.#delayedNames = delayedNames
    this.#index = without ? indexWithout(names) : indexBy(names)
    this.#mindsNames = without || names.some((name) => RESERVED.has(name))
  }

  /** The group of a row. */
  of(labels: Labels, dropName: boolean): number {
    const own = dropName && this.#mindsNames && !this.#delayedNames ? dropReserved(labels) : labels
    const group = this.#index.of(own)
    if (group === this.labels.length) {
      this.labels.push(groupLabels(own, this.#names, this.#without))
      this.dropName.push(false)
    }
    if (dropName && this.#delayedNames) this.dropName[group] = true
    return group
  }

  /** Rows of each group, for aggregations that look at several rows at once. */
  static rowsByGroup(
    rowLabels: readonly Labels[],
    names: readonly string[],
    without: boolean,
  ): number[][] {
    const index = without ? indexWithout(names) : indexBy(names)
    const groups: number[][] = []
    for (let row = 0; row < rowLabels.length; row++) {
      const group = index.of(rowLabels[row])
      if (group === groups.length) groups.push([row])
      else groups[group].push(row)
    }
    return groups
  }
}
