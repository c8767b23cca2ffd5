/** What of one request was not stored, counted by reason, the first ones told to the sender. */
import { NarthexError } from '../../base/error.ts'

/** Refusals told in full. */
const TOLD_MAX = 10

/** A request with more refusals than this is not worth reading on. */
export const REFUSALS_MAX = 50_000

/** Why samples are refused that were taken here, but not further on. */
export const DESTINATION_REFUSED = 'destination_refused'

export class Refusals {
  /** Samples and other items refused. */
  count = 0
  /** A share is used up: the same request may succeed later. */
  shareUsed = false
  readonly #countByReason = new Map<string, number>()
  readonly #told: string[] = []
  #calls = 0

  /**
   * @param series tells the series to people; called for the first refusals only
   * @throws NarthexError `bad_data` at one refusal too many
   */
  add(reason: string, count: number, series: () => string): void {
    this.count += count
    if (++this.#calls > REFUSALS_MAX) {
      throw new NarthexError('bad_data', `${this.message()}; no more of it was read`)
    }
    this.#countByReason.set(reason, (this.#countByReason.get(reason) ?? 0) + count)
    if (this.#told.length < TOLD_MAX) this.#told.push(`${series()}: ${reason}`)
  }

  byReason(): ReadonlyMap<string, number> {
    return this.#countByReason
  }

  /** One line; '' when nothing was refused. */
  message(): string {
    if (this.count === 0) return ''
    const more = this.count > this.#told.length ? '; …' : ''
    const items = this.count === 1 ? '1 item' : `${this.count} items`
    return `cannot take ${items} of the request: ${this.#told.join('; ')}${more}`
  }
}
