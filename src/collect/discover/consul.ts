/** Consul discovery: watches the catalog, and the instances of each service that is wanted. */
import type { Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { ConsulDiscovery } from '../../config/discovery.ts'
import { redactUrl } from '../../config/url.ts'
import { type Labels, labelValue } from '../../model/labels.ts'
import { type ConsulAnswer, ConsulApi } from './consulapi.ts'
import { instanceTargets } from './consultargets.ts'
import { TARGETS_MAX } from './groups.ts'
import { isRecord } from './json.ts'
import { type Provider, type ProviderContext, ProviderState } from './provider.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** Most services that are watched; each is a request that waits. */
export const SERVICES_MAX = 10_000
/** Pause after a failure, half of it by chance. */
const RETRY_MS = 15_000
/** How long the first list waits for services that do not answer. */
const PATIENCE_MS = 10_000
/** How long changes are gathered. */
const GATHER_MS = 250

/** Watches until it is stopped. */
export function startConsulProvider(
  config: ConsulDiscovery,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const provider = new ConsulProvider(config, context, metrics)
  provider.start()
  return provider
}

/** One long poll after the other. */
interface Watch {
  readonly leaving: AbortController
  /** Whether it has answered once. */
  answered: boolean
  targets: readonly Labels[]
  lastError: string
}

class ConsulProvider implements Provider {
  readonly state: ProviderState
  readonly #config: ConsulDiscovery
  readonly #context: ProviderContext
  readonly #metrics: DiscoveryMetrics
  readonly #leaving = new AbortController()
  readonly #services = new Map<string, Watch>()
  #api: ConsulApi | undefined
  #datacenter: string
  /** Whether it is known which services there are. */
  #catalogKnown = false
  #catalogError = ''
  #patientUntilMs = 0
  #update: Timer | undefined

  constructor(config: ConsulDiscovery, context: ProviderContext, metrics: DiscoveryMetrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
    this.#datacenter = config.datacenter
    this.state = new ProviderState(context, 'consul', redactUrl(config.server))
  }

  start(): void {
    void this.#run()
  }

  stop(): void {
    this.#leaving.abort()
    for (const watch of this.#services.values()) watch.leaving.abort()
    this.#update?.cancel()
    this.#api?.close()
  }

  async #run(): Promise<void> {
    const { services, tags, filter } = this.#config
    const { signal } = this.#leaving
    try {
      this.#api = new ConsulApi(this.#config, this.#context, this.#metrics)
    } catch (error) {
      this.state.fail(error)
      return
    }
    const api = this.#api
    while (this.#datacenter === '' && !signal.aborted) {
      try {
        this.#datacenter = await api.datacenter(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#noteCatalogFailure(error)
        await this.#pause(this.#retryMs(), signal)
      }
    }
    if (signal.aborted) return
    const needsCatalog = services.length === 0 || tags.length > 0 || filter !== ''
    if (!needsCatalog) {
      for (const name of new Set(services)) this.#watchService(name)
      this.#noteCatalog()
      return
    }
    await this.#poll(
      signal,
      (index) => api.services(index, signal),
      (value) => this.#takeCatalog(value),
      (error) => this.#noteCatalogFailure(error),
    )
  }

  /**
   * Asks again and again, not more often than the refresh interval, each time for what is newer
   * than the index of before. An index that goes back is that of a Consul that began anew. Notes
   * each failure, and undefined where nothing is new.
   */
  async #poll(
    signal: AbortSignal,
    ask: (index: number) => Promise<ConsulAnswer>,
    take: (value: unknown) => void,
    note: (error: unknown) => void,
  ): Promise<void> {
    const { clock } = this.#context
    let index = 0
    while (!signal.aborted) {
      const startMs = clock.monotonicMs()
      try {
        const answer = await ask(index)
        if (signal.aborted) return
        if (index === 0 || answer.index !== index) take(answer.value)
        else note(undefined)
        index = answer.index < index ? 0 : answer.index
        const spentMs = clock.monotonicMs() - startMs
        await this.#pause(Math.max(0, this.#config.refreshIntervalMs - spentMs), signal)
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof NarthexError)) throw error
        this.#metrics.consulFailures.inc()
        this.#metrics.refreshFailures.with('consul').inc()
        note(error)
        await this.#pause(this.#retryMs(), signal)
      }
    }
  }

  #takeCatalog(value: unknown): void {
    if (!isRecord(value)) {
      throw new NarthexError('bad_data', 'cannot read services of Consul: not a map of tags')
    }
    const wanted = Object.entries(value)
      .filter(([name, tags]) => this.#isWanted(name, tags))
      .map(([name]) => name)
    if (wanted.length > SERVICES_MAX) {
      const seen = `${wanted.length} services, at most ${SERVICES_MAX}`
      throw new NarthexError('limit', `cannot watch services of Consul: ${seen}`)
    }
    const names = new Set(wanted)
    for (const [name, watch] of this.#services) {
      if (names.has(name)) continue
      watch.leaving.abort()
      this.#services.delete(name)
    }
    for (const name of names) if (!this.#services.has(name)) this.#watchService(name)
    this.#noteCatalog()
  }

  #noteCatalog(): void {
    if (!this.#catalogKnown) this.#patientUntilMs = this.#context.clock.monotonicMs() + PATIENCE_MS
    this.#catalogKnown = true
    this.#catalogError = ''
    this.#updateSoon()
  }

  #isWanted(name: string, tags: unknown): boolean {
    const { services, tags: wanted } = this.#config
    if (services.length > 0 && !services.includes(name)) return false
    return Array.isArray(tags) ? wanted.every((tag) => tags.includes(tag)) : wanted.length === 0
  }

  #watchService(name: string): void {
    const watch: Watch = {
      leaving: new AbortController(),
      answered: false,
      targets: this.state.targets.filter(
        (one) => labelValue(one, '__meta_consul_service') === name,
      ),
      lastError: '',
    }
    this.#services.set(name, watch)
    const { signal } = watch.leaving
    const api = this.#api
    if (api === undefined) return
    void this.#poll(
      signal,
      (index) => api.instances(name, index, signal),
      (value) => {
        watch.targets = instanceTargets(value, name, this.#datacenter, this.#config.tagSeparator)
        watch.answered = true
        watch.lastError = ''
        this.#updateSoon()
      },
      (error) => {
        const lastError = error === undefined ? '' : messageOf(error)
        if (lastError === watch.lastError) return
        watch.lastError = lastError
        this.#updateSoon()
      },
    )
  }

  #noteCatalogFailure(error: unknown): void {
    this.#catalogError = error === undefined ? '' : messageOf(error)
    if (!this.#catalogKnown) {
      if (error !== undefined) this.state.fail(error)
    } else this.#updateSoon()
  }

  #retryMs(): number {
    return RETRY_MS * (0.5 + (this.#context.random ?? Math.random)() / 2)
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(delayMs, () => {
        signal.removeEventListener('abort', leave)
        resolve()
      })
      const leave = (): void => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #updateSoon(): void {
    this.#updateAfter(GATHER_MS)
  }

  #updateAfter(delayMs: number): void {
    this.#update ??= this.#context.clock.after(delayMs, () => {
      this.#update = undefined
      this.#publish()
    })
  }

  /** Hands out what is known; the first time once every service has had its time to answer. */
  #publish(): void {
    if (this.#leaving.signal.aborted) return
    const watches = [...this.#services.values()]
    const restMs = this.#patientUntilMs - this.#context.clock.monotonicMs()
    const isWaiting = watches.some((one) => !one.answered && one.lastError === '')
    if (isWaiting && !this.state.settled && restMs > 0) {
      this.#updateAfter(Math.min(restMs, GATHER_MS))
      return
    }
    const targets = watches.flatMap((one) => one.targets)
    const failed = watches.find((one) => one.lastError !== '')
    const lastError = this.#catalogError || (failed?.lastError ?? '')
    if (targets.length > TARGETS_MAX) {
      const seen = `${targets.length} targets, at most ${TARGETS_MAX}`
      this.state.fail(new NarthexError('limit', `cannot discover targets: ${seen}`))
    } else if (lastError === '') this.state.succeed(targets)
    else this.state.fail(new NarthexError('io', lastError), targets)
  }
}
