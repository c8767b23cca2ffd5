/** The mistakes that others made with the content of their catalogue, looked for in ours. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { openCatalogue } from '../../src/hub/catalogue/catalogue.ts'
import { ALL_ENTRIES } from '../../src/model/catalogue.ts'
import { CATALOG_FOLDER } from '../../tools/catalog.ts'
import { LIVE_EXPORTERS } from '../support/exporters.ts'

const catalogue = await openCatalogue({
  folder: CATALOG_FOLDER,
  log: silentLog,
  metrics: new Metrics(),
})
const entries = catalogue.entries(ALL_ENTRIES)
const names = entries.map(({ name }) => name)

/** What each flag stands for. */
const FILES = { E: 'README.md', I: 'helm.yaml', A: 'alerts.yaml', G: 'dashboard.json' } as const

/** The exporters of the catalogue that this one takes the place of. */
const EXPECTED = [
  ...['ebpf', 'ceph', 'grok', 'cadvisor', 'rabbitmq', 'kong', 'kube-state-metrics', 'process'],
  ...['nginx', 'nvidia-dcgm', 'redis', 'openstack', 'json', 'stackdriver', 'windows', 'blackbox'],
  ...['cloudwatch', 'collectd', 'consul', 'graphite', 'haproxy', 'influxdb', 'jmx', 'memcached'],
  ...['mysqld', 'node', 'snmp', 'statsd', 'azure', 'postgres', 'client-libraries', 'pushgateway'],
  ...['k8s-image-availability', 'kubecost', 'dnsbl', 'query-exporter', 'elasticsearch', 'mongodb'],
  ...['kafka', 'zookeeper'],
]

test('FIELD 1: flags are right for every folder, not for 6 of 21', () => {
  assert.deepEqual(names, readdirSync(CATALOG_FOLDER).sort())
  for (const { name, content } of entries) {
    for (const kind of ['E', 'I', 'A', 'G'] as const) {
      const isThere = existsSync(join(CATALOG_FOLDER, name, FILES[kind]))
      assert.equal(content[kind], isThere, `${kind} of ${name}`)
    }
  }
})

test('FIELD 1: every alert file has its groups:, so that Prometheus loads it as it lies there', () => {
  for (const { name } of entries.filter(({ content }) => content.A)) {
    const text = readFileSync(join(CATALOG_FOLDER, name, FILES.A), 'utf8')
    const { groups } = parse(text) as { groups?: { rules: unknown[] }[] }
    assert.ok(Array.isArray(groups) && groups.every(({ rules }) => rules.length > 0), name)
  }
})

test('FIELD 1: content is tried on the exporter it is for: all that says verified is started here', () => {
  const verified = entries.filter(({ verified: { on } }) => on !== '').map(({ name }) => name)
  assert.deepEqual(Object.keys(LIVE_EXPORTERS).sort(), verified)
})

test('FIELD 1: no exporter is missing that was there before, and each says how it is installed', () => {
  assert.deepEqual(
    EXPECTED.filter((name) => !names.includes(name)),
    [],
  )
  assert.deepEqual(
    entries.filter(({ content }) => !content.E).map(({ name }) => name),
    [],
  )
})

test('every exporter that Debian has is an entry', {
  skip: spawnSync('apt-cache', ['--version']).status === 0 ? undefined : 'apt is not here',
}, (t) => {
  const { stdout } = spawnSync('apt-cache', ['search', '--names-only', '^prometheus-.*exporter$'], {
    encoding: 'utf8',
  })
  const packages = [...stdout.matchAll(/^prometheus-(\S+)-exporter /gm)].map(([, name]) => name)
  if (packages.length === 0) return t.skip('apt has no lists of packages')
  assert.deepEqual(
    packages.filter((name) => !names.includes(name) && !names.includes(`${name}-exporter`)),
    [],
  )
})
