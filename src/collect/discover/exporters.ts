/** Exporters that may run on this machine: where to look, and by which metric one knows each. */

/** One kind of exporter, or of server with metrics of its own. */
export interface KnownExporter {
  /** What it is called; the job of its series. */
  readonly name: string
  /** Where it usually listens. */
  readonly port: number
  /** Metrics that nobody else has; one of them is enough. */
  readonly metrics: readonly string[]
}

/** Where two match, the first wins: those that pass on the metrics of others come first. */
export const KNOWN_EXPORTERS: readonly KnownExporter[] = [
  { name: 'pushgateway', port: 9091, metrics: ['pushgateway_build_info'] },
  {
    name: 'statsd',
    port: 9102,
    metrics: ['statsd_exporter_build_info', 'statsd_exporter_events_total'],
  },
  { name: 'node', port: 9100, metrics: ['node_exporter_build_info', 'node_uname_info'] },
  { name: 'mysqld', port: 9104, metrics: ['mysqld_exporter_build_info', 'mysql_up'] },
  { name: 'postgres', port: 9187, metrics: ['postgres_exporter_build_info', 'pg_up'] },
  { name: 'redis', port: 9121, metrics: ['redis_exporter_build_info', 'redis_up'] },
  {
    name: 'nginx',
    port: 9113,
    metrics: ['nginx_exporter_build_info', 'nginxexporter_build_info', 'nginx_up'],
  },
  { name: 'apache', port: 9117, metrics: ['apache_exporter_build_info', 'apache_up'] },
  {
    name: 'process',
    port: 9256,
    metrics: ['namedprocess_namegroup_num_procs', 'namedprocess_scrape_errors'],
  },
  {
    name: 'haproxy',
    port: 9101,
    metrics: ['haproxy_exporter_build_info', 'haproxy_up', 'haproxy_process_build_info'],
  },
  { name: 'memcached', port: 9150, metrics: ['memcached_exporter_build_info', 'memcached_up'] },
  {
    name: 'elasticsearch',
    port: 9114,
    metrics: ['elasticsearch_exporter_build_info', 'elasticsearch_cluster_health_up'],
  },
  { name: 'blackbox', port: 9115, metrics: ['blackbox_exporter_build_info'] },
  { name: 'alertmanager', port: 9093, metrics: ['alertmanager_build_info'] },
  { name: 'etcd', port: 2379, metrics: ['etcd_server_version', 'etcd_server_has_leader'] },
  { name: 'influxdb', port: 8086, metrics: ['influxdb_info'] },
  { name: 'rabbitmq', port: 15692, metrics: ['rabbitmq_build_info', 'rabbitmq_identity_info'] },
  {
    name: 'caddy',
    port: 2019,
    metrics: ['caddy_admin_http_requests_total', 'caddy_config_last_reload_successful'],
  },
  { name: 'kafka', port: 9308, metrics: ['kafka_exporter_build_info', 'kafka_brokers'] },
  { name: 'zookeeper', port: 7000, metrics: ['quorum_size', 'znode_count'] },
  { name: 'prometheus', port: 9090, metrics: ['prometheus_build_info'] },
]

/** A metric of our own: whoever has it is us, or another of us. */
const OWN_METRIC = 'narthex_build_info'

/** The exporter that a body of the text format comes from; undefined when none is recognised. */
export function recogniseExporter(body: string): KnownExporter | undefined {
  const names = readNames(body)
  if (names.has(OWN_METRIC)) return undefined
  return KNOWN_EXPORTERS.find((exporter) => exporter.metrics.some((name) => names.has(name)))
}

/** The names that lines of samples begin with. */
function readNames(body: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const match of body.matchAll(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?=[{ \t])/gm)) names.add(match[1])
  return names
}
