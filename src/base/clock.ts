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

/** The longest delay that a timer of Node.js takes; longer ones would be called back at once. */
const DELAY_MS_MAX = 2_147_483_647

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => new NodeTimer(delayMs, callback),
}

/** Holds nothing but the timer: agents have one for each target and each request. */
class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout

  constructor(delayMs: number, callback: () => void) {
    this.#timeout = this.#wait(delayMs, callback)
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #wait(leftMs: number, callback: () => void): NodeJS.Timeout {
    if (leftMs <= DELAY_MS_MAX) return setTimeout(callback, leftMs).unref()
    return setTimeout(() => {
      this.#timeout = this.#wait(leftMs - DELAY_MS_MAX, callback)
    }, DELAY_MS_MAX).unref()
  }
}
