/** `narthex.gateway`: whose samples a gateway takes, under which labels, and from which of a pair. */
import type { Secret } from '../base/secret.ts'
import { type Labels, labelsFrom } from '../model/labels.ts'
import { duration, filePath, text, textOr } from './scalars.ts'
import { entriesOf, listOf, type MapPlace, mapOf, optional, type Shape, secret } from './shape.ts'

/** Somebody with a token of their own. */
export interface TenantConfig {
  readonly name: string
  /** Of token and file exactly one is there. */
  readonly token: Secret | undefined
  /** Absolute path, or ''. */
  readonly tokenFile: string
  /** Added to every series; they win over what is sent. */
  readonly labels: Labels
}

/** Pairs that send the same. */
export interface HaConfig {
  readonly clusterLabel: string
  readonly replicaLabel: string
  readonly failoverMs: number
}

export interface GatewayConfig {
  readonly tenants: readonly TenantConfig[]
  /** undefined: all replicas are taken. */
  readonly ha: HaConfig | undefined
}

interface RawTenant {
  readonly name: string
  readonly token: Secret | undefined
  readonly token_file: string
  readonly labels: readonly (readonly [string, string])[]
}

const tenant = mapOf<RawTenant, TenantConfig>(
  'narthex.plain',
  { name: text, token: secret, token_file: filePath, labels: entriesOf(text) },
  (raw) => ({
    name: raw.name,
    token: raw.token,
    tokenFile: raw.token_file,
    labels: labelsFrom(raw.labels),
  }),
  (raw, place) => {
    if (raw.name === '') place.report.error(place.mark, 'name of a tenant is empty')
    if ((raw.token === undefined) === (raw.token_file === '')) {
      const message = `exactly one of token and token_file of tenant "${raw.name}" must be given`
      place.report.error(place.mark, message)
    }
    checkLabelNames(raw.labels, place)
  },
)

function checkLabelNames(labels: RawTenant['labels'], place: MapPlace): void {
  for (const [name] of labels) {
    if (name !== '' && name !== '__name__') continue
    place.report.error(place.at('labels'), `"${name}" is no label that a tenant can add`)
  }
}

const ha: Shape<HaConfig> = mapOf(
  'narthex.plain',
  {
    cluster_label: textOr('cluster'),
    replica_label: textOr('__replica__'),
    failover_timeout: duration(30_000),
  },
  (raw) => ({
    clusterLabel: raw.cluster_label,
    replicaLabel: raw.replica_label,
    failoverMs: raw.failover_timeout,
  }),
  (raw, place) => {
    if (raw.cluster_label === raw.replica_label) {
      place.report.error(place.mark, 'cluster_label and replica_label must differ')
    }
    if (raw.failover_timeout <= 0) {
      place.report.error(place.at('failover_timeout'), 'failover_timeout must be positive')
    }
  },
)

/** The section; absent, nobody is a tenant and all replicas are taken. */
export const gatewayShape: Shape<GatewayConfig> = mapOf(
  'narthex.plain',
  { tenants: listOf(tenant, 'empty or null tenant'), ha: optional(ha) },
  (raw): GatewayConfig => ({ tenants: raw.tenants, ha: raw.ha }),
  (raw, place) => {
    const names = raw.tenants.map((one) => one.name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) place.report.error(place.at('tenants'), `two tenants named "${twice}"`)
  },
)
