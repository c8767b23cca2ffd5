/** A Kafka cluster as the client library wants to be told of it. */
import { isIP } from 'node:net'
import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaConfig, SaslConfig } from '../../config/kafka.ts'
import { secretOf } from '../client/credentials.ts'
import { tlsOptions } from '../client/tls.ts'

/** Longest a connection may take, in ms. */
const CONNECT_MS_MAX = 5000

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
    return { mechanism, token: () => secretOf(sasl.token, sasl.tokenFile) }
  }
  return { mechanism, username, password: () => secretOf(sasl.password, sasl.passwordFile) }
}
