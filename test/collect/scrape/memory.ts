/** An Appender that keeps everything in memory and can be told to refuse. */
import { NarthexError } from '../../../src/base/error.ts'
import {
  ACCEPTED,
  type Appender,
  DUPLICATE,
  OUT_OF_ORDER,
  type SeriesId,
  UNKNOWN,
} from '../../../src/model/appender.ts'
import { formatLabels, type Labels, labelsKey } from '../../../src/model/labels.ts'
import { isStaleAt } from '../../../src/model/stale.ts'

export interface StoredSample {
  readonly timeMs: number
  /** NaN with `stale` for a marker. */
  readonly value: number
  readonly stale: boolean
}

export class MemoryAppender implements Appender {
  readonly seriesById: (Labels | undefined)[] = []
  readonly samplesById: StoredSample[][] = []
  readonly #idByKey: Map<string, SeriesId> = new Map()
  appends = 0
  commits = 0
  seriesMax: number = Number.MAX_SAFE_INTEGER
  readOnly = false

  series(labels: Labels): SeriesId {
    const key = labelsKey(labels)
    const known = this.#idByKey.get(key)
    if (known !== undefined) return known
    if (this.#idByKey.size >= this.seriesMax) throw new NarthexError('share', 'too many series')
    const id = this.seriesById.length
    this.seriesById.push(labels)
    this.samplesById.push([])
    this.#idByKey.set(key, id)
    return id
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    if (this.readOnly) throw new NarthexError('busy', 'cannot append: the store is read-only')
    this.appends++
    let accepted = 0
    for (let i = 0; i < count; i++) {
      outcomes[i] = this.#appendOne(timeMs, ids[i], values, i)
      if (outcomes[i] === ACCEPTED) accepted++
    }
    return accepted
  }

  #appendOne(timeMs: number, id: number, values: Float64Array, i: number): number {
    if (this.seriesById[id] === undefined) return UNKNOWN
    const samples = this.samplesById[id]
    const last = samples.at(-1)
    const sample = { timeMs, value: values[i], stale: isStaleAt(values, i) }
    if (last !== undefined && last.timeMs > timeMs) return OUT_OF_ORDER
    if (last !== undefined && last.timeMs === timeMs) {
      return Object.is(last.value, sample.value) && last.stale === sample.stale
        ? ACCEPTED
        : DUPLICATE
    }
    samples.push(sample)
    return ACCEPTED
  }

  async commit(): Promise<undefined> {
    this.commits++
  }

  /** Forgets all series, as a store does with silent ones. */
  forget(): void {
    this.#idByKey.clear()
    this.seriesById.fill(undefined)
  }

  /** Samples by the text of their series. */
  byName(): Map<string, StoredSample[]> {
    const found = new Map<string, StoredSample[]>()
    for (const [id, labels] of this.seriesById.entries()) {
      if (labels !== undefined) found.set(formatLabels(labels), this.samplesById[id])
    }
    return found
  }

  /** The newest sample of each series at `timeMs`, as text: its value, or `stale`. */
  at(timeMs: number): Record<string, number | 'stale'> {
    const found: Record<string, number | 'stale'> = {}
    for (const [name, samples] of this.byName()) {
      const sample = samples.findLast((s) => s.timeMs === timeMs)
      if (sample !== undefined) found[name] = sample.stale ? 'stale' : sample.value
    }
    return found
  }
}
