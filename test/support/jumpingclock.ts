/** A clock in hand whose wall time jumps while its timers and its monotonic time go on. */
import { setImmediate as settle } from 'node:timers/promises'
import type { Clock, Timer } from '../../src/base/clock.ts'

export class JumpingClock implements Clock {
  /** Timers that have fired. */
  fired = 0
  #wallMs: number
  #monotonicMs = 0
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  constructor(wallMs: number) {
    this.#wallMs = wallMs
  }

  now(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#monotonicMs + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Timers that wait for their time. */
  get pending(): number {
    return this.#timers.size
  }

  /** Somebody sets the wall clock; a suspended machine wakes up so, too. */
  jump(byMs: number): void {
    this.#wallMs += byMs
  }

  /** A machine wakes up whose monotonic clock has gone on while nothing ran: all timers are late. */
  async sleep(forMs: number): Promise<void> {
    this.#pass(forMs)
    const late = [...this.#timers].filter(({ atMs }) => atMs <= this.#monotonicMs)
    for (const timer of late) if (this.#timers.has(timer)) this.#fire(timer)
    await settle()
  }

  /** Time goes by; each timer fires when it is due. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs)
      if (due.length === 0) break
      const next = due.reduce((a, b) => (b.atMs < a.atMs ? b : a))
      this.#pass(Math.max(0, next.atMs - this.#monotonicMs))
      this.#fire(next)
      await settle()
    }
    this.#pass(untilMs - this.#monotonicMs)
  }

  #pass(byMs: number): void {
    this.#monotonicMs += byMs
    this.#wallMs += byMs
  }

  #fire(timer: { readonly callback: () => void }): void {
    this.#timers.delete(timer as { atMs: number; callback: () => void })
    this.fired++
    timer.callback()
  }
}
