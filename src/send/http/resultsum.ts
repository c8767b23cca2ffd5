/** The result of several requests that together are one write. */
import { WRITTEN, type WriteResult } from '../writer.ts'

export class ResultSum {
  readonly #refused = new Map<string, number>()
  #isWritten = false
  #firstRefusal: WriteResult | undefined

  /** Adds what became of a request; not of one that is tried again. */
  add(result: WriteResult, sampleCount: number): void {
    if (result.outcome === 'written') {
      this.#isWritten = true
      for (const [reason, count] of result.refused) this.leave(reason, count)
    } else if (result.outcome === 'refused') {
      this.#firstRefusal ??= result
      this.leave(result.reason, sampleCount)
    }
  }

  /** Counts samples that were not even sent. */
  leave(reason: string, count: number): void {
    if (count > 0) this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count)
  }

  result(): WriteResult {
    if (!this.#isWritten && this.#firstRefusal !== undefined) return this.#firstRefusal
    return this.#refused.size === 0 ? WRITTEN : { outcome: 'written', refused: this.#refused }
  }
}
