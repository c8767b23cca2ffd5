/** The counters of discovery, under Prometheus's names. */
import type { Family, HistogramCell, Metrics } from '../../base/metrics.ts'

export interface DiscoveryMetrics {
  /** By job. */
  readonly discoveredTargets: Family
  readonly receivedUpdates: Family
  readonly sentUpdates: Family
  /** By mechanism and job list. */
  readonly refreshFailures: Family
  readonly httpFailures: Family
  readonly fileReadErrors: Family
  readonly fileWatcherErrors: Family
  readonly fileMtime: Family
  readonly refreshSeconds: HistogramCell
  readonly deniedTargets: Family
}

/** Registers them; once for each process. */
export function registerDiscoveryMetrics(metrics: Metrics): DiscoveryMetrics {
  const named = metrics.counter.bind(metrics)
  return {
    discoveredTargets: metrics.gauge(
      'prometheus_sd_discovered_targets',
      'Current number of discovered targets.',
      ['config', 'name'],
    ),
    receivedUpdates: named(
      'prometheus_sd_received_updates_total',
      'Updates that discovery received from its sources.',
      ['name'],
    ),
    sentUpdates: named(
      'prometheus_sd_updates_total',
      'Updates that discovery sent to the scraper.',
      ['name'],
    ),
    refreshFailures: named(
      'prometheus_sd_refresh_failures_total',
      'Refreshes that failed and kept the previous targets.',
      ['mechanism'],
    ),
    httpFailures: named(
      'prometheus_sd_http_failures_total',
      'HTTP discovery requests that failed.',
    ),
    fileReadErrors: named(
      'prometheus_sd_file_read_errors_total',
      'Files of file discovery that could not be read.',
    ),
    fileWatcherErrors: named(
      'prometheus_sd_file_watcher_errors_total',
      'Folders that could not be watched; their files are polled.',
    ),
    fileMtime: metrics.gauge(
      'prometheus_sd_file_mtime_seconds',
      'Time of the last change of a file of file discovery.',
      ['filename'],
    ),
    refreshSeconds: metrics.histogram(
      'prometheus_sd_refresh_duration_seconds',
      'Duration of a refresh.',
      [0.001, 0.01, 0.1, 1, 10],
    ),
    deniedTargets: named(
      'narthex_sd_denied_targets_total',
      'Targets of discovery left out because their address is link-local.',
      ['mechanism'],
    ),
  }
}
