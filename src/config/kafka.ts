/** How a Kafka cluster is reached: what producers and consumers have in common. */
import type { Secret } from '../base/secret.ts'
import { countGiven } from './alternatives.ts'
import { PLAIN_TLS, type TlsConfig } from './http.ts'
import { filePath, oneOf, text, textOr, truth } from './scalars.ts'
import { type Keys, listOf, type MapPlace, mapOf, optional, type Shape, secret } from './shape.ts'
import { tlsClient } from './tlsshape.ts'

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

export type SaslMechanism = (typeof MECHANISMS)[number]

/** Who we are. Of text and file at most one is there; files are read for each connection. */
export interface SaslConfig {
  readonly mechanism: SaslMechanism
  readonly username: string
  readonly password: Secret | undefined
  /** Absolute path, or ''. */
  readonly passwordFile: string
  /** OAUTHBEARER */
  readonly token: Secret | undefined
  /** Absolute path, or ''. */
  readonly tokenFile: string
}

export interface KafkaConfig {
  /** `host:port` each, to begin with; the cluster names the others. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** undefined: without TLS. */
  readonly tls: TlsConfig | undefined
  readonly sasl: SaslConfig | undefined
}

/** Keys of every Kafka client. */
export interface RawKafka {
  readonly brokers: readonly string[]
  readonly client_id: string
  readonly tls: boolean
  readonly tls_config: TlsConfig | undefined
  readonly sasl: SaslConfig | undefined
}

const sasl: Shape<SaslConfig> = mapOf(
  'narthex.plain',
  {
    mechanism: oneOf<SaslMechanism>(
      MECHANISMS,
      'PLAIN',
      (word) => `unknown SASL mechanism "${word}", wanted ${MECHANISMS.join(', ')}`,
    ),
    username: text,
    password: secret,
    password_file: filePath,
    token: secret,
    token_file: filePath,
  },
  (raw) => ({
    mechanism: raw.mechanism ?? 'PLAIN',
    username: raw.username,
    password: raw.password,
    passwordFile: raw.password_file,
    token: raw.token,
    tokenFile: raw.token_file,
  }),
  (raw, place) => {
    const refuse = (message: string): void => place.report.error(place.mark, message)
    const passwords = countGiven([raw.password, raw.password_file])
    const tokens = countGiven([raw.token, raw.token_file])
    if (raw.mechanism === 'OAUTHBEARER') {
      if (tokens !== 1) refuse('exactly one of token and token_file of sasl must be given')
      if (passwords > 0 || raw.username !== '') refuse('OAUTHBEARER takes no username and password')
      return
    }
    if (raw.username === '') refuse('username of sasl is missing')
    if (passwords !== 1) refuse('exactly one of password and password_file of sasl must be given')
    if (tokens > 0) refuse(`${raw.mechanism} takes no token`)
  },
)

export const KAFKA_KEYS: Keys<RawKafka> = {
  brokers: listOf(text, 'empty or null address of a broker'),
  client_id: textOr('narthex'),
  tls: truth(false),
  tls_config: optional(tlsClient),
  sasl: optional(sasl),
}

export function buildKafka(raw: RawKafka): KafkaConfig {
  return {
    brokers: raw.brokers,
    clientId: raw.client_id,
    tls: raw.tls_config ?? (raw.tls ? PLAIN_TLS : undefined),
    sasl: raw.sasl,
  }
}

/** Says what is wrong about the keys that all clients have. */
export function checkKafka(raw: RawKafka, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.brokers.length === 0) refuse('brokers', 'brokers are missing')
  for (const address of raw.brokers) {
    if (isAddress(address)) continue
    refuse('brokers', `${JSON.stringify(address)} is no address of a broker, wanted host:port`)
  }
  if (raw.client_id === '') refuse('client_id', 'client_id is empty')
}

/** Whether Kafka takes this name of a topic. @source Kafka's org.apache.kafka.common.internals.Topic */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}

/** `host:port`, `[ipv6]:port` */
function isAddress(address: string): boolean {
  const port = Number(/^(?:[^\s:/[\]@]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(address)?.[1] ?? 0)
  return port > 0 && port <= 65_535
}
