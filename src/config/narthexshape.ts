/** `narthex`: our own section, what Prometheus does not have. */
import { destinationList, type ListedDestination } from './destinationkinds.ts'
import { type GatewayConfig, gatewayShape } from './gateway.ts'
import { type HubConfig, hubShape } from './hubshape.ts'
import { type IngesterConfig, ingesterShape } from './ingester.ts'
import { duration, oneOf, truth } from './scalars.ts'
import { mapOf, type Shape } from './shape.ts'
import { type Shard, shardShape } from './shard.ts'
import { type UpstreamConfig, upstreamShape } from './upstream.ts'

/** Whether something of our own runs; `auto` leaves it to what else is configured. */
export type Switch = 'auto' | 'on' | 'off'

/** `narthex`: what Prometheus does not have. */
export interface NarthexConfig {
  /** The built-in host collector: on without a configuration file, unless said otherwise. */
  readonly host: { readonly mode: Switch; readonly intervalMs: number }
  /** The search for exporters on this machine: on without a configuration file. */
  readonly loopback: { readonly mode: Switch; readonly intervalMs: number }
  /** Whether `up` scrapes the targets of its own registry: without a configuration file. */
  readonly registry: { readonly mode: Switch }
  /** Whether targets and URLs that discovery found may be link-local or metadata addresses. */
  readonly allowLinkLocal: boolean
  /** Where samples leave for, besides `remote_write`. */
  readonly destinations: readonly ListedDestination[]
  /** How many destinations must have written before a receiver says so to its sender. */
  readonly policy: CommitPolicy
  /** Whose samples a gateway takes, and how. */
  readonly gateway: GatewayConfig
  /** Where a hub has content of its catalogue from. */
  readonly hub: HubConfig
  /** What an ingester reads. */
  readonly ingester: IngesterConfig
  /** Who answers the questions of a server instead of a store of its own. */
  readonly upstream: UpstreamConfig | undefined
  /** Which part of the targets is ours; undefined: as --shard says. */
  readonly shard: Shard | undefined
}

/** Acknowledged when all destinations, more than half of them, or one of them wrote. */
export type CommitPolicy = 'all' | 'quorum' | 'any'

const aSwitch = oneOf<Switch>(
  ['auto', 'on', 'off'],
  'auto',
  (word) => `unknown mode "${word}", wanted auto, on or off`,
)

/** The section; absent, its defaults. */
export const narthexShape: Shape<NarthexConfig> = mapOf(
  'narthex.plain',
  {
    host: mapOf(
      'narthex.plain',
      { mode: aSwitch, interval: duration(15_000) },
      (raw) => raw,
      (raw, place) => {
        if (raw.interval < 1000) {
          place.report.error(place.at('interval'), 'interval below 1s, wanted 1s or more')
        }
      },
    ),
    loopback: mapOf(
      'narthex.plain',
      { mode: aSwitch, interval: duration(60_000) },
      (raw) => raw,
      (raw, place) => {
        if (raw.interval < 10_000) {
          place.report.error(place.at('interval'), 'interval below 10s, wanted 10s or more')
        }
      },
    ),
    registry: mapOf('narthex.plain', { mode: aSwitch }, (raw) => raw),
    discovery: mapOf('narthex.plain', { allow_link_local: truth(false) }, (raw) => raw),
    destinations: destinationList,
    policy: oneOf<CommitPolicy>(
      ['all', 'quorum', 'any'],
      'all',
      (word) => `unknown policy "${word}", wanted all, quorum or any`,
    ),
    gateway: gatewayShape,
    hub: hubShape,
    ingester: ingesterShape,
    upstream: upstreamShape,
    shard: shardShape,
  },
  (raw): NarthexConfig => ({
    host: { mode: raw.host.mode ?? 'auto', intervalMs: raw.host.interval },
    loopback: {
      mode: raw.loopback.mode ?? 'auto',
      intervalMs: raw.loopback.interval,
    },
    registry: { mode: raw.registry.mode ?? 'auto' },
    allowLinkLocal: raw.discovery.allow_link_local,
    destinations: raw.destinations,
    policy: raw.policy ?? 'all',
    gateway: raw.gateway,
    hub: raw.hub,
    ingester: raw.ingester,
    upstream: raw.upstream,
    shard: raw.shard,
  }),
)
