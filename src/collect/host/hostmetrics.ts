/** The host collector's own figures: one set for a process, whichever collector runs. */
import type { Family, Metrics } from '../../base/metrics.ts'

export interface HostMetrics {
  /** By reason. */
  readonly rejectedSamples: Family
  readonly collectionSeconds: Family
  readonly refusedSeries: Family
  readonly containers: Family
}

const registered = new WeakMap<Metrics, HostMetrics>()

/**
 * Registers them on the first call; a collector that takes over after a reload goes on with them.
 */
export function hostMetrics(metrics: Metrics): HostMetrics {
  const known = registered.get(metrics)
  if (known !== undefined) return known
  const made: HostMetrics = {
    rejectedSamples: metrics.counter(
      'narthex_host_samples_rejected_total',
      'Samples of the host collector that were not stored, by reason.',
      ['reason'],
    ),
    collectionSeconds: metrics.gauge(
      'narthex_host_collection_seconds',
      'Duration of the last reading of the host.',
    ),
    refusedSeries: metrics.counter(
      'narthex_host_series_refused_total',
      'Series of the host collector that a bound left out.',
    ),
    containers: metrics.gauge(
      'narthex_host_containers',
      'Containers and services that are measured, up to a bound.',
    ),
  }
  registered.set(metrics, made)
  return made
}
