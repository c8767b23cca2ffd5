/** Bodies of text in which every sample stands by itself, beside what its series is called. */
import type { SeriesId } from '../../model/appender.ts'
import type { SeriesView } from '../writer.ts'
import { type BodyEncoder, UNREPRESENTABLE } from './body.ts'
import { type ComposeText, SeriesTexts } from './seriestexts.ts'
import { TextBody } from './textbody.ts'

/** How one kind of other end writes a sample. */
export interface TextFormat {
  /** The text of a series that stands with each of its samples. */
  readonly compose: ComposeText
  /** Whether a second series of the same text is left out. */
  readonly isUnique: boolean
  /** Whether the other end can say it. */
  admits(value: number, timeMs: number): boolean
  /** @param texts found: the text of the series is bytes [from, to) */
  write(body: TextBody, texts: SeriesTexts, value: number, timeMs: number): void
  /** What closes a body that has samples. */
  readonly end: string
}

export class TextSamples implements BodyEncoder {
  readonly #format: TextFormat
  readonly #texts: SeriesTexts
  readonly #body = new TextBody()

  constructor(view: SeriesView, format: TextFormat) {
    this.#format = format
    this.#texts = new SeriesTexts(view, format.compose, format.isUnique)
  }

  get sizeBytes(): number {
    return this.#body.at
  }

  begin(): void {
    this.#body.clear()
  }

  sample(id: SeriesId, timeMs: number, values: Float64Array, i: number): string {
    const value = values[i]
    if (!this.#format.admits(value, timeMs)) return UNREPRESENTABLE
    const why = this.#texts.find(id)
    if (why === '') this.#format.write(this.#body, this.#texts, value, timeMs)
    return why
  }

  end(): Uint8Array {
    this.#body.ascii(this.#format.end)
    return this.#body.written()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#texts.forget(ids)
  }
}
