/** Work that is done one after the other, with a bound on how much of it waits. */
import { NarthexError } from './error.ts'

/** What is said to who finds no room: `cannot save: 20 changes wait already, at most 20`. */
export interface TurnWords {
  readonly verb: string
  readonly things: string
}

/** A queue of one at a time. */
export class Turns {
  readonly #words: TurnWords
  readonly #waitingMax: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param waitingMax with the one whose turn it is */
  constructor(words: TurnWords, waitingMax: number) {
    this.#words = words
    this.#waitingMax = waitingMax
  }

  /** Runs when all before it have ended, whatever came of them. @throws NarthexError `busy` at the bound */
  take<T>(run: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#waitingMax) {
      const { verb, things } = this.#words
      const seen = `${this.#waiting} ${things} wait already, at most ${this.#waitingMax}`
      return Promise.reject(new NarthexError('busy', `cannot ${verb}: ${seen}`))
    }
    this.#waiting++
    const done = this.#last.then(run).finally(() => {
      this.#waiting--
    })
    this.#last = done.catch(() => undefined) // the one who asked gets the error
    return done
  }
}
