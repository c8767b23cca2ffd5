/** Pairs that send the same: of each cluster one replica is listened to, until it falls silent. */
import type { Clock } from '../../base/clock.ts'
import type { Cell, Family, Metrics } from '../../base/metrics.ts'
import { type Labels, labelValue } from '../../model/labels.ts'

export interface ReplicaOptions {
  /** Names those that send the same: `cluster`. */
  readonly clusterLabel: string
  /** Tells them apart, and is taken off: `__replica__`. */
  readonly replicaLabel: string
  /** How long the elected one may be silent before another takes over. */
  readonly failoverMs: number
  /** Clusters that are kept in mind; senders of more are refused nothing, but doubled. */
  readonly clustersMax: number
}

export const REPLICA_OPTIONS: ReplicaOptions = Object.freeze({
  clusterLabel: 'cluster',
  replicaLabel: '__replica__',
  failoverMs: 30_000,
  clustersMax: 10_000,
})

/** One of those that send the same. */
export interface Replica {
  /** Tenant and cluster as one text. */
  readonly cluster: string
  readonly name: string
}

interface Elected {
  name: string
  /** Monotonic ms of its last samples. */
  seenMs: number
}

/** Elects one replica of each cluster. */
export class Replicas {
  readonly #options: ReplicaOptions
  readonly #clock: Clock
  readonly #elected = new Map<string, Elected>()
  readonly #switches: Cell
  readonly #dropped: Family

  constructor(options: ReplicaOptions, clock: Clock, metrics: Metrics) {
    this.#options = options
    this.#clock = clock
    const clusters = metrics
      .gauge('narthex_replica_clusters', 'Clusters of which one replica is listened to.')
      .with()
    metrics.onCollect(() => clusters.set(this.#elected.size))
    this.#switches = metrics
      .counter(
        'narthex_replica_elected_total',
        'Times that a replica was elected, the first one included.',
      )
      .with()
    this.#dropped = metrics.counter(
      'narthex_replica_deduplicated_samples_total',
      'Samples left out because another replica of the cluster is listened to.',
      ['cluster'],
    )
  }

  /**
   * Which replica sends these labels; undefined when they do not say so.
   *
   * @param tenant whose cluster it is: equal names of two tenants are two clusters
   */
  replicaOf(labels: Labels, tenant: string): Replica | undefined {
    const name = labelValue(labels, this.#options.replicaLabel)
    if (name === '') return undefined
    const cluster = labelValue(labels, this.#options.clusterLabel)
    if (cluster === '') return undefined
    return { cluster: tenant === '' ? cluster : `${tenant}/${cluster}`, name }
  }

  /** The labels as they are kept: without the one that tells replicas of a cluster apart. */
  strip(labels: Labels): Labels {
    const { clusterLabel, replicaLabel } = this.#options
    if (labelValue(labels, clusterLabel) === '') return labels
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] === replicaLabel) return [...labels.slice(0, i), ...labels.slice(i + 2)]
    }
    return labels
  }

  /** Counts samples of a replica that was not admitted. */
  leaveOut(replica: Replica, sampleCount: number): void {
    this.#dropped.with(replica.cluster).inc(sampleCount)
  }

  /** Whether samples of a replica are taken now; they keep it elected. */
  admits(replica: Replica): boolean {
    const nowMs = this.#clock.monotonicMs()
    const elected = this.#elected.get(replica.cluster)
    if (elected === undefined) return this.#elect(replica, nowMs)
    if (elected.name === replica.name) {
      elected.seenMs = nowMs
      return true
    }
    return nowMs - elected.seenMs > this.#options.failoverMs && this.#elect(replica, nowMs)
  }

  #elect(replica: Replica, nowMs: number): boolean {
    const { clustersMax } = this.#options
    if (!this.#elected.has(replica.cluster) && this.#elected.size >= clustersMax) {
      this.#forgetSilent(nowMs)
      if (this.#elected.size >= clustersMax) return true
    }
    this.#elected.set(replica.cluster, { name: replica.name, seenMs: nowMs })
    this.#switches.inc()
    return true
  }

  #forgetSilent(nowMs: number): void {
    for (const [cluster, { seenMs }] of this.#elected) {
      if (nowMs - seenMs <= this.#options.failoverMs) continue
      this.#elected.delete(cluster)
      this.#dropped.without(cluster)
    }
  }
}
