/** Time as a dependency, so that tests hand in their own. */

/** Wall time and timers. `now` may jump; `monotonicMs` never goes back. */
export interface Clock {
  /** ms since epoch */
  now(): number
  /** ms since an arbitrary start, never falling, fractions allowed */
  monotonicMs(): number
  /** Calls back once after `delayMs`; the handle cancels it. Timers do not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer
}

/** A timer that can be cancelled any number of times. */
export interface Timer {
  cancel(): void
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}
