/** What the `narthex` section says of gateways, on both of their sides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/config.ts'
import { DEFAULT_QUEUE } from '../../src/config/destination.ts'
import { PLAIN_TLS } from '../../src/config/http.ts'
import { formatProblem } from '../../src/config/report.ts'

function errorsOf(section: string): string {
  const { errors } = readConfig(`narthex: ${section}`, '/etc/n/p.yml', {})
  return errors.map(formatProblem).join('\n')
}

function gatewayOf(keys: string): string {
  return `{destinations: [{name: g, type: gateway, ${keys}}]}`
}

test('a gateway destination that says only where it is has the defaults', () => {
  const { config, errors } = readConfig(`narthex: ${gatewayOf("addresses: ['a:1']")}`, 'p.yml', {})
  assert.deepEqual(errors, [])
  assert.deepEqual(config?.narthex.destinations, [
    {
      name: 'g',
      kind: 'gateway',
      addresses: ['a:1'],
      tls: undefined,
      authorization: undefined,
      agentName: '',
      connectMsMax: 5000,
      answerMsMax: 30_000,
      busyMsMax: 30_000,
      relabel: [],
      queue: DEFAULT_QUEUE,
      sendExemplars: false,
      sendNativeHistograms: false,
    },
  ])
})

test('a gateway destination reads TLS, its token and its times; the token is never shown', () => {
  const keys = `addresses: ['a.example:9393', '[::1]:9393'], agent_name: edge, tls: true,
    authorization: {credentials: geheim}, connect_timeout: 1s, remote_timeout: 2s, busy_timeout: 3s`
  const { config, errors } = readConfig(`narthex: ${gatewayOf(keys)}`, '/etc/n/p.yml', {})
  assert.deepEqual(errors, [])
  const [gateway] = config?.narthex.destinations ?? []
  assert.ok(gateway.kind === 'gateway')
  assert.deepEqual(gateway.addresses, ['a.example:9393', '[::1]:9393'])
  assert.equal(gateway.tls, PLAIN_TLS)
  assert.equal(gateway.authorization?.credentials?.reveal(), 'geheim')
  assert.deepEqual(
    [gateway.agentName, gateway.connectMsMax, gateway.answerMsMax, gateway.busyMsMax],
    ['edge', 1000, 2000, 3000],
  )
  assert.ok(!config?.yaml.includes('geheim'))
  const files = gatewayOf("addresses: ['a:1'], tls_config: {ca_file: ca.pem}")
  const [other] = readConfig(`narthex: ${files}`, '/etc/n/p.yml', {}).config?.narthex
    .destinations ?? [undefined]
  assert.ok(other?.kind === 'gateway')
  assert.equal(other.tls?.caFile, '/etc/n/ca.pem')
})

test('tenants and replicas are read', () => {
  const section = `{gateway: {
    tenants: [{name: a, token: geheim, labels: {tenant: a, zone: x}}, {name: b, token_file: b.token}],
    ha: {replica_label: replica}}}`
  const { config, errors } = readConfig(`narthex: ${section}`, '/etc/n/p.yml', {})
  assert.deepEqual(errors, [])
  const { tenants = [], ha } = config?.narthex.gateway ?? {}
  assert.deepEqual(ha, { clusterLabel: 'cluster', replicaLabel: 'replica', failoverMs: 30_000 })
  assert.deepEqual(tenants[0].labels, ['tenant', 'a', 'zone', 'x'])
  assert.equal(tenants[0].token?.reveal(), 'geheim')
  assert.equal(tenants[1].tokenFile, '/etc/n/b.token')
  assert.ok(!config?.yaml.includes('geheim'))
  const none = readConfig('', 'p.yml', {}).config?.narthex.gateway
  assert.deepEqual(none, { tenants: [], ha: undefined })
})

for (const [section, wanted] of [
  [gatewayOf(''), 'addresses of a gateway are missing'],
  [gatewayOf("addresses: ['http://a:1']"), 'is no address of a gateway, wanted host:port'],
  [gatewayOf("addresses: ['a:0']"), 'is no address of a gateway'],
  [gatewayOf("addresses: ['a:70000']"), 'is no address of a gateway'],
  [gatewayOf('addresses: [a]'), 'is no address of a gateway'],
  [gatewayOf("addresses: ['a:1'], remote_timeout: 0s"), 'remote_timeout must be positive'],
  [gatewayOf("addresses: ['a:1'], adresses: []"), 'adresses'],
  ['{gateway: {tenants: [{name: a}]}}', 'exactly one of token and token_file of tenant "a"'],
  ['{gateway: {tenants: [{name: a, token: x, token_file: y}]}}', 'exactly one of token'],
  ['{gateway: {tenants: [{token: x}]}}', 'name of a tenant is empty'],
  ['{gateway: {tenants: [{name: a, token: x}, {name: a, token: y}]}}', 'two tenants named "a"'],
  [
    '{gateway: {tenants: [{name: a, token: x, labels: {__name__: m}}]}}',
    'is no label that a tenant can add',
  ],
  ['{gateway: {ha: {cluster_label: a, replica_label: a}}}', 'must differ'],
  ['{gateway: {ha: {failover_timeout: 0s}}}', 'failover_timeout must be positive'],
] as const) {
  test(`refused: ${section}`, () => {
    assert.ok(errorsOf(section).includes(wanted), errorsOf(section))
  })
}
