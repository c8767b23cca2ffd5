/** A thread for work that would hold up the loop; it lives only while there is some. */
import { parentPort, type Transferable, Worker } from 'node:worker_threads'
import type { Clock, Timer } from './clock.ts'
import { assert, type ErrorKind, messageOf, NarthexError } from './error.ts'
import type { Running } from './lifecycle.ts'

/** What a thread can do: functions by name, of one thing that can be cloned, as what they give back can. */
export type Jobs<J> = { readonly [K in keyof J]: (given: never) => unknown }

type Given<J extends Jobs<J>, K extends keyof J> = Parameters<J[K]>[0]
type Made<J extends Jobs<J>, K extends keyof J> = ReturnType<J[K]>

export interface ThreadOptions {
  /** A file, plain or bundled, that calls `serveJobs`. */
  readonly file: URL
  /** Of the thread, for tools of the system. */
  readonly name: string
  /** What cannot be done when it fails: `check password`. */
  readonly verb: string
  /** Beyond it the thread ends, and with it its job; absent: what the runtime allows. */
  readonly heapMebibytesMax?: number
  readonly clock: Clock
}

/** A job on its way to the thread. */
interface JobMessage {
  readonly name: string
  readonly given: unknown
}

type JobReply = { readonly made: unknown } | { readonly kind: ErrorKind; readonly message: string }

/** ms without work after which the thread is ended. */
const IDLE_MS = 5000

/** Who waits for the thread. */
interface Waiting {
  readonly resolve: (made: unknown) => void
  readonly reject: (error: NarthexError) => void
}

/** Does one job at a time. */
export class JobThread<J extends Jobs<J>> implements Running {
  readonly #options: ThreadOptions
  #worker: Worker | undefined
  #waiting: Waiting | undefined
  #idle: Timer | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /**
   * Has a job done; starts the thread where there is none.
   *
   * @param transfer memory of `given` that goes over to the thread
   * @throws NarthexError of the job; `io` when the thread fails, and then the next call starts another
   */
  run<K extends keyof J & string>(
    name: K,
    given: Given<J, K>,
    transfer: readonly Transferable[] = [],
  ): Promise<Made<J, K>> {
    assert(this.#waiting === undefined, 'one job at a time')
    this.#idle?.cancel()
    this.#worker ??= this.#start()
    this.#worker.ref()
    const message: JobMessage = { name, given }
    this.#worker.postMessage(message, transfer)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve: resolve as Waiting['resolve'], reject }
    })
  }

  /** Ends the thread; who waits for it gets an error. */
  stop(): void {
    this.#idle?.cancel()
    if (this.#worker !== undefined) this.#fail(this.#worker, 'the program stops')
  }

  #start(): Worker {
    const { file, name, heapMebibytesMax, clock } = this.#options
    const resourceLimits = { maxOldGenerationSizeMb: heapMebibytesMax }
    const worker = new Worker(file, { name, execArgv: [], resourceLimits })
    worker.on('message', (reply: JobReply) => {
      worker.unref()
      this.#idle = clock.after(IDLE_MS, () => this.#forget(worker))
      const waiting = this.#take()
      if ('made' in reply) waiting?.resolve(reply.made)
      else waiting?.reject(new NarthexError(reply.kind, reply.message))
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
    this.#take()?.reject(new NarthexError('io', `cannot ${this.#options.verb}: ${reason}`))
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    void worker.terminate()
  }
}

/** Does the jobs that come, in a thread; one that throws what is no NarthexError ends the thread. */
export function serveJobs<J extends Jobs<J>>(jobs: J): void {
  const port = parentPort
  assert(port !== null, 'to run as a worker')
  port.on('message', ({ name, given }: JobMessage) => {
    port.postMessage(replyOf(() => jobs[name as keyof J](given as never)))
  })
}

function replyOf(run: () => unknown): JobReply {
  try {
    return { made: run() }
  } catch (error) {
    if (error instanceof NarthexError) return { kind: error.kind, message: error.message }
    throw error
  }
}
