/** A real broker that wants TLS and SASL: who it lets in, and whom it keeps out. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Secret } from '../../../src/base/secret.ts'
import { PLAIN_TLS } from '../../../src/config/http.ts'
import type { KafkaConfig, SaslConfig } from '../../../src/config/kafka.ts'
import { kafkaFault } from '../../../src/net/kafka/fault.ts'
import { MessageProducer, type OutMessage } from '../../../src/net/kafka/producer.ts'
import { type KafkaBroker, startKafka } from '../../support/kafka.ts'
import { freePort, missingComponents, temporaryFolder } from '../../support/processes.ts'

const skip = missingComponents('kafka') ?? false
const folder = temporaryFolder('kafka-security')
let broker: KafkaBroker
let address = ''

const MECHANISMS = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'

before(async () => {
  if (skip !== false) return
  const keys = join(folder.path, 'keys')
  mkdirSync(keys)
  makeCertificate(keys)
  const port = await freePort()
  address = `127.0.0.1:${port}`
  const jaas = 'listener.name.guarded'
  broker = await startKafka({
    folder: join(folder.path, 'kafka'),
    listeners: [{ name: 'GUARDED', protocol: 'SASL_SSL', port }],
    properties: [
      `sasl.enabled.mechanisms=${MECHANISMS}`,
      `${jaas}.sasl.enabled.mechanisms=${MECHANISMS}`,
      `${jaas}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="her secret";`,
      `${jaas}.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
      `${jaas}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
      `${jaas}.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${join(keys, 'broker.pem')}`,
    ],
    scramUsers: [
      'SCRAM-SHA-256=[name=ben,password=his-secret]',
      'SCRAM-SHA-512=[name=ben,password=his-secret]',
    ],
  })
})
after(async () => {
  await broker?.kill()
  folder.remove()
})

/** A key and a certificate for 127.0.0.1, signed by itself. */
function makeCertificate(keys: string): void {
  const key = join(keys, 'key.pem')
  const certificate = join(keys, 'ca.pem')
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=broker'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  )
  const both =
    openssl('pkcs8', '-topk8', '-nocrypt', '-in', key) + openssl('x509', '-in', certificate)
  writeFileSync(join(keys, 'broker.pem'), both)
}

function saslOf(
  mechanism: SaslConfig['mechanism'],
  username: string,
  password: string,
): SaslConfig {
  return {
    mechanism,
    username,
    password: new Secret(password),
    passwordFile: '',
    token: undefined,
    tokenFile: '',
  }
}

/** Makes a topic and writes into it. */
async function write(sasl: SaslConfig, more: Partial<KafkaConfig> = {}): Promise<void> {
  const producer = new MessageProducer({
    config: {
      brokers: [address],
      clientId: 'test',
      tls: { ...PLAIN_TLS, caFile: join(folder.path, 'keys/ca.pem') },
      sasl,
      ...more,
    },
    compression: 'gzip',
    timeoutMsMax: 3000,
  })
  try {
    const topic = `of-${sasl.mechanism}`
    await producer.createTopic({ topic, partitions: 1, replicas: 1 })
    const message: OutMessage = {
      topic,
      key: new Uint8Array(1),
      value: new Uint8Array(10),
      headers: [],
    }
    await producer.send([message])
  } finally {
    await producer.close()
  }
}

for (const [mechanism, username, password] of [
  ['PLAIN', 'ann', 'her secret'],
  ['SCRAM-SHA-256', 'ben', 'his-secret'],
  ['SCRAM-SHA-512', 'ben', 'his-secret'],
] as const) {
  test(`a broker takes messages over TLS from who shows the right password (${mechanism})`, {
    skip,
  }, async () => {
    await write(saslOf(mechanism, username, password))
  })

  test(`a wrong password is told as that, and is worth another try (${mechanism})`, {
    skip,
  }, async () => {
    await assert.rejects(write(saslOf(mechanism, username, 'wrong')), (error) => {
      const fault = kafkaFault(error)
      assert.ok(fault.isRetryable)
      assert.doesNotMatch(fault.message, /wrong/)
      assert.match(fault.reason, /authentication/)
      return true
    })
  })
}

/** A token that a broker of a test takes without a signature. */
function tokenOf(subject: string, aliveSeconds: number): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = { sub: subject, iat: nowSeconds - 60, exp: nowSeconds + aliveSeconds }
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

test('a broker takes messages from who shows a token, which is read when connecting', {
  skip,
}, async () => {
  const tokenFile = join(folder.path, 'token')
  const sasl: SaslConfig = {
    ...saslOf('OAUTHBEARER', '', ''),
    password: undefined,
    tokenFile,
  }
  writeFileSync(tokenFile, tokenOf('cat', -30))
  await assert.rejects(write(sasl), (error) => {
    const fault = kafkaFault(error)
    assert.ok(fault.isRetryable, 'another token may come')
    assert.equal(fault.reason, 'authentication')
    assert.match(fault.message, /the broker refuses the token: "invalid_token"/)
    return true
  })
  writeFileSync(tokenFile, `${tokenOf('cat', 600)}\n`)
  await write(sasl)
})

test('a broker whose certificate nobody vouches for is not talked to', { skip }, async () => {
  const ann = saslOf('PLAIN', 'ann', 'her secret')
  await assert.rejects(write(ann, { tls: PLAIN_TLS }), (error) => {
    const { isRetryable, message } = kafkaFault(error)
    assert.ok(isRetryable)
    assert.match(message, /certificate/)
    return true
  })
  await write(ann, { tls: { ...PLAIN_TLS, insecureSkipVerify: true } })
})
