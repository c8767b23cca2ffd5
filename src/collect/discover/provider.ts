/** One source of targets: what it found last, how it goes, and who is told. */
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Labels } from '../../model/labels.ts'
import type { Admission } from '../../net/client/address.ts'

/** Where targets come from. */
export type ProviderKind = 'file' | 'http' | 'dns' | 'consul' | 'kubernetes' | 'docker'

/** How a source goes, for the status page. */
export interface ProviderStatus {
  readonly kind: 'static' | ProviderKind
  /** Pattern, URL or names, without credentials; '' for targets in the configuration. */
  readonly source: string
  readonly targetCount: number
  /** ms since epoch; 0 before the first */
  readonly lastTryMs: number
  /** ms since epoch; 0 before the first */
  readonly lastSuccessMs: number
  /** '' when the last try went well. */
  readonly lastError: string
}

/** What a source knows at the moment. */
export interface ProviderView {
  readonly targets: readonly Labels[]
  /** Whether the first try is over, well or not. */
  readonly settled: boolean
  status(): ProviderStatus
}

/** A source that runs until it is stopped. */
export interface Provider {
  readonly state: ProviderView
  stop(): void
}

/** What sources share. */
export interface ProviderContext {
  readonly clock: Clock
  readonly log: Log
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Which addresses a redirect of a source may lead to. */
  readonly admits: Admission
  /** Called after each try; the list is in `targets`. */
  readonly onChange: () => void
  /** What was good when the program ran last; none when it is not known. */
  readonly remembered: readonly Labels[]
  /** Called with each list that is good. */
  readonly onGood: (targets: readonly Labels[]) => void
  /** For the jitter of pauses; Math.random when absent. */
  readonly random?: () => number
  /** Where a pod has its credentials; Kubernetes's own place when absent. */
  readonly serviceAccountDir?: string
  /** Name servers and search domains; those of the machine when absent. */
  readonly dns?: DnsOptions
}

/** How names are resolved. */
export interface DnsOptions {
  /** `address:port` */
  readonly servers: readonly string[]
  readonly search: readonly string[]
  /** Dots from which on a name is tried as it is first. */
  readonly dotsMin: number
  /** How long one server has for one answer; 2 s when absent. */
  readonly timeoutMs?: number
}

/** Keeps the last good list of a source and the record of its tries. */
export class ProviderState implements ProviderView {
  targets: readonly Labels[]
  settled = false
  readonly #context: ProviderContext
  readonly #kind: ProviderKind
  readonly #source: string
  #lastTryMs = 0
  #lastSuccessMs = 0
  #lastError = ''

  constructor(context: ProviderContext, kind: ProviderKind, source: string) {
    this.#context = context
    this.#kind = kind
    this.targets = context.remembered
    this.#source = source
  }

  /** A good answer: the list is replaced, an empty one empties it. */
  succeed(targets: readonly Labels[]): void {
    this.#lastTryMs = this.#context.clock.now()
    this.#lastSuccessMs = this.#lastTryMs
    if (this.#lastError !== '') {
      this.#context.log.info('discovery works again', { source: this.#source })
    }
    this.#lastError = ''
    this.targets = targets
    this.#context.onGood(targets)
    this.#finish()
  }

  /** A failure: what is good stays; said once for each message. */
  fail(error: unknown, targets: readonly Labels[] = this.targets): void {
    this.#lastTryMs = this.#context.clock.now()
    const message = messageOf(error)
    if (message !== this.#lastError) {
      const kept = targets.length
      this.#context.log.warn('discovery failed', { source: this.#source, error: message, kept })
    }
    this.#lastError = message
    this.targets = targets
    this.#finish()
  }

  status(): ProviderStatus {
    return {
      kind: this.#kind,
      source: this.#source,
      targetCount: this.targets.length,
      lastTryMs: this.#lastTryMs,
      lastSuccessMs: this.#lastSuccessMs,
      lastError: this.#lastError,
    }
  }

  #finish(): void {
    this.settled = true
    this.#context.onChange()
  }
}
