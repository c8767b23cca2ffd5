/** Matchers against the shapes and groups of a head or of a window. */
import { NarthexError } from '../../base/error.ts'
import { compileRegex } from '../../base/regex.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'

/** Most different labels that the matchers of one selector may name. */
const MATCHED_LABELS_MAX = 30

/** All conditions of a selector on one label. */
interface Condition {
  readonly name: string
  /** Whether a series without the label matches. */
  readonly matchesEmpty: boolean
  /** The only values that can match; undefined when any may. */
  readonly literals: readonly string[] | undefined
  test(text: string): boolean
}

/** A compiled selector; good for every head and window. */
export interface Selector {
  readonly conditions: readonly Condition[]
  /** One bit a condition. */
  readonly all: number
}

/** @throws NarthexError `bad_data` for a regular expression that is refused, or too many labels */
export function compileSelector(matchers: readonly Matcher[]): Selector {
  const byName = new Map<string, Matcher[]>()
  for (const matcher of matchers) {
    const list = byName.get(matcher.name)
    if (list === undefined) byName.set(matcher.name, [matcher])
    else list.push(matcher)
  }
  if (byName.size > MATCHED_LABELS_MAX) {
    throw new NarthexError(
      'bad_data',
      `cannot select series: matchers name ${byName.size} labels, at most ${MATCHED_LABELS_MAX}`,
    )
  }
  const conditions = [...byName].map(([name, list]) => compileCondition(name, list))
  return { conditions, all: 2 ** conditions.length - 1 }
}

function compileCondition(name: string, matchers: readonly Matcher[]): Condition {
  let literals: readonly string[] | undefined
  const tests = matchers.map(({ op, value }) => {
    if (op === '=') {
      literals = [value]
      return (text: string) => text === value
    }
    if (op === '!=') return (text: string) => text !== value
    const regex = compileRegex(value)
    if (op === '=~') {
      literals ??= regex.literals
      return regex.test
    }
    return (text: string) => !regex.test(text)
  })
  const test = tests.length === 1 ? tests[0] : (text: string) => tests.every((each) => each(text))
  return { name, matchesEmpty: test(''), literals, test }
}

/** A selector bound to the names and pairs of one head or window; for one query. */
export class Binding {
  readonly #labels: LabelView
  readonly #selector: Selector
  /** Number of each condition's label; 0 when nothing has it. */
  readonly #names: number[]
  /** By condition and pair: 0 unknown, 1 no, 2 yes. */
  readonly #memos: Uint8Array[]
  /** Conditions that hold for a series without their label. */
  readonly #whenAbsent: number

  constructor(labels: LabelView, selector: Selector) {
    this.#labels = labels
    this.#selector = selector
    this.#names = selector.conditions.map(({ name }) => labels.findName(name))
    const pairCount = labels.pairCount
    this.#memos = this.#names.map((name) => new Uint8Array(name === 0 ? 0 : pairCount))
    let whenAbsent = 0
    for (let i = 0; i < selector.conditions.length; i++) {
      if (selector.conditions[i].matchesEmpty) whenAbsent |= 1 << i
    }
    this.#whenAbsent = whenAbsent
  }

  /** The conditions that a group decides, all of which hold; -1 when one does not. */
  groupMask(group: number): number {
    const list = this.#labels.groupField(group, at.GROUP_LIST)
    const length = this.#labels.groupField(group, at.GROUP_LENGTH)
    let mask = 0
    for (let i = 0; i < length; i++) {
      const pair = this.#labels.listItem(list, i)
      const index = this.#names.indexOf(this.#labels.pairField(pair, at.PAIR_NAME))
      if (index < 0) continue
      if (!this.#pairMatches(index, pair)) return -1
      mask |= 1 << index
    }
    return mask
  }

  /** The conditions that hold for a shape, if no group decides them; -1 when one never can. */
  shapeMask(shape: number): number {
    const list = this.#labels.shapeField(shape, at.SHAPE_LIST)
    const length = this.#labels.shapeField(shape, at.SHAPE_LENGTH)
    let mask = this.#whenAbsent
    for (let i = 0; i < length; i++) {
      const pair = this.#labels.listItem(list, i)
      const index = this.#names.indexOf(this.#labels.pairField(pair, at.PAIR_NAME))
      if (index < 0) continue
      if (!this.#pairMatches(index, pair)) return -1
      mask |= 1 << index
    }
    return mask
  }

  /** Shapes that may match, each with its mask. */
  shapes(): { shapes: number[]; masks: number[] } {
    const shapes: number[] = []
    const masks: number[] = []
    const take = (shape: number): void => {
      if (this.#labels.shapeField(shape, at.SHAPE_LIVE) === 0) return
      const mask = this.shapeMask(shape)
      if (mask < 0) return
      shapes.push(shape)
      masks.push(mask)
    }
    const metrics = this.#metricPairs()
    if (metrics === undefined) {
      const count = this.#labels.shapeCount
      for (let shape = 1; shape < count; shape++) take(shape)
      return { shapes, masks }
    }
    for (const metric of metrics) {
      let shape = this.#labels.pairField(metric, at.PAIR_FIRST_SHAPE)
      while (shape !== 0) {
        take(shape)
        shape = this.#labels.shapeField(shape, at.SHAPE_NEXT_OF_METRIC)
      }
    }
    return { shapes, masks }
  }

  /** Metric names that match; undefined when the selector does not narrow them. */
  #metricPairs(): number[] | undefined {
    const index = this.#selector.conditions.findIndex(({ name }) => name === METRIC_NAME)
    if (index < 0 || this.#selector.conditions[index].matchesEmpty) return undefined
    const name = this.#names[index]
    if (name === 0) return []
    const found: number[] = []
    const { literals } = this.#selector.conditions[index]
    const wanted = literals?.map((text) => Buffer.from(text))
    let pair = this.#labels.nameField(name, at.NAME_FIRST_PAIR)
    while (pair !== 0) {
      const possible =
        wanted === undefined || wanted.some((bytes) => this.#labels.pairEquals(pair, bytes))
      if (possible && this.#pairMatches(index, pair)) found.push(pair)
      pair = this.#labels.pairField(pair, at.PAIR_NEXT_OF_NAME)
    }
    return found
  }

  #pairMatches(index: number, pair: number): boolean {
    const memo = this.#memos[index]
    const known = memo[pair]
    if (known !== undefined && known !== 0) return known === 2
    const matches = this.#selector.conditions[index].test(this.#labels.pairText(pair))
    if (known !== undefined) memo[pair] = matches ? 2 : 1
    return matches
  }
}

/** A group with those of its series that match. */
export interface GroupMatch {
  readonly group: number
  /** Columns of the head. */
  readonly columns: number[]
}

/** Live series of the head that match, by group; `columnField` and counts come from the head. */
export function matchColumns(
  labels: LabelView,
  selector: Selector,
  columnField: (column: number, field: number) => number,
): GroupMatch[] {
  const binding = new Binding(labels, selector)
  const { shapes, masks } = binding.shapes()
  const byGroup = new Map<number, GroupMatch>()
  const take = (group: number, column: number): void => {
    const match = byGroup.get(group)
    if (match === undefined) byGroup.set(group, { group, columns: [column] })
    else match.columns.push(column)
  }
  let shapeColumns = 0
  for (const shape of shapes) shapeColumns += labels.shapeField(shape, at.SHAPE_COLUMN_COUNT)
  const groups = passingGroups(labels, binding, shapeColumns)
  const groupMasks = new Map<number, number>()
  if (groups !== undefined) {
    let groupColumns = 0
    for (const { group, mask } of groups) {
      groupColumns += labels.groupField(group, at.GROUP_COLUMN_COUNT)
      groupMasks.set(group, mask)
    }
    if (groupColumns < shapeColumns) {
      const shapeMasks = new Map(shapes.map((shape, i) => [shape, masks[i]]))
      for (const { group, mask } of groups) {
        let column = labels.groupField(group, at.GROUP_FIRST_COLUMN)
        while (column !== 0) {
          const shapeMask = shapeMasks.get(columnField(column, at.COLUMN_SHAPE))
          if (shapeMask !== undefined && (shapeMask | mask) === selector.all) take(group, column)
          column = columnField(column, at.COLUMN_NEXT_OF_GROUP)
        }
      }
      return [...byGroup.values()]
    }
  }
  for (let i = 0; i < shapes.length; i++) {
    let column = labels.shapeField(shapes[i], at.SHAPE_FIRST_COLUMN)
    while (column !== 0) {
      const group = columnField(column, at.COLUMN_GROUP)
      let mask = groupMasks.get(group)
      if (mask === undefined) {
        mask = group === 0 || groups !== undefined ? -1 : binding.groupMask(group)
        groupMasks.set(group, mask)
      }
      if (mask >= 0 && (mask | masks[i]) === selector.all) take(group, column)
      column = columnField(column, at.COLUMN_NEXT_OF_SHAPE)
    }
  }
  return [...byGroup.values()]
}

/** All groups that no condition excludes; undefined when asking column by column is cheaper. */
function passingGroups(
  labels: LabelView,
  binding: Binding,
  shapeColumns: number,
): { group: number; mask: number }[] | undefined {
  const count = labels.groupCount
  if (shapeColumns < count) return undefined
  const passing: { group: number; mask: number }[] = []
  for (let group = 1; group < count; group++) {
    if (labels.groupField(group, at.GROUP_LIVE) === 0) continue
    const mask = binding.groupMask(group)
    if (mask >= 0) passing.push({ group, mask })
  }
  return passing
}
