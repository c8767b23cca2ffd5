/** Who sends to a gateway: tenants by their tokens, and the doors through which samples enter. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/error.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Door, OPEN_DOOR, openDoor } from '../collect/receive/door.ts'
import { REPLICA_OPTIONS, Replicas } from '../collect/receive/replicas.ts'
import type { GatewayConfig, HaConfig, TenantConfig } from '../config/gateway.ts'
import type { WebConfig } from '../config/web.ts'
import type { SenderStatus, SendersView } from '../model/sending.ts'

/** What the names of tenants are among all who may come in. */
const TENANT_PREFIX = 'tenant:'

/**
 * The web configuration with the tokens of tenants, who may write and look, nothing else.
 *
 * @throws NarthexError `bad_data` for a token file that cannot be read, for a token that is empty, and
 *   for one that is somebody else's: whose samples they are would be left to chance
 */
export function admitTenants(web: WebConfig, tenants: readonly TenantConfig[]): WebConfig {
  if (tenants.length === 0) return web
  const owners = new Map(web.tokens.map(({ name, sha256 }) => [sha256.toLowerCase(), name]))
  const tokens = tenants.map((tenant) => {
    const sha256 = createHash('sha256').update(readToken(tenant)).digest('hex')
    const owner = owners.get(sha256)
    if (owner !== undefined) {
      const message = `cannot admit tenant ${tenant.name}: its token is that of ${owner}, wanted one of its own`
      throw new NarthexError('bad_data', message)
    }
    owners.set(sha256, `tenant ${tenant.name}`)
    return { name: TENANT_PREFIX + tenant.name, sha256, role: 'editor' as const }
  })
  return { ...web, tokens: [...web.tokens, ...tokens] }
}

function readToken({ name, token, tokenFile }: TenantConfig): string {
  const text = tokenFile === '' ? (token?.reveal() ?? '') : readTokenFile(name, tokenFile)
  if (text !== '') return text
  throw new NarthexError('bad_data', `cannot admit tenant ${name}: its token is empty`)
}

function readTokenFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new NarthexError('bad_data', `cannot admit tenant ${name}: ${messageOf(error)}`, error)
  }
}

/** Senders of all lists, with the names of their tenants as the configuration has them. */
export function withTenantNames(views: readonly (SendersView | undefined)[]): SendersView {
  const bare = (name: string): string =>
    name.startsWith(TENANT_PREFIX) ? name.slice(TENANT_PREFIX.length) : name
  const named = (sender: SenderStatus): SenderStatus => ({
    ...sender,
    name: bare(sender.name),
    tenant: bare(sender.tenant),
  })
  return { senders: () => views.flatMap((view) => view?.senders().map(named) ?? []) }
}

interface TenantDoor {
  /** Its labels as one text. */
  readonly key: string
  readonly door: Door
}

/** The doors of a gateway, by who sends; a door stays the same while its configuration does. */
export class Doors {
  readonly #clock: Clock
  readonly #metrics: Metrics
  #shared: Door = OPEN_DOOR
  #ha: HaConfig | undefined
  #replicas: Replicas | undefined
  #byIdentity: ReadonlyMap<string, TenantDoor> = new Map()

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock
    this.#metrics = metrics
  }

  /** Follows a configuration. */
  apply({ tenants, ha }: GatewayConfig): void {
    const isSame = JSON.stringify(ha) === JSON.stringify(this.#ha)
    if (!isSame) {
      this.#ha = ha
      this.#replicas =
        ha === undefined
          ? undefined
          : new Replicas({ ...REPLICA_OPTIONS, ...ha }, this.#clock, this.#metrics)
      this.#shared = ha === undefined ? OPEN_DOOR : openDoor('', [], this.#replicas)
    }
    const byIdentity = new Map<string, TenantDoor>()
    for (const { name, labels } of tenants) {
      const identity = TENANT_PREFIX + name
      const key = JSON.stringify(labels)
      const known = isSame ? this.#byIdentity.get(identity) : undefined
      const door = known?.key === key ? known.door : openDoor(name, labels, this.#replicas)
      byIdentity.set(identity, { key, door })
    }
    this.#byIdentity = byIdentity
  }

  of(identity: string): Door {
    return this.#byIdentity.get(identity)?.door ?? this.#shared
  }
}
