/** A clock that moves only when a test moves it. */
import type { Clock, Timer } from '../../src/base/clock.ts'

export interface FakeClock extends Clock {
  /** Moves on by `ms`, running what falls due in its order, with room for promises in between. */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly waiting: number
}

export function fakeClock(startMs = 1_700_000_000_000): FakeClock {
  let elapsedMs = 0
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    get waiting() {
      return timers.size
    },
    after(delayMs, callback): Timer {
      const timer = { atMs: elapsedMs + delayMs, callback }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
    async advance(ms) {
      const untilMs = elapsedMs + ms
      await settle()
      for (;;) {
        const due = [...timers].filter((timer) => timer.atMs <= untilMs)
        if (due.length === 0) break
        const next = due.reduce((a, b) => (b.atMs < a.atMs ? b : a))
        timers.delete(next)
        elapsedMs = Math.max(elapsedMs, next.atMs)
        next.callback()
        await settle()
      }
      elapsedMs = untilMs
    },
  }
}

/** Lets everything that is ready run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
