/** The layouts of one stream: which series its columns are, and what the row before was. */
import { NarthexError } from '../../../base/error.ts'
import type { Appender, SeriesId } from '../../../model/appender.ts'
import { compareText, type Labels } from '../../../model/labels.ts'
import { RowDecoder } from '../../../wire/columnar.ts'
import { broken } from '../../../wire/streamtext.ts'
import type { Door } from '../door.ts'
import { checkLabels, type LabelLimits } from '../labelcheck.ts'
import type { Replica } from '../replicas.ts'
import { SERIES_LIMIT } from '../tally.ts'

/** Stands for the id of a series that is not taken. */
export const NO_SERIES = -1

/** What a layout needs to make its series. */
export interface LayoutDeps {
  readonly appender: Appender
  readonly door: Door
  readonly limits: LabelLimits
}

/** One layout as the gateway knows it. */
export class ReceivedLayout {
  readonly number: number
  readonly decoder: RowDecoder = new RowDecoder()
  /** Set when the first series says so; an agent's labels tell of one replica only. */
  replica: Replica | undefined
  /** Monotonic ms of its last use. */
  usedMs: number
  /** Monotonic ms since when series of it are refused for want of room; 0 for none. */
  shortMs = 0
  #ids: Float64Array = new Float64Array(0)
  readonly #refusals = new Map<number, string>()
  readonly #group: readonly string[]

  constructor(number: number, group: readonly string[], nowMs: number) {
    this.number = number
    this.#group = group
    this.usedMs = nowMs
  }

  get columns(): number {
    return this.decoder.columns
  }

  /** float64[columns]; NO_SERIES for those that are not taken. */
  get ids(): Float64Array {
    return this.#ids
  }

  /** Why the series of a column is not taken. */
  refusalOf(column: number): string {
    return this.#refusals.get(column) ?? 'unknown_series'
  }

  /** @throws NarthexError `bad_data` for a column that is not there */
  idOf(column: number): SeriesId {
    if (column >= this.columns) throw broken(`column ${column} of ${this.columns}`)
    return this.#ids[column]
  }

  /**
   * Adds columns for series whose labels, the group's apart, are given.
   *
   * @param roomCount how many of them may be series; the others are columns that are not taken
   */
  add(series: readonly (readonly string[])[], roomCount: number, deps: LayoutDeps): void {
    const from = this.columns
    const ids = new Float64Array(from + series.length)
    ids.set(this.#ids)
    this.#ids = ids
    this.decoder.extend(ids.length)
    for (let i = 0; i < series.length; i++) {
      const made = i < roomCount ? this.#make(series[i], deps) : 'agent_series_limit'
      if (typeof made === 'number') ids[from + i] = made
      else {
        ids[from + i] = NO_SERIES
        this.#refusals.set(from + i, made)
        if (made.endsWith('_limit') && this.shortMs === 0) this.shortMs = this.usedMs
      }
    }
  }

  /** The id of a series, or why it is not taken. */
  #make(rest: readonly string[], deps: LayoutDeps): SeriesId | string {
    const labels: Labels | string = checkLabels(mergePairs(this.#group, rest), deps.limits)
    if (typeof labels === 'string') return labels
    this.replica ??= deps.door.replicaOf(labels)
    try {
      return deps.appender.series(deps.door.enter(labels))
    } catch (error) {
      if (error instanceof NarthexError && error.kind === 'share') return SERIES_LIMIT
      throw error
    }
  }
}

/** Both lists are sorted when they are honest; checkLabels looks after the others. */
function mergePairs(group: readonly string[], rest: readonly string[]): string[] {
  const merged: string[] = []
  let i = 0
  for (let j = 0; j < rest.length; j += 2) {
    for (; i < group.length && compareText(group[i], rest[j]) < 0; i += 2) {
      merged.push(group[i], group[i + 1])
    }
    merged.push(rest[j], rest[j + 1])
  }
  for (; i < group.length; i += 2) merged.push(group[i], group[i + 1])
  return merged
}
