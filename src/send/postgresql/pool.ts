/** A few sessions, opened when they are needed, for writes that wait their turn. */
import type { Session } from './session.ts'

export class SessionPool {
  readonly #open: (signal: AbortSignal) => Promise<Session>
  readonly #sessionsMax: number
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #used = 0

  constructor(sessionsMax: number, open: (signal: AbortSignal) => Promise<Session>) {
    this.#sessionsMax = sessionsMax
    this.#open = open
  }

  /** Runs something with a session that is its own meanwhile; a broken one is not used again. */
  async with<T>(signal: AbortSignal, run: (session: Session) => Promise<T>): Promise<T> {
    await this.#turn()
    let session: Session | undefined
    try {
      signal.throwIfAborted()
      session = this.#take() ?? (await this.#open(signal))
      return await run(session)
    } finally {
      if (session?.isBroken === false) this.#idle.push(session)
      this.#used--
      this.#waiting.shift()?.()
    }
  }

  /** Closes what is idle; what is used is closed by its signal. */
  close(): void {
    for (const session of this.#idle.splice(0)) session.destroy()
  }

  async #turn(): Promise<void> {
    if (this.#used >= this.#sessionsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#used++
  }

  #take(): Session | undefined {
    for (;;) {
      const session = this.#idle.pop()
      if (session?.isBroken !== true) return session
    }
  }
}
