/** remote_write: what entries say, their defaults, their names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/config.ts'
import { DEFAULT_QUEUE } from '../../src/config/destination.ts'
import { NO_PROXY, PLAIN_HTTP } from '../../src/config/http.ts'
import type { RemoteWriteDestination } from '../../src/config/remotewrite.ts'

function read(yaml: string): { entries: readonly RemoteWriteDestination[]; warnings: string[] } {
  const { config, errors, warnings } = readConfig(yaml, '', {})
  assert.deepEqual(errors, [])
  return { entries: config?.remoteWrite ?? [], warnings: warnings.map(({ message }) => message) }
}

test('an entry that says only its URL has the defaults of Prometheus', () => {
  const { entries, warnings } = read('remote_write: [{url: "http://h:1/api/v1/write?a=b"}]')
  assert.deepEqual(warnings, [])
  assert.equal(entries.length, 1)
  const { name, ...rest } = entries[0]
  assert.match(name, /^[0-9a-f]{6}$/)
  assert.deepEqual(rest, {
    kind: 'remote_write',
    url: 'http://h:1/api/v1/write?a=b',
    timeoutMs: 30_000,
    headers: [],
    relabel: [],
    queue: DEFAULT_QUEUE,
    sendExemplars: false,
    sendNativeHistograms: false,
    message: 'prometheus.WriteRequest',
    roundRobinDns: false,
    metadata: { send: true, intervalMs: 60_000, familiesPerSendMax: 2000 },
    http: PLAIN_HTTP,
  })
})

test('every option arrives', () => {
  const { entries } = read(`
remote_write:
  - url: https://h/write
    name: far
    remote_timeout: 7s
    headers: {X-Scope-OrgID: team, X-Other: b}
    write_relabel_configs:
      - {source_labels: [__name__], regex: go_.*, action: drop}
    send_exemplars: true
    send_native_histograms: true
    round_robin_dns: true
    protobuf_message: io.prometheus.write.v2.Request
    basic_auth: {username: u, password: p}
    tls_config: {insecure_skip_verify: true}
    proxy_url: http://proxy:3128
    follow_redirects: false
    queue_config:
      capacity: 5000
      max_shards: 9
      min_shards: 2
      max_samples_per_send: 1000
      batch_send_deadline: 2s
      min_backoff: 10ms
      max_backoff: 1s
      retry_on_http_429: true
      sample_age_limit: 5m
    metadata_config: {send: false, send_interval: 3m, max_samples_per_send: 10}
`)
  const [entry] = entries
  assert.equal(entry.name, 'far')
  assert.equal(entry.timeoutMs, 7000)
  assert.deepEqual(entry.headers, [
    ['X-Scope-OrgID', 'team'],
    ['X-Other', 'b'],
  ])
  assert.equal(entry.relabel.length, 1)
  assert.ok(entry.sendExemplars && entry.sendNativeHistograms && entry.roundRobinDns)
  assert.equal(entry.message, 'io.prometheus.write.v2.Request')
  assert.deepEqual(entry.queue, {
    ...DEFAULT_QUEUE,
    capacitySamples: 5000,
    shardsMax: 9,
    shardsMin: 2,
    samplesPerSendMax: 1000,
    batchSendDeadlineMs: 2000,
    backoffMsMin: 10,
    backoffMsMax: 1000,
    retryOn429: true,
    sampleAgeMsMax: 300_000,
  })
  assert.deepEqual(entry.metadata, { send: false, intervalMs: 180_000, familiesPerSendMax: 10 })
  assert.equal(entry.http.basicAuth?.username, 'u')
  assert.equal(entry.http.basicAuth?.password?.reveal(), 'p')
  assert.equal(entry.http.followRedirects, false)
  assert.ok(entry.http.tls.insecureSkipVerify)
  assert.notEqual(entry.http.proxy, NO_PROXY)
})

test('C17: a name without one is made of the settings, and unique where they stand twice', () => {
  const one = (yaml: string): readonly string[] => read(yaml).entries.map(({ name }) => name)
  const [plain] = one('remote_write: [{url: "http://h/a"}]')
  assert.deepEqual(one('# moved\nremote_write:\n  - url: http://h/a'), [plain])
  assert.notDeepEqual(one('remote_write: [{url: "http://h/b"}]'), [plain])
  assert.deepEqual(one('remote_write: [{url: "http://h/a"}, {url: "http://h/a"}]'), [
    plain,
    `${plain}-2`,
  ])
})

test('ways to sign that do not work yet are taken with a warning', () => {
  for (const way of [
    'sigv4: {region: r}',
    'azuread: {cloud: c}',
    'google_iam: {credentials_file: f}',
  ]) {
    const { warnings } = read(`remote_write: [{url: "http://h", ${way}}]`)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0], /^remote_write \w+ is not supported yet/)
  }
})

test('another message than the two of the protocol is refused', () => {
  const { errors } = readConfig('remote_write: [{url: "http://h", protobuf_message: x}]', '', {})
  assert.match(
    errors[0].message,
    /^invalid protobuf_message value: unknown type for remote write protobuf message x, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request$/,
  )
})

for (const address of ['ftp://h/write', 'h.example:80/write', 'http:///write']) {
  test(`${address} is no address to write to, which is said with its place`, () => {
    const { warnings } = readConfig(`remote_write:\n  - url: ${address}\n`, '', {})
    const message = 'cannot write to this URL: wanted http:// or https:// with a host'
    assert.deepEqual(
      warnings.map((each) => [each.line, each.column, each.message]),
      [[2, 10, message]],
    )
  })
}
