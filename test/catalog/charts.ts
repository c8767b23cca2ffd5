/** Which values the charts have that the catalogue names, two levels deep; `key.*` is free below. */

const SERVICE_MONITOR = ['serviceMonitor.enabled', 'serviceMonitor.interval']

const CHARTS: Readonly<Record<string, readonly string[]>> = {
  alertmanager: [
    ...['replicaCount', 'podAntiAffinity', 'podDisruptionBudget.*', 'extraSecretMounts'],
    ...['persistence.enabled', 'persistence.size', 'config.*', 'resources.*', 'podAnnotations.*'],
  ],
  'cost-analyzer': [
    ...['global.prometheus', 'global.grafana', 'kubecostProductConfigs.*', 'kubecostModel.*'],
    ...[...SERVICE_MONITOR, 'serviceMonitor.scrapeTimeout'],
  ],
  'dcgm-exporter': [
    ...['nodeSelector.*', 'tolerations', 'arguments', 'resources.*', ...SERVICE_MONITOR],
    'serviceMonitor.honorLabels',
  ],
  haproxy: [
    ...['kind', 'replicaCount', 'config', 'containerPorts.*', 'resources.*'],
    ...['serviceMonitor.enabled', 'serviceMonitor.endpoints'],
  ],
  influxdb2: [
    ...['adminUser.organization', 'adminUser.bucket', 'adminUser.retention_policy', 'env'],
    ...['adminUser.existingSecret', 'persistence.enabled', 'persistence.size', 'resources.*'],
  ],
  'k8s-image-availability-exporter': [
    ...['k8sImageAvailabilityExporter.image', 'k8sImageAvailabilityExporter.replicas'],
    ...['k8sImageAvailabilityExporter.resources', 'k8sImageAvailabilityExporter.args'],
    ...SERVICE_MONITOR,
  ],
  kong: [
    ...['env.*', 'status.enabled', 'status.http', 'admin.enabled', 'resources.*'],
    ...SERVICE_MONITOR,
  ],
  'kube-state-metrics': [
    ...['replicas', 'collectors', 'rbac.create', 'metricDenylist', 'resources.*'],
    ...['securityContext.*', 'selfMonitor.enabled', 'prometheus.monitor'],
  ],
  prometheus: [
    ...['alertmanager.*', 'kube-state-metrics.*', 'prometheus-node-exporter.*'],
    ...['prometheus-pushgateway.*', 'server.retention', 'server.retentionSize'],
    ...['server.persistentVolume', 'server.terminationGracePeriodSeconds', 'server.strategy'],
    ...['server.resources', 'server.alertmanagers', 'serverFiles.*'],
  ],
  'prometheus-blackbox-exporter': [
    ...['config.modules', 'securityContext.*', 'resources.*', 'replicas', 'extraArgs'],
    ...['serviceMonitor.selfMonitor', 'serviceMonitor.enabled', 'serviceMonitor.defaults'],
    'serviceMonitor.targets',
  ],
  'prometheus-cloudwatch-exporter': [
    ...['replicaCount', 'serviceAccount.create', 'serviceAccount.annotations', 'config'],
    ...['resources.*', 'ingress.enabled', ...SERVICE_MONITOR, 'serviceMonitor.timeout'],
  ],
  'prometheus-consul-exporter': [
    ...['consulServer', 'options.*', 'extraEnv', 'resources.*', ...SERVICE_MONITOR],
  ],
  'prometheus-elasticsearch-exporter': [
    ...['es.uri', 'es.all', 'es.indices', 'es.cluster_settings', 'es.snapshots', 'es.timeout'],
    ...['extraEnvSecrets.*', 'resources.*', ...SERVICE_MONITOR, 'serviceMonitor.scrapeTimeout'],
    'serviceMonitor.relabelings',
  ],
  'prometheus-json-exporter': [
    ...['configuration.config', 'resources.*', 'serviceMonitor.enabled', 'serviceMonitor.targets'],
  ],
  'prometheus-kafka-exporter': [
    ...['kafkaServer', 'replicaCount', 'extraArgs', 'resources.*', 'securityContext.*'],
    ...['service.type', 'service.port', 'service.labels', 'service.annotations'],
    'prometheus.serviceMonitor',
  ],
  'prometheus-mongodb-exporter': [
    ...['existingSecret.name', 'existingSecret.key', 'extraArgs', 'resources.*'],
    ...['securityContext.*', ...SERVICE_MONITOR, 'serviceMonitor.scrapeTimeout'],
  ],
  'prometheus-mysql-exporter': [
    ...['mysql.host', 'mysql.port', 'mysql.user', 'mysql.existingPasswordSecret'],
    ...['collectors.*', 'resources.*', 'securityContext.*', ...SERVICE_MONITOR],
    ...['serviceMonitor.scrapeTimeout', 'serviceMonitor.relabelings'],
  ],
  'prometheus-node-exporter': [
    ...['hostNetwork', 'hostPID', 'hostRootFsMount.*', 'extraArgs', 'tolerations', 'resources.*'],
    'prometheus.monitor',
  ],
  'prometheus-postgres-exporter': [
    ...['config.datasource', 'config.disableSettingsMetrics', 'resources.*', ...SERVICE_MONITOR],
    'serviceMonitor.relabelings',
  ],
  'prometheus-pushgateway': [
    ...['replicaCount', 'strategy.*', 'extraArgs', 'persistentVolume.*', 'resources.*'],
    ...['networkPolicy.*', ...SERVICE_MONITOR, 'serviceMonitor.honorLabels'],
    'serviceMonitor.relabelings',
  ],
  'prometheus-redis-exporter': [
    ...['redisAddress', 'auth.enabled', 'auth.redisUser', 'auth.secret', 'resources.*'],
    ...[...SERVICE_MONITOR, 'serviceMonitor.relabelings'],
  ],
  'prometheus-smokeping-prober': [
    ...['config.*', 'securityContext.*', 'resources.*', ...SERVICE_MONITOR],
  ],
  'prometheus-snmp-exporter': [
    ...['image.tag', 'extraArgs', 'extraSecretMounts', 'resources.*', ...SERVICE_MONITOR],
    ...['serviceMonitor.scrapeTimeout', 'serviceMonitor.params', 'serviceMonitor.relabelings'],
  ],
  'prometheus-stackdriver-exporter': [
    ...['stackdriver.projectIds', 'stackdriver.metrics', 'serviceAccount.create'],
    ...['serviceAccount.annotations', 'resources.*', ...SERVICE_MONITOR],
    'serviceMonitor.scrapeTimeout',
  ],
  'prometheus-statsd-exporter': ['statsd.mappingConfig', 'resources.*', ...SERVICE_MONITOR],
  'prometheus-windows-exporter': [
    ...['config', 'nodeSelector.*', 'tolerations', 'resources.*', 'prometheus.monitor'],
  ],
}

/** The chart that the first line of comment names. */
export function chartOf(text: string): string {
  const [line] = text.split('\n')
  const found = /chart (?:[\w-]+\/)?([\w-]+)/.exec(line)?.[1]
  return found ?? ''
}

/** Values that the chart has not. */
export function problemsOfValues(chart: string, values: object): readonly string[] {
  const known = CHARTS[chart]
  if (known === undefined) return [`nobody here knows the chart ${chart}: ${Object.keys(values)}`]
  return Object.entries(values).flatMap(([key, below]) => {
    if (known.includes(key) || known.includes(`${key}.*`)) return []
    const isNested = known.some((each) => each.startsWith(`${key}.`))
    if (!isNested) return [`${chart} has no ${key}`]
    const missing = Object.keys(below as object).filter((sub) => !known.includes(`${key}.${sub}`))
    return missing.map((sub) => `${chart} has no ${key}.${sub}`)
  })
}
