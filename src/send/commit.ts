/** What a sender waits for: that enough destinations have written what it appended. */
import { NarthexError } from '../base/error.ts'

/** How many destinations must have written; `none` waits for nobody. */
export type Policy = 'none' | 'all' | 'quorum' | 'any'

/** Stands for a destination in the books of a commit. */
export type Party = object

interface Progress {
  /** Parcels that are still on their way there. */
  waiting: number
  failed: boolean
  /** Failed, and never will it be otherwise. */
  refused: boolean
}

/** How many of `count` destinations a policy wants. */
export function neededOf(policy: Policy, count: number): number {
  if (policy === 'none' || count === 0) return 0
  if (policy === 'any') return 1
  return policy === 'all' ? count : Math.floor(count / 2) + 1
}

/** One commit. It is decided once: all parcels written by enough destinations, or never to be. */
export class Commit {
  readonly done: Promise<void>
  /** Monotonic ms at which the sender waits no longer. */
  readonly deadlineMs: number
  readonly #needed: number
  readonly #progress = new Map<Party, Progress>()
  readonly #onRejected: (commit: Commit) => void
  #resolve: () => void = () => {}
  #reject: (error: NarthexError) => void = () => {}
  #isOpen = true
  #isRejected = false
  #isSealed = false
  #refusal: string | undefined
  #trouble = 'no destination has answered yet'

  /** @param onRejected hears when the sender keeps the samples, so that they need not be written */
  constructor(
    parties: readonly Party[],
    policy: Policy,
    deadlineMs: number,
    onRejected: (commit: Commit) => void,
  ) {
    this.deadlineMs = deadlineMs
    this.#onRejected = onRejected
    this.#needed = neededOf(policy, parties.length)
    for (const party of parties)
      this.#progress.set(party, { waiting: 0, failed: false, refused: false })
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever asked for it hears of a refusal; nobody may be listening any more when it comes.
    this.done.catch(() => {})
  }

  /** Whether the sender still waits. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether the sender was told that it has to keep the samples. */
  get isRejected(): boolean {
    return this.#isRejected
  }

  /** So many more parcels are on their way to a destination. */
  expect(party: Party, count = 1): void {
    const progress = this.#progress.get(party)
    if (progress !== undefined) progress.waiting += count
  }

  /** All parcels have been handed over. */
  seal(): void {
    this.#isSealed = true
    this.#decide()
  }

  /** A destination wrote one parcel. */
  written(party: Party): void {
    const progress = this.#progress.get(party)
    if (progress !== undefined) progress.waiting--
    this.#decide()
  }

  /** A destination will never take a parcel. */
  refused(party: Party, message: string): void {
    this.#refusal ??= message
    const progress = this.#progress.get(party)
    if (progress !== undefined) progress.refused = true
    this.#fail(party)
  }

  /** A destination did not get to a parcel, or is not set up to take it: full, stopped, gone, locked. */
  failed(party: Party, message: string): void {
    this.#trouble = message
    this.#fail(party)
  }

  /** Why it takes so long, for the message in the end. */
  note(message: string): void {
    this.#trouble = message
  }

  /** The deadline has passed. */
  expire(): void {
    if (this.#isOpen)
      this.#end(new NarthexError('busy', `cannot pass on samples: ${this.#trouble}`))
  }

  #fail(party: Party): void {
    const progress = this.#progress.get(party)
    if (progress !== undefined) {
      progress.waiting--
      progress.failed = true
    }
    this.#decide()
  }

  #decide(): void {
    if (!this.#isOpen || !this.#isSealed) return
    let wrote = 0
    let possible = 0
    for (const { waiting, failed } of this.#progress.values()) {
      if (failed) continue
      possible++
      if (waiting === 0) wrote++
    }
    if (wrote >= this.#needed) this.#end(undefined)
    else if (possible < this.#needed) this.#end(this.#fault())
  }

  /** For good only when those that refused are so many that the others would not suffice. */
  #fault(): NarthexError {
    let left = 0
    for (const { refused } of this.#progress.values()) if (!refused) left++
    if (this.#refusal === undefined || left >= this.#needed) {
      return new NarthexError('busy', `cannot pass on samples: ${this.#trouble}`)
    }
    return new NarthexError('bad_data', `cannot pass on samples: ${this.#refusal}`)
  }

  #end(error: NarthexError | undefined): void {
    this.#isOpen = false
    if (error === undefined) {
      this.#resolve()
      return
    }
    this.#isRejected = true
    this.#onRejected(this)
    this.#reject(error)
  }
}
