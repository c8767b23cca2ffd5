/** A few sessions, opened when they are needed, for writes that wait their turn. */
import type { Session } from './session.ts'

export class SessionPool {
  readonly #open: (signal: AbortSignal) => Promise<Session>
  readonly #sessionsMax: number
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #used = 0
  #isClosed = false

  constructor(sessionsMax: number, open: (signal: AbortSignal) => Promise<Session>) {
    this.#sessionsMax = sessionsMax
    this.#open = open
  }

  /** Runs something when it may have a session: `with` is called inside, once. */
  async inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#used >= this.#sessionsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#used++
    try {
      return await run()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#used--
      else next()
    }
  }

  /** Runs something with a session that is its own meanwhile; a broken one is not used again. */
  async with<T>(signal: AbortSignal, run: (session: Session) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const session = this.#take() ?? (await this.#open(signal))
    try {
      return await run(session)
    } finally {
      if (this.#isClosed) session.destroy()
      else if (!session.isBroken) this.#idle.push(session)
    }
  }

  /** Closes what is idle at once, and what is used when it comes back. */
  close(): void {
    this.#isClosed = true
    for (const session of this.#idle.splice(0)) session.destroy()
  }

  #take(): Session | undefined {
    for (;;) {
      const session = this.#idle.pop()
      if (session?.isBroken !== true) return session
    }
  }
}
