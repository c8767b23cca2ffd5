/** The counters of discovery, under Prometheus's names. */
import type { Cell, Family, HistogramCell, HistogramFamily, Metrics } from '../../base/metrics.ts'

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
  readonly dnsLookups: Cell
  readonly dnsFailures: Cell
  readonly consulFailures: Cell
  /** By endpoint and call. */
  readonly consulSeconds: HistogramFamily
  /** By event and kind of object. */
  readonly kubernetesEvents: Family
  readonly kubernetesFailures: Cell
  /** By status. */
  readonly kubernetesRequests: Family
  readonly kubernetesRelists: Cell
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
    dnsLookups: named('prometheus_sd_dns_lookups_total', 'Lookups of DNS discovery.').with(),
    dnsFailures: named(
      'prometheus_sd_dns_lookup_failures_total',
      'Lookups of DNS discovery that failed and kept the targets of their name.',
    ).with(),
    consulFailures: named(
      'prometheus_sd_consul_rpc_failures_total',
      'Requests to Consul that failed.',
    ).with(),
    consulSeconds: metrics.histograms(
      'prometheus_sd_consul_rpc_duration_seconds',
      'Duration of requests to Consul, waiting for changes included.',
      ['endpoint', 'call'],
      [0.01, 0.1, 1, 10, 100],
    ),
    ...kubernetesMetrics(metrics),
  }
}

function kubernetesMetrics(
  metrics: Metrics,
): Pick<
  DiscoveryMetrics,
  'kubernetesEvents' | 'kubernetesFailures' | 'kubernetesRequests' | 'kubernetesRelists'
> {
  const named = metrics.counter.bind(metrics)
  return {
    kubernetesEvents: named(
      'prometheus_sd_kubernetes_events_total',
      'Objects of Kubernetes that came, changed or went.',
      ['event', 'role'],
    ),
    kubernetesFailures: named(
      'prometheus_sd_kubernetes_failures_total',
      'Lists and watches of Kubernetes that failed; the objects of before stayed.',
    ).with(),
    kubernetesRequests: named(
      'prometheus_sd_kubernetes_http_request_total',
      'Requests to API servers of Kubernetes, by status.',
      ['status_code'],
    ),
    kubernetesRelists: named(
      'narthex_sd_kubernetes_relists_total',
      'Watches that were too far behind, so that everything was listed again.',
    ).with(),
  }
}
