/** The result of several requests that together are one write. */
import { WRITTEN, type WriteResult } from '../writer.ts'

export class ResultSum {
  readonly #refused = new Map<string, number>()
  readonly #exemplarsRefused = new Map<string, number>()
  #isWritten = false
  #firstRefusal: WriteResult | undefined

  /** Adds what became of a request; not of one that is tried again. */
  add(result: WriteResult, sampleCount: number, exemplarCount = 0): void {
    if (result.outcome === 'written') {
      this.#isWritten = true
      for (const [reason, count] of result.refused) this.leave(reason, count)
      for (const [reason, count] of result.exemplarsRefused ?? []) {
        this.leaveExemplars(reason, count)
      }
    } else if (result.outcome === 'refused') {
      this.#firstRefusal ??= result
      this.leave(result.reason, sampleCount)
      this.leaveExemplars(result.reason, exemplarCount)
    }
  }

  /** Counts samples that were not even sent. */
  leave(reason: string, count: number): void {
    addCount(this.#refused, reason, count)
  }

  /** Counts exemplars that were not even sent. */
  leaveExemplars(reason: string, count: number): void {
    addCount(this.#exemplarsRefused, reason, count)
  }

  result(): WriteResult {
    if (!this.#isWritten && this.#firstRefusal !== undefined) return this.#firstRefusal
    return writtenWithout(this.#refused, this.#exemplarsRefused)
  }
}

/** Adds to the count of a reason. */
export function addCount(counts: Map<string, number>, reason: string, count: number): void {
  if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count)
}

/** Written, save what is counted. */
export function writtenWithout(
  refused: ReadonlyMap<string, number>,
  exemplarsRefused: ReadonlyMap<string, number>,
): WriteResult {
  if (refused.size + exemplarsRefused.size === 0) return WRITTEN
  if (exemplarsRefused.size === 0) return { outcome: 'written', refused }
  return { outcome: 'written', refused, exemplarsRefused }
}
