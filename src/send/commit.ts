/** What a sender waits for: that enough destinations have written what it appended. */
import { NarthexError } from '../base/error.ts'
import type { Shortfall } from '../model/appender.ts'

/** How many destinations must have written; `none` waits for nobody. */
export type Policy = 'none' | 'all' | 'quorum' | 'any'

/** Stands for a destination in the books of a commit. */
export type Party = object

interface Progress {
  /** Parcels that are still on their way there. */
  waiting: number
  failed: boolean
  /** Some parcel was written. */
  wrote: boolean
  /** Some parcel was refused for good, as a whole. */
  refused: boolean
  /** Samples that were refused for good, and why the first of them were. */
  refusedCount: number
  reason: string
}

/** Whether nothing of it was written there, and never will be. */
function isRefused({ waiting, failed, wrote, refused }: Progress): boolean {
  return refused && !wrote && !failed && waiting === 0
}

/** How many of `count` destinations a policy wants. */
export function neededOf(policy: Policy, count: number): number {
  if (policy === 'none' || count === 0) return 0
  if (policy === 'any') return 1
  return policy === 'all' ? count : Math.floor(count / 2) + 1
}

/** One commit. It is decided once: all parcels written by enough destinations, or never to be. */
export class Commit {
  readonly done: Promise<Shortfall | undefined>
  /** Monotonic ms at which the sender waits no longer. */
  readonly deadlineMs: number
  readonly #needed: number
  readonly #progress = new Map<Party, Progress>()
  readonly #onRejected: (commit: Commit) => void
  #resolve: (shortfall: Shortfall | undefined) => void = () => {}
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
    for (const party of parties) {
      const none = { refusedCount: 0, reason: '' }
      this.#progress.set(party, {
        waiting: 0,
        failed: false,
        wrote: false,
        refused: false,
        ...none,
      })
    }
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
    if (progress !== undefined) {
      progress.waiting--
      progress.wrote = true
    }
    this.#decide()
  }

  /** A destination will never take some samples, whatever becomes of the parcels they are in. */
  lose(party: Party, count: number, reason: string): void {
    const progress = this.#progress.get(party)
    if (progress === undefined) return
    if (progress.refusedCount === 0) progress.reason = reason
    progress.refusedCount += count
  }

  /** A destination will never take a parcel of so many samples. */
  refused(party: Party, count: number, message: string): void {
    this.#refusal ??= message
    this.lose(party, count, message)
    const progress = this.#progress.get(party)
    if (progress !== undefined) {
      progress.waiting--
      progress.refused = true
    }
    this.#decide()
  }

  /** A destination did not get to a parcel, or is not set up to take it: full, stopped, gone, locked. */
  failed(party: Party, message: string): void {
    this.#trouble = message
    const progress = this.#progress.get(party)
    if (progress !== undefined) {
      progress.waiting--
      progress.failed = true
    }
    this.#decide()
  }

  /** Why it takes so long, for the message in the end. */
  note(message: string): void {
    this.#trouble = message
  }

  /** The deadline has passed. */
  expire(): void {
    if (this.#isOpen)
      this.#fail(new NarthexError('busy', `cannot pass on samples: ${this.#trouble}`))
  }

  #decide(): void {
    if (!this.#isOpen || !this.#isSealed) return
    const done: Progress[] = []
    let possible = 0
    for (const progress of this.#progress.values()) {
      if (progress.failed || isRefused(progress)) continue
      possible++
      if (progress.waiting === 0) done.push(progress)
    }
    if (done.length >= this.#needed) this.#succeed(done)
    else if (possible < this.#needed) this.#fail(this.#fault())
  }

  /** For good only when those that refused are so many that the others would not suffice. */
  #fault(): NarthexError {
    let left = 0
    for (const progress of this.#progress.values()) if (!isRefused(progress)) left++
    if (this.#refusal === undefined || left >= this.#needed) {
      return new NarthexError('busy', `cannot pass on samples: ${this.#trouble}`)
    }
    return new NarthexError('bad_data', `cannot pass on samples: ${this.#refusal}`)
  }

  /** Those that lack least count: what the worst of as many as are needed has refused. */
  #succeed(done: readonly Progress[]): void {
    this.#isOpen = false
    const worst = done.toSorted((a, b) => a.refusedCount - b.refusedCount)[this.#needed - 1]
    const lacks = worst !== undefined && worst.refusedCount > 0
    this.#resolve(lacks ? { count: worst.refusedCount, reason: worst.reason } : undefined)
  }

  #fail(error: NarthexError): void {
    this.#isOpen = false
    this.#isRejected = true
    this.#onRejected(this)
    this.#reject(error)
  }
}
