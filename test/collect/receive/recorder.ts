/** An Appender that keeps everything in memory and does what a test tells it to. */
import { NarthexError } from '../../../src/base/error.ts'
import {
  ACCEPTED,
  type Appender,
  DUPLICATE,
  OUT_OF_ORDER,
  type SeriesId,
  type Shortfall,
  type SideAppender,
  UNKNOWN,
} from '../../../src/model/appender.ts'
import type { Exemplar } from '../../../src/model/exemplar.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import { formatLabels, type Labels } from '../../../src/model/labels.ts'
import { isStaleAt } from '../../../src/model/stale.ts'

interface Recorded {
  readonly text: string
  readonly samples: Map<number, number>
  newestMs: number
}

export class Recorder implements Appender {
  readonly #ids = new Map<string, SeriesId>()
  readonly #series = new Map<SeriesId, Recorded>()
  #nextId = 0
  /** Calls of `series`: with known series there are none. */
  lookups: number = 0
  appends: number = 0
  commits = 0
  /** Staleness markers. */
  markers: number = 0
  seriesMax: number = Infinity
  outOfOrder = true
  busy = false
  /** What those further on refuse of each commit. */
  shortfall: Shortfall | undefined

  series(labels: Labels): SeriesId {
    this.lookups++
    const text = formatLabels(labels)
    let id = this.#ids.get(text)
    if (id === undefined) {
      if (this.#ids.size >= this.seriesMax) {
        throw new NarthexError('share', 'cannot make series: the bound is reached')
      }
      id = this.#nextId++
      this.#ids.set(text, id)
      this.#series.set(id, { text, samples: new Map(), newestMs: -Infinity })
    }
    return id
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    if (this.busy) throw new NarthexError('busy', 'cannot append: read-only')
    this.appends++
    let accepted = 0
    for (let i = 0; i < count; i++) {
      if (isStaleAt(values, i)) this.markers++
      outcomes[i] = this.#appendOne(timeMs, ids[i], values[i])
      if (outcomes[i] === ACCEPTED) accepted++
    }
    return accepted
  }

  async commit(): Promise<Shortfall | undefined> {
    if (this.busy) throw new NarthexError('busy', 'cannot commit: the disk is full')
    this.commits++
    return this.shortfall
  }

  /** Forgets all ids, as the store does with series that were silent. */
  forget(): void {
    for (const [text, id] of this.#ids) {
      const recorded = this.#series.get(id)
      this.#series.delete(id)
      if (recorded === undefined) continue
      this.#ids.set(text, this.#nextId)
      this.#series.set(this.#nextId++, recorded)
    }
  }

  /** Samples by series, as `time=value`. */
  content(): Record<string, string[]> {
    const content: Record<string, string[]> = {}
    for (const { text, samples } of this.#series.values()) {
      content[text] = Array.from(samples, ([timeMs, value]) => `${timeMs}=${value}`)
    }
    return content
  }

  #appendOne(timeMs: number, id: SeriesId, value: number): number {
    const recorded = this.#series.get(id)
    if (recorded === undefined) return UNKNOWN
    const known = recorded.samples.get(timeMs)
    if (known !== undefined && !Object.is(known, value)) return DUPLICATE
    if (timeMs < recorded.newestMs && !this.outOfOrder) return OUT_OF_ORDER
    recorded.samples.set(timeMs, value)
    recorded.newestMs = Math.max(recorded.newestMs, timeMs)
    return ACCEPTED
  }
}

/** One that takes native histograms and exemplars, too. */
export class SideRecorder extends Recorder {
  readonly histograms: { text: string; timeMs: number; histogram: NativeHistogram }[] = []
  readonly exemplars: { text: string; exemplar: Exemplar }[] = []
  readonly #texts = new Map<SeriesId, string>()
  readonly side: SideAppender = {
    histogram: (timeMs, id, histogram) => {
      this.histograms.push({ text: this.#texts.get(id) ?? '', timeMs, histogram })
      return ACCEPTED
    },
    exemplar: (id, exemplar) => {
      this.exemplars.push({ text: this.#texts.get(id) ?? '', exemplar })
      return ACCEPTED
    },
  }

  override series(labels: Labels): SeriesId {
    const id = super.series(labels)
    this.#texts.set(id, formatLabels(labels))
    return id
  }
}
