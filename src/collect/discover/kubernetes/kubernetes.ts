/** Kubernetes discovery: watches the objects of a role and what they lead to, makes targets of them. */
import type { Timer } from '../../../base/clock.ts'
import { messageOf, NarthexError } from '../../../base/error.ts'
import type { KubernetesDiscovery } from '../../../config/discovery.ts'
import { redactUrl } from '../../../config/url.ts'
import { type Labels, labelValue } from '../../../model/labels.ts'
import { TARGETS_MAX } from '../groups.ts'
import { type Provider, type ProviderContext, ProviderState } from '../provider.ts'
import type { DiscoveryMetrics } from '../sdmetrics.ts'
import { ApiServer } from './apiserver.ts'
import { Gate } from './gate.ts'
import { Reflector } from './reflector.ts'
import { COMPANIONS, type Kind } from './resources.ts'
import { Scope } from './scope.ts'

/** How long changes are gathered after quiet. */
const GATHER_MS = 250
/** The least time between two lists of targets. */
const UPDATE_MS = 5000
/** How long to wait when the own namespace is not known. */
const RETRY_MS = 15_000
/** Lists that run at a time. */
const LISTS_MAX = 8

/** Watches until it is stopped. */
export function startKubernetesProvider(
  config: KubernetesDiscovery,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const provider = new KubernetesProvider(config, context, metrics)
  provider.start()
  return provider
}

class KubernetesProvider implements Provider {
  readonly state: ProviderState
  readonly #config: KubernetesDiscovery
  readonly #context: ProviderContext
  readonly #metrics: DiscoveryMetrics
  readonly #api: ApiServer
  readonly #lists = new Gate(LISTS_MAX)
  /** Nodes and namespaces, where their labels are wanted. */
  readonly #clusterWide: Reflector[] = []
  readonly #scopes: Scope[] = []
  #update: Timer | undefined
  #retry: Timer | undefined
  #lastUpdateMs = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(config: KubernetesDiscovery, context: ProviderContext, metrics: DiscoveryMetrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
    this.state = new ProviderState(context, 'kubernetes', describe(config))
    this.#api = new ApiServer(config, context, metrics)
  }

  start(): void {
    void this.#open()
  }

  stop(): void {
    this.#stopped = true
    this.#update?.cancel()
    this.#retry?.cancel()
    for (const reflector of this.#reflectors()) reflector.stop()
    this.#api.close()
  }

  *#reflectors(): Iterable<Reflector> {
    yield* this.#clusterWide
    for (const scope of this.#scopes) yield* scope.reflectors
  }

  async #open(): Promise<void> {
    const names = new Set(this.#config.namespaces)
    if (this.#config.ownNamespace) {
      try {
        names.add(await this.#api.ownNamespace())
      } catch (error) {
        this.#noteNamespaceMissing(error)
        return
      }
    }
    if (this.#stopped) return
    const { role, attachNode, attachNamespace } = this.#config
    if (attachNode && role !== 'node') this.#clusterWide.push(this.#reflect('node', ''))
    if (attachNamespace && role !== 'node') this.#clusterWide.push(this.#reflect('namespace', ''))
    const namespaces = names.size === 0 || role === 'node' ? [''] : [...names]
    for (const namespace of namespaces) {
      const kinds: readonly Kind[] = [role, ...COMPANIONS[role]]
      const scope: Scope = new Scope(
        namespace,
        kinds.map((kind) => this.#reflect(kind, namespace, (key) => scope.touch(kind, key))),
        this.#clusterWide,
      )
      this.#scopes.push(scope)
    }
    for (const reflector of this.#reflectors()) reflector.start()
  }

  #noteNamespaceMissing(error: unknown): void {
    if (this.#stopped) return
    this.#metrics.kubernetesFailures.inc()
    this.state.fail(error)
    this.#retry = this.#context.clock.after(RETRY_MS, () => void this.#open())
  }

  #reflect(kind: Kind, namespace: string, touch?: (key: string) => void): Reflector {
    return new Reflector({
      kind,
      namespace,
      selector: this.#config.selectors.find((selector) => selector.role === kind),
      api: this.#api,
      lists: this.#lists,
      context: this.#context,
      metrics: this.#metrics,
      onObject: (key) => {
        if (touch !== undefined) touch(key)
        else for (const scope of this.#scopes) scope.touch(kind, key)
        this.#updateSoon()
      },
      onState: () => this.#updateSoon(),
    })
  }

  #updateSoon(): void {
    if (this.#update !== undefined || this.#stopped) return
    const { clock } = this.#context
    const restMs = this.#lastUpdateMs + UPDATE_MS - clock.monotonicMs()
    this.#update = clock.after(Math.max(GATHER_MS, restMs), () => {
      this.#update = undefined
      this.#publish()
    })
  }

  /** Hands out what is known, once everything was asked for. */
  #publish(): void {
    const reflectors = [...this.#reflectors()]
    if (reflectors.some((one) => !one.synced && !one.tried)) return
    this.#lastUpdateMs = this.#context.clock.monotonicMs()
    const failed = reflectors.find((one) => one.lastError !== '')
    try {
      const targets = this.#collect()
      if (failed === undefined) this.state.succeed(targets)
      else this.state.fail(new NarthexError('io', failed.lastError), targets)
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      this.#metrics.kubernetesFailures.inc()
      this.state.fail(new NarthexError(error.kind, messageOf(error)))
    }
  }

  /** Targets of all namespaces; of one that never answered, those that were known before. */
  #collect(): readonly Labels[] {
    const { role } = this.#config
    const targets: Labels[] = []
    for (const scope of this.#scopes) {
      const found = scope.isComplete ? scope.targets(role) : this.#before(scope.namespace)
      for (const target of found) targets.push(target)
      if (targets.length > TARGETS_MAX) {
        const seen = `more than ${TARGETS_MAX} targets, the bound`
        throw new NarthexError('limit', `cannot discover targets: ${seen}`)
      }
    }
    return targets
  }

  #before(namespace: string): readonly Labels[] {
    const { targets } = this.state
    if (namespace === '') return targets
    return targets.filter((one) => labelValue(one, '__meta_kubernetes_namespace') === namespace)
  }
}

function describe({ role, apiServer, kubeconfigFile }: KubernetesDiscovery): string {
  const where = apiServer === '' ? kubeconfigFile || 'in-cluster' : redactUrl(apiServer)
  return `${role} of ${where}`
}
