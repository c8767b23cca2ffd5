/** bcrypt on a thread of its own, which lives only while there are passwords to compare. */
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../../base/clock.ts'
import { assert, messageOf, NarthexError } from '../../base/error.ts'

/** What the thread gets; it gives back whether the two belong together. */
export interface Comparison {
  readonly password: string
  readonly hash: string
}

/** ms without work after which the thread is ended. */
const IDLE_MS = 5000

/** Who waits for the thread. */
interface Waiting {
  readonly resolve: (matches: boolean) => void
  readonly reject: (error: NarthexError) => void
}

/** Compares one pair at a time. */
export class BcryptThread {
  readonly #file: URL
  readonly #clock: Clock
  #worker: Worker | undefined
  #waiting: Waiting | undefined
  #idle: Timer | undefined

  /** @param file the bundled or plain bcryptworker */
  constructor(file: URL, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  /** @throws NarthexError `io` when the thread fails; the next call starts another */
  compare(comparison: Comparison): Promise<boolean> {
    assert(this.#waiting === undefined, 'one comparison at a time')
    this.#idle?.cancel()
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(comparison)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { name: 'passwords', execArgv: [] })
    worker.on('message', (matches: boolean) => {
      worker.unref()
      this.#idle = this.#clock.after(IDLE_MS, () => this.#forget(worker))
      this.#take()?.resolve(matches)
    })
    worker.on('error', (error) => this.#fail(worker, messageOf(error)))
    worker.on('exit', () => this.#fail(worker, 'its thread has ended'))
    return worker
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#forget(worker)
    this.#take()?.reject(new NarthexError('io', `cannot check password: ${reason}`))
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    void worker.terminate()
  }
}
