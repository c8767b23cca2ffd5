/** Discovery: runs the sources of all jobs, shares equal ones, and hands each job its targets. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { Secret } from '../../base/secret.ts'
import type { DiscoveryConfigs, StaticGroup } from '../../config/discovery.ts'
import { equalLabels, type Labels, labelsFrom, labelsKey, labelValue } from '../../model/labels.ts'
import { hostOf, isLinkLocal } from '../../net/client/address.ts'
import { startConsulProvider } from './consul.ts'
import { startDnsProvider } from './dns.ts'
import { startDockerProvider } from './docker.ts'
import type { FetchBody } from './fetch.ts'
import { startFileProvider } from './file.ts'
import { startHttpProvider } from './httpsd.ts'
import { startKubernetesProvider } from './kubernetes/kubernetes.ts'
import { equalTargets, type LastGood, openLastGood, sourceName } from './lastgood.ts'
import type {
  DnsOptions,
  Provider,
  ProviderContext,
  ProviderKind,
  ProviderStatus,
} from './provider.ts'
import { type DiscoveryMetrics, registerDiscoveryMetrics } from './sdmetrics.ts'

/** Targets of one address above which they are compared by their keys. */
const CROWD = 8

/** What discovery needs to know of a job; a ScrapeConfig is one. */
export interface DiscoveryJob {
  readonly jobName: string
  readonly discovery: DiscoveryConfigs
}

export interface DiscoveryOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly fetchBody: FetchBody
  /** Where proxies and clusters are looked for; nowhere when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** For the jitter of pauses; Math.random when absent. */
  readonly random?: () => number
  /** Where a pod has its credentials; Kubernetes's own place when absent. */
  readonly serviceAccountDir?: string
  /** Name servers and search domains; those of the machine when absent. */
  readonly dns?: DnsOptions
  /** Where the last good lists are kept over a restart; '' or absent: they are not. */
  readonly folder?: string
  /** Whether targets from files and URLs may be link-local or metadata addresses. */
  readonly allowLinkLocal: boolean
  /**
   * The targets of a job, whenever they change: what the source says, `__address__` and `__meta_*`
   * included, before the job's defaults and relabelling. Every target once. Each `apply` calls it
   * once for every job, changed or not, also with no targets. The first `ownCount` of them stand
   * in the configuration itself; only those may lead to link-local addresses.
   */
  readonly onTargets: (jobName: string, discovered: readonly Labels[], ownCount: number) => void
}

/** The running sources. */
export interface Discovery {
  /**
   * Takes over a configuration. Sources that stay the same go on undisturbed; a changed job keeps
   * its targets until its new sources have answered once. Jobs that are gone get no call.
   */
  apply(jobs: readonly DiscoveryJob[], allowLinkLocal?: boolean): void
  /** How each job's sources go. */
  status(): ReadonlyMap<string, readonly ProviderStatus[]>
  stop(): void
}

/** Starts without jobs. */
export function startDiscovery(options: DiscoveryOptions): Discovery {
  return new Manager(options)
}

/** A source that is not running yet. */
type Source = readonly [ProviderKind, object, (context: ProviderContext) => Provider]

/** A running source and the jobs that want it. */
interface Shared {
  /** Name of its list on the disk; '' for none. */
  readonly name: string
  readonly provider: Provider
  readonly kind: ProviderKind
  readonly jobs: Set<string>
}

interface Job {
  readonly fixed: readonly Labels[]
  /** Keys of the shared sources. */
  readonly sources: readonly string[]
  /** What was handed out last; undefined before the first time. */
  sent: Sent | undefined
  /** What stands for the targets until the sources that are new have answered. */
  held: Sent | undefined
}

interface Sent {
  readonly targets: readonly Labels[]
  readonly ownCount: number
}

class Manager implements Discovery {
  readonly #options: DiscoveryOptions
  readonly #metrics: DiscoveryMetrics
  readonly #lastGood: LastGood
  readonly #shared = new Map<string, Shared>()
  #jobs = new Map<string, Job>()
  #allowLinkLocal: boolean

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#metrics = registerDiscoveryMetrics(options.metrics)
    this.#lastGood = openLastGood({ ...options, folder: options.folder ?? '' })
    this.#allowLinkLocal = options.allowLinkLocal
  }

  apply(jobs: readonly DiscoveryJob[], allowLinkLocal?: boolean): void {
    this.#allowLinkLocal = allowLinkLocal ?? this.#allowLinkLocal
    const before = this.#jobs
    this.#jobs = new Map()
    for (const { jobName, discovery } of jobs) {
      const sources = this.#startSources(jobName, discovery)
      const fixed = unique(discovery.static.flatMap(readStatic))
      const old = before.get(jobName)
      const isNew = old !== undefined && sources.some((key) => !old.sources.includes(key))
      const held = isNew ? old.sent : undefined
      this.#jobs.set(jobName, { fixed, sources, sent: old?.sent, held })
    }
    for (const name of before.keys()) {
      if (!this.#jobs.has(name)) this.#metrics.discoveredTargets.without(name, 'scrape')
    }
    this.#stopUnused()
    this.#lastGood.retain(new Set([...this.#shared.values()].map((shared) => shared.name)))
    for (const name of this.#jobs.keys()) this.#send(name, true)
  }

  status(): ReadonlyMap<string, readonly ProviderStatus[]> {
    const all = new Map<string, readonly ProviderStatus[]>()
    for (const [name, job] of this.#jobs) {
      const sources = job.sources.flatMap(
        (key) => this.#shared.get(key)?.provider.state.status() ?? [],
      )
      all.set(name, job.fixed.length > 0 ? [staticStatus(job.fixed), ...sources] : sources)
    }
    return all
  }

  stop(): void {
    for (const { provider } of this.#shared.values()) provider.stop()
    this.#shared.clear()
    this.#jobs.clear()
    this.#lastGood.stop()
  }

  #startSources(jobName: string, discovery: DiscoveryConfigs): string[] {
    const keys = new Set<string>()
    for (const [kind, config, start] of this.#sourcesOf(discovery)) {
      keys.add(this.#share(kind, config, jobName, start))
    }
    return [...keys]
  }

  *#sourcesOf(discovery: DiscoveryConfigs): Iterable<Source> {
    const metrics = this.#metrics
    const { fetchBody } = this.#options
    for (const config of discovery.file) {
      yield ['file', config, (context) => startFileProvider(config, context, metrics)]
    }
    for (const config of discovery.http) {
      yield ['http', config, (context) => startHttpProvider(config, fetchBody, context, metrics)]
    }
    for (const config of discovery.dns) {
      yield ['dns', config, (context) => startDnsProvider(config, context, metrics)]
    }
    for (const config of discovery.consul) {
      yield ['consul', config, (context) => startConsulProvider(config, context, metrics)]
    }
    for (const config of discovery.docker) {
      yield ['docker', config, (context) => startDockerProvider(config, context, metrics)]
    }
    for (const config of discovery.kubernetes) {
      yield ['kubernetes', config, (context) => startKubernetesProvider(config, context, metrics)]
    }
  }

  #share(
    kind: ProviderKind,
    config: object,
    jobName: string,
    start: (context: ProviderContext) => Provider,
  ): string {
    const key = `${kind} ${fingerprint(config)}`
    let shared = this.#shared.get(key)
    if (shared === undefined) {
      const jobs = new Set<string>()
      const onChange = (): void => {
        this.#metrics.receivedUpdates.with('scrape').inc()
        for (const name of jobs) this.#send(name)
      }
      // Files are on a disk themselves.
      const name = kind === 'file' ? '' : sourceName(kind, config)
      shared = { provider: start(this.#contextOf(name, onChange)), kind, jobs, name }
      this.#shared.set(key, shared)
    }
    shared.jobs.add(jobName)
    return key
  }

  #contextOf(name: string, onChange: () => void): ProviderContext {
    const { clock, log, environment = {}, random, serviceAccountDir, dns } = this.#options
    return {
      clock,
      log,
      environment,
      admits: (address, redirected) => !redirected || this.#allowLinkLocal || !isLinkLocal(address),
      onChange,
      remembered: name === '' ? [] : this.#lastGood.read(name),
      onGood: (targets) => {
        if (name !== '') this.#lastGood.keep(name, targets)
      },
      ...(random === undefined ? {} : { random }),
      ...(serviceAccountDir === undefined ? {} : { serviceAccountDir }),
      ...(dns === undefined ? {} : { dns }),
    }
  }

  /** Stops sources that no job names any more, and forgets jobs that left. */
  #stopUnused(): void {
    for (const [key, shared] of this.#shared) {
      for (const name of shared.jobs) {
        if (this.#jobs.get(name)?.sources.includes(key) !== true) shared.jobs.delete(name)
      }
      if (shared.jobs.size > 0) continue
      shared.provider.stop()
      this.#shared.delete(key)
    }
  }

  /** Hands a job its targets if they changed or `force` is set. */
  #send(name: string, force = false): void {
    const job = this.#jobs.get(name)
    if (job === undefined) return
    const next = this.#collect(job)
    const { targets, ownCount } = next
    if (!force && job.sent !== undefined && equalTargets(job.sent.targets, targets)) return
    job.sent = next
    this.#metrics.discoveredTargets.with(name, 'scrape').set(targets.length)
    this.#metrics.sentUpdates.with('scrape').inc()
    this.#options.onTargets(name, targets, ownCount)
  }

  /**
   * What the sources of a job say now. After a change of the configuration that is what was sent
   * before, until all of them have answered.
   */
  #collect(job: Job): Sent {
    const sources = job.sources
      .map((key) => this.#shared.get(key))
      .filter((one) => one !== undefined)
    if (job.held !== undefined && sources.some((one) => !one.provider.state.settled))
      return job.held
    job.held = undefined
    const found = [...job.fixed]
    for (const { provider, kind } of sources)
      found.push(...this.#admit(provider.state.targets, kind))
    return { targets: unique(found), ownCount: job.fixed.length }
  }

  #admit(targets: readonly Labels[], kind: ProviderKind): readonly Labels[] {
    if (this.#allowLinkLocal) return targets
    const admitted = targets.filter((one) => !isLinkLocal(hostOf(labelValue(one, '__address__'))))
    const denied = targets.length - admitted.length
    if (denied > 0) this.#metrics.deniedTargets.with(kind).inc(denied)
    return admitted
  }
}

function readStatic(group: StaticGroup): Labels[] {
  const pairs: [string, string][] = []
  for (let i = 0; i < group.labels.length; i += 2) {
    pairs.push([group.labels[i], group.labels[i + 1]])
  }
  return group.targets.map((target) => labelsFrom([...pairs, ['__address__', target]]))
}

function staticStatus(targets: readonly Labels[]): ProviderStatus {
  return {
    kind: 'static',
    source: '',
    targetCount: targets.length,
    lastTryMs: 0,
    lastSuccessMs: 0,
    lastError: '',
  }
}

/** Each target once, in order. Few share an address, so that is what is compared first. */
function unique(targets: readonly Labels[]): readonly Labels[] {
  const byAddress = new Map<string, Labels[]>()
  const crowded = new Map<string, Set<string>>()
  return targets.filter((target) => {
    const address = labelValue(target, '__address__')
    const others = byAddress.get(address)
    if (others === undefined) {
      byAddress.set(address, [target])
      return true
    }
    if (others.length < CROWD) {
      if (others.some((other) => equalLabels(other, target))) return false
      others.push(target)
      return true
    }
    const keys = crowded.get(address) ?? new Set(others.map(labelsKey))
    crowded.set(address, keys)
    const { size } = keys
    return keys.add(labelsKey(target)).size > size
  })
}

function fingerprint(config: object): string {
  const text = JSON.stringify(reveal(config))
  return createHash('sha256').update(text).digest('base64')
}

function reveal(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() }
  if (Array.isArray(value)) return value.map(reveal)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]))
}
