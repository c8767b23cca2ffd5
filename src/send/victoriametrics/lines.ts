/** Samples as lines of /api/v1/import, each a JSON object. */
import type { SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { type BodyEncoder, UNREPRESENTABLE } from '../http/body.ts'
import { SeriesTexts } from '../http/seriestexts.ts'
import { TextBody } from '../http/textbody.ts'
import type { SeriesView } from '../writer.ts'

/** JSON has no infinities, but numbers that are too large to be any other. */
const BEYOND = '1e999'

/** NaN is null there and thrown away, so that no NaN, staleness markers among them, can be sent. */
export class ImportLines implements BodyEncoder {
  readonly #body = new TextBody()
  readonly #heads: SeriesTexts

  constructor(view: SeriesView) {
    this.#heads = new SeriesTexts(view, composeHead, false)
  }

  get sizeBytes(): number {
    return this.#body.at
  }

  begin(): void {
    this.#body.clear()
  }

  sample(id: SeriesId, timeMs: number, values: Float64Array, i: number): string {
    const value = values[i]
    if (Number.isNaN(value)) return UNREPRESENTABLE
    this.#heads.find(id)
    const body = this.#body
    body.raw(this.#heads.bytes, this.#heads.from, this.#heads.to)
    if (Number.isFinite(value)) body.number(value)
    else body.ascii(value > 0 ? BEYOND : `-${BEYOND}`)
    body.ascii('],"timestamps":[')
    body.time(timeMs)
    body.ascii(']}\n')
    return ''
  }

  end(): Uint8Array {
    return this.#body.written()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#heads.forget(ids)
  }
}

/** By hand, as a record would put names that are numbers first. */
function composeHead(labels: Labels): string {
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push(`${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`)
  }
  return `{"metric":{${pairs.join(',')}},"values":[`
}
