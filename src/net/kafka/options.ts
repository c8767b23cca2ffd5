/** A Kafka cluster as the client library wants to be told of it. */
import { isIP } from 'node:net'
import type { BaseOptions } from '@platformatic/kafka'
import { NarthexError } from '../../base/error.ts'
import type { KafkaConfig, SaslConfig } from '../../config/kafka.ts'
import { secretOf } from '../client/credentials.ts'
import { tlsOptions } from '../client/tls.ts'

/** Longest a connection may take, in ms. */
const CONNECT_MS_MAX = 5000
/** What is shown of why a token is refused. */
const STATUS_LENGTH_MAX = 200

/**
 * What every client is opened with; files of certificates are read now, secrets when connecting.
 *
 * Tries are not repeated inside the library: who calls knows how long to wait, and what may have
 * changed meanwhile.
 */
export async function clientOptions(
  config: KafkaConfig,
  requestMsMax: number,
): Promise<BaseOptions> {
  const { brokers, tls, sasl } = config
  return {
    clientId: config.clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_MS_MAX,
    requestTimeout: requestMsMax,
    retries: 0,
    ...(tls === undefined ? {} : await tlsPart(brokers, tls)),
    ...(sasl === undefined ? {} : { sasl: saslPart(sasl) }),
  }
}

/** The name that is checked is the one of each broker, unless the configuration names one. */
async function tlsPart(
  brokers: readonly string[],
  config: NonNullable<KafkaConfig['tls']>,
): Promise<Pick<BaseOptions, 'tls' | 'tlsServerName'>> {
  const options = await tlsOptions(config, new URL(`https://${brokers[0]}`))
  if (config.serverName !== '') return { tls: options, tlsServerName: config.serverName }
  const { checkServerIdentity: _check, servername: _name, ...tls } = options
  const areNames = brokers.every((broker) => isIP(hostOf(broker)) === 0)
  return areNames ? { tls, tlsServerName: true } : { tls }
}

function hostOf(broker: string): string {
  return new URL(`https://${broker}`).hostname.replace(/^\[|\]$/g, '')
}

function saslPart(sasl: SaslConfig): NonNullable<BaseOptions['sasl']> {
  const { mechanism, username } = sasl
  if (mechanism === 'OAUTHBEARER') {
    const token = (): Promise<string> => secretOf(sasl.token, sasl.tokenFile)
    return { mechanism, token, authBytesValidator: requireToken }
  }
  return { mechanism, username, password: () => secretOf(sasl.password, sasl.passwordFile) }
}

/**
 * A broker that refuses a token says so in an answer that looks well otherwise.
 *
 * @source RFC 7628, 3.2.2: an error is an object with a status, success is empty
 */
function requireToken(
  answer: Buffer,
  callback: (error: Error | null, answer?: Buffer) => void,
): void {
  const status = statusIn(answer.toString())
  if (status === undefined) callback(null, answer)
  else callback(new NarthexError('forbidden', `the broker refuses the token: ${status}`))
}

/** The status that a broker gives; undefined where it gives none. */
function statusIn(text: string): string | undefined {
  if (text === '') return undefined
  try {
    const { status } = JSON.parse(text) as { readonly status?: unknown }
    return status === undefined ? undefined : JSON.stringify(status).slice(0, STATUS_LENGTH_MAX)
  } catch {
    return 'an answer that is no JSON'
  }
}
