/** `type: gateway`: the columnar stream to one of several narthex gateways. */
import { type DestinationBase, destinationOf } from '../destination.ts'
import type { Authorization, TlsConfig } from '../http.ts'
import { PLAIN_TLS } from '../http.ts'
import { authorization } from '../httpshape.ts'
import { duration, text, truth } from '../scalars.ts'
import { listOf, optional, type Shape } from '../shape.ts'
import { tlsClient } from '../tlsshape.ts'

export interface GatewayDestination extends DestinationBase {
  readonly kind: 'gateway'
  /** `host:port` each; an agent begins at one of them and goes to the next when it fails. */
  readonly addresses: readonly string[]
  /** undefined: without TLS. */
  readonly tls: TlsConfig | undefined
  readonly authorization: Authorization | undefined
  /** How the gateway calls this agent; '' for the name of the machine. */
  readonly agentName: string
  /** How long a gateway has to say welcome. */
  readonly connectMsMax: number
  /** How long it has for an answer. */
  readonly answerMsMax: number
  /** How long it may say that it is busy before another one is tried. */
  readonly busyMsMax: number
}

interface RawGateway {
  readonly addresses: readonly string[]
  readonly tls: boolean
  readonly tls_config: TlsConfig | undefined
  readonly authorization: Authorization | undefined
  readonly agent_name: string
  readonly connect_timeout: number
  readonly remote_timeout: number
  readonly busy_timeout: number
}

export const gatewayDestination: Shape<GatewayDestination> = destinationOf(
  'gateway',
  {
    addresses: listOf(text, 'empty or null address of a gateway'),
    tls: truth(false),
    tls_config: optional(tlsClient),
    authorization: optional(authorization),
    agent_name: text,
    connect_timeout: duration(5000),
    remote_timeout: duration(30_000),
    busy_timeout: duration(30_000),
  },
  (raw: RawGateway) => ({
    addresses: raw.addresses,
    tls: raw.tls_config ?? (raw.tls ? PLAIN_TLS : undefined),
    authorization: raw.authorization,
    agentName: raw.agent_name,
    connectMsMax: raw.connect_timeout,
    answerMsMax: raw.remote_timeout,
    busyMsMax: raw.busy_timeout,
  }),
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    if (raw.addresses.length === 0) refuse('addresses', 'addresses of a gateway are missing')
    for (const address of raw.addresses) {
      if (isAddress(address)) continue
      refuse('addresses', `${JSON.stringify(address)} is no address of a gateway, wanted host:port`)
    }
    for (const key of ['connect_timeout', 'remote_timeout', 'busy_timeout'] as const) {
      if (raw[key] <= 0) refuse(key, `${key} must be positive`)
    }
  },
)

/** `host:port`, `[ipv6]:port` */
function isAddress(address: string): boolean {
  const port = Number(/^(?:[^\s:/[\]@]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(address)?.[1] ?? 0)
  return port > 0 && port <= 65_535
}
