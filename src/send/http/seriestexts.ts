/** What each series is called at the other end, as bytes, composed once. */
import type { SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { slotOf } from '../series/book.ts'
import { SlotArena } from '../series/slotarena.ts'
import type { SeriesView } from '../writer.ts'

/** A series that cannot be named there. */
export interface Unnamed {
  /** The word for the counter. */
  readonly reason: string
}

/** Composes the name from labels. */
export type ComposeText = (labels: Labels) => string | Unnamed

export class SeriesTexts {
  /** Bytes of the series that `find` was asked for last. */
  from = 0
  to = 0
  readonly #view: SeriesView
  readonly #compose: ComposeText
  readonly #texts = new SlotArena<Uint8Array>((length) => new Uint8Array(length))
  readonly #reasons = new Map<SeriesId, string>()
  /** Texts that are taken, where those of several series may be equal. */
  readonly #owners: Set<string> | undefined
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** @param isUnique whether a second series of the same text is left out: `collision` */
  constructor(view: SeriesView, compose: ComposeText, isUnique: boolean) {
    this.#view = view
    this.#compose = compose
    this.#owners = isUnique ? new Set() : undefined
  }

  get bytes(): Uint8Array {
    return this.#texts.items
  }

  /** Looks a series up. @returns why it has no text; '' when it is bytes [from, to) */
  find(id: SeriesId): string {
    const slot = slotOf(id)
    if (!this.#texts.has(slot)) {
      const why = this.#reasons.get(id) ?? this.#make(id, slot)
      if (why !== '') return why
    }
    this.from = this.#texts.from[slot]
    this.to = this.#texts.to[slot]
    return ''
  }

  forget(ids: readonly SeriesId[]): void {
    let isFreed = false
    for (const id of ids) {
      const slot = slotOf(id)
      this.#reasons.delete(id)
      if (!this.#texts.has(slot)) continue
      if (this.#owners !== undefined) {
        const { items, from, to } = this.#texts
        this.#owners.delete(this.#decoder.decode(items.subarray(from[slot], to[slot])))
        isFreed = true
      }
      this.#texts.drop(slot)
    }
    // Whoever collided may have a text that is free now.
    if (isFreed) this.#reasons.clear()
  }

  #make(id: SeriesId, slot: number): string {
    const made = this.#compose(this.#view.labels(id))
    const why = typeof made === 'string' ? this.#own(made) : made.reason
    if (why !== '' || typeof made !== 'string') {
      this.#reasons.set(id, why)
      return why
    }
    const bytes = this.#encoder.encode(made)
    this.#texts.put(slot, bytes, bytes.length)
    return ''
  }

  #own(text: string): string {
    if (this.#owners === undefined) return ''
    if (this.#owners.has(text)) return 'collision'
    this.#owners.add(text)
    return ''
  }
}
