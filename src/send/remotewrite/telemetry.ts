/** What a remote write writer counts itself; samples are counted where they wait. */
import type { Cell, Metrics } from '../../base/metrics.ts'

export interface RemoteWriteCounters {
  /** Bytes of requests that were answered. */
  readonly bytes: Cell
  readonly metadata: Cell
  readonly metadataBytes: Cell
  readonly metadataFailed: Cell
  readonly metadataRetried: Cell
}

/** Prometheus's names, with its labels. */
export function remoteWriteCounters(
  metrics: Metrics,
  name: string,
  url: string,
): RemoteWriteCounters {
  const cell = (metric: string, help: string): Cell =>
    metrics.counter(metric, help, ['remote_name', 'url']).with(name, url)
  return {
    bytes: cell(
      'prometheus_remote_storage_bytes_total',
      'Bytes of samples sent, after compression.',
    ),
    metadata: cell(
      'prometheus_remote_storage_metadata_total',
      'Metric families whose metadata was sent.',
    ),
    metadataBytes: cell(
      'prometheus_remote_storage_metadata_bytes_total',
      'Bytes of metadata sent, after compression.',
    ),
    metadataFailed: cell(
      'prometheus_remote_storage_metadata_failed_total',
      'Metric families whose metadata was not sent and is not tried again.',
    ),
    metadataRetried: cell(
      'prometheus_remote_storage_metadata_retried_total',
      'Metric families whose metadata was not sent at once and is tried again.',
    ),
  }
}
