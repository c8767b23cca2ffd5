/** What the `narthex` section says of Kafka, on both of its sides. */
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

const destinationOf = (keys: string): string =>
  `{destinations: [{name: k, type: kafka, brokers: ['a:9092'], topic: m, ${keys}}]}`
const sourceOf = (keys: string): string =>
  `{ingester: {kafka: {brokers: ['a:9092'], topics: [m], ${keys}}}}`

test('a kafka destination that says only where it is has the defaults', () => {
  const { config, errors } = readConfig(`narthex: ${destinationOf('')}`, 'p.yml', {})
  assert.deepEqual(errors, [])
  assert.deepEqual(config?.narthex.destinations, [
    {
      name: 'k',
      kind: 'kafka',
      brokers: ['a:9092'],
      clientId: 'narthex',
      tls: undefined,
      sasl: undefined,
      topic: 'm',
      encoding: 'protobuf',
      compression: 'zstd',
      tenant: '',
      messageBytesMax: 1_000_000,
      timeoutMsMax: 10_000,
      createTopic: true,
      partitions: undefined,
      replicas: undefined,
      relabel: [],
      queue: DEFAULT_QUEUE,
      sendExemplars: false,
      sendNativeHistograms: false,
    },
  ])
})

test('an ingester that says only what to read has the defaults', () => {
  const { config, errors } = readConfig(`narthex: ${sourceOf('')}`, 'p.yml', {})
  assert.deepEqual(errors, [])
  assert.deepEqual(config?.narthex.ingester.kafka, {
    brokers: ['a:9092'],
    clientId: 'narthex',
    tls: undefined,
    sasl: undefined,
    topics: ['m'],
    group: 'narthex',
    from: 'earliest',
    deadLetterTopic: '',
    tenantLabel: '',
    sessionMsMax: 15_000,
    heartbeatMs: 1000,
    rebalanceMsMax: 20_000,
    fetchBytesMax: 4 * 1024 * 1024,
    batchMessagesMax: 500,
    stallMsMax: 60_000,
  })
  const none = readConfig('narthex: {ingester: {}}', 'p.yml', {})
  assert.equal(none.config?.narthex.ingester.kafka, undefined)
})

test('TLS and passwords are read, files beside the configuration; the secret is never shown', () => {
  const sasl = 'sasl: {mechanism: SCRAM-SHA-512, username: ann, password: canary-1}'
  const tls = 'tls_config: {ca_file: ca.pem}'
  const { config, errors } = readConfig(
    `narthex: ${sourceOf(`${sasl}, ${tls}`)}`,
    '/etc/narthex/p.yml',
    {},
  )
  assert.deepEqual(errors, [])
  const kafka = config?.narthex.ingester.kafka
  assert.equal(kafka?.sasl?.mechanism, 'SCRAM-SHA-512')
  assert.equal(kafka?.sasl?.password?.reveal(), 'canary-1')
  assert.deepEqual(kafka?.tls, { ...PLAIN_TLS, caFile: '/etc/narthex/ca.pem' })
  assert.doesNotMatch(`${config?.yaml}${JSON.stringify(config)}`, /canary/)
})

for (const [section, message] of [
  ['{destinations: [{name: k, type: kafka, topic: m}]}', 'brokers are missing'],
  ['{destinations: [{name: k, type: kafka, brokers: [a], topic: m}]}', 'wanted host:port'],
  ["{destinations: [{name: k, type: kafka, brokers: ['a:1']}]}", '"" is no name of a topic'],
  [destinationOf('encoding: avro'), 'unknown encoding "avro", wanted protobuf or json'],
  [destinationOf('compression: br'), 'unknown compression "br"'],
  [destinationOf('message_max_bytes: 1000B'), 'message_max_bytes below 1KB'],
  [destinationOf('timeout: 0s'), 'timeout must be positive'],
  [destinationOf('partitions: 0'), 'partitions must be positive'],
  [destinationOf('replicas: 40000'), 'replicas must be between 1 and 32767'],
  [destinationOf('client_id: ""'), 'client_id is empty'],
  [destinationOf('sasl: {username: a}'), 'exactly one of password and password_file'],
  [destinationOf('sasl: {password: a}'), 'username of sasl is missing'],
  [destinationOf('sasl: {mechanism: NTLM}'), 'unknown SASL mechanism "NTLM"'],
  [destinationOf('sasl: {mechanism: OAUTHBEARER}'), 'exactly one of token and token_file'],
  [destinationOf('sasl: {mechanism: OAUTHBEARER, token: x, username: y}'), 'takes no username'],
  [destinationOf('sasl: {username: a, password: b, token: c}'), 'PLAIN takes no token'],
  ["{ingester: {kafka: {brokers: ['a:1']}}}", 'topics are missing'],
  ["{ingester: {kafka: {brokers: ['a:1'], topics: ['a b']}}}", '"a b" is no name of a topic'],
  [sourceOf('dead_letter_topic: m'), 'dead_letter_topic is one of the topics'],
  [sourceOf('dead_letter_topic: ".."'), '".." is no name of a topic'],
  [sourceOf('group: ""'), 'group is empty'],
  [sourceOf('from: now'), 'unknown start "now", wanted earliest or latest'],
  [sourceOf('heartbeat_interval: 8s'), 'heartbeat_interval must be at most half'],
  [sourceOf('rebalance_timeout: 5s'), 'rebalance_timeout must not be less'],
  [sourceOf('fetch_max_bytes: 1KB'), 'fetch_max_bytes below 64KB'],
  [sourceOf('batch_max_messages: 0'), 'batch_max_messages must be positive'],
  [sourceOf('stall_timeout: 0s'), 'stall_timeout must be positive'],
] as const) {
  test(`refused: ${section}`, () => {
    assert.ok(errorsOf(section).includes(message), errorsOf(section))
  })
}
