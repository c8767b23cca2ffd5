/** A clock that a test moves. */
import type { Clock, Timer } from '../../../src/base/clock.ts'

interface Waiting {
  readonly dueMs: number
  readonly callback: () => void
}

export class ManualClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  readonly #waiting: Set<Waiting> = new Set()

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.#monotonicMs + delayMs, callback }
    this.#waiting.add(entry)
    return { cancel: () => void this.#waiting.delete(entry) }
  }

  /** Sets the wall clock alone. */
  jump(byMs: number): void {
    this.#nowMs += byMs
  }

  /** How long until the next timer; undefined without one. */
  untilNextMs(): number | undefined {
    let next: number | undefined
    for (const { dueMs } of this.#waiting) next = Math.min(next ?? dueMs, dueMs)
    return next === undefined ? undefined : next - this.#monotonicMs
  }

  /** Lets time pass; what becomes due runs in its order. */
  advance(byMs: number): void {
    const endMs = this.#monotonicMs + byMs
    for (;;) {
      const due = [...this.#waiting]
        .filter((entry) => entry.dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0]
      if (due === undefined) break
      this.#waiting.delete(due)
      this.#move(due.dueMs - this.#monotonicMs)
      due.callback()
    }
    this.#move(endMs - this.#monotonicMs)
  }

  #move(byMs: number): void {
    this.#monotonicMs += byMs
    this.#nowMs += byMs
  }
}
