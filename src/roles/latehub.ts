/** The rooms of a hub inside a role that does other things first: loaded once they are needed. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock, type Timer } from '../base/clock.ts'
import { messageOf } from '../base/error.ts'
import { Lifecycle, type Running } from '../base/lifecycle.ts'
import type { Secret } from '../base/secret.ts'
import type { WebConfig } from '../config/web.ts'
import { RememberedAccounts } from '../hub/accounts/remembered.ts'
import {
  type IdentitySource,
  type KnownIdentities,
  NOBODY_ELSE,
  nobodyKnown,
} from '../net/server/identities.ts'
import type { Identity, Route, Witness } from '../net/server/message.ts'
import type { LateRoutes } from '../net/server/route.ts'
import { databaseName, recordsFile } from '../records/place.ts'
import type { Admitting, AdmittingOptions } from './admitting.ts'
import type { Cataloguing, CataloguingDeps, CataloguingOptions } from './cataloguing.ts'
import type { Registering, RegisteringDeps, RegisteringOptions } from './registering.ts'
import { isUnguarded, type WebOptions } from './web.ts'

/** How long after something could not be opened it is tried again, in ms. */
const RETRY_MS = 10_000

/** How long what is left to write may take at the end: a database that hangs keeps no store open. */
const STOP_MS_MAX = 2000

/** What the paths of the two parts begin with. */
const REGISTERING_PREFIXES: readonly string[] = [
  ...['/api/v1/sd/', '/sd/http', '/api/v1/hub/session', '/api/v1/hub/users'],
  ...['/api/v1/hub/tokens', '/api/v1/hub/audit'],
]
const CATALOGUING_PREFIXES: readonly string[] = ['/api/v1/hub/']

/** Changes that are kept; what is pushed is none. */
const WITNESSED: readonly string[] = ['/api/v1/hub/', '/api/v1/sd/', '/-/']

export interface LateHubOptions
  extends RegisteringOptions,
    CataloguingOptions,
    Omit<AdmittingOptions, 'changesPerSecondMax'> {
  readonly web: WebOptions
}

export interface LateHubDeps
  extends RegisteringDeps,
    Omit<CataloguingDeps, 'records' | 'registry'> {
  /** Gets what is to be scraped, while the registry is open. */
  followRegistry(registering: Registering): Running
  /** The web configuration as it is now; without accounts it guards the listener alone. */
  web(): WebConfig
  /** With which the role scrapes itself. */
  readonly selfToken: Secret
}

/** Records, and what needs nothing else. */
interface Opened extends Registering {
  readonly admitting: Admitting
  /** Accounts, also while their database is away. */
  readonly identities: IdentitySource
}

const SELF: Identity = { name: 'narthex', role: 'viewer' }

/**
 * Two parts: records, registry and accounts take some 8 MB, the catalogue some 44 more, and a server
 * that nobody asks for either has none of it.
 */
export class LateHub implements Running {
  readonly #options: LateHubOptions
  readonly #deps: LateHubDeps
  readonly #clock: Clock = systemClock
  readonly #life = new Lifecycle()
  #opened: Opened | undefined
  #registering: Promise<Opened> | undefined
  #cataloguing: Promise<Cataloguing> | undefined
  #timer: Timer | undefined
  #lastError = ''
  #isStopped = false

  constructor(options: LateHubOptions, deps: LateHubDeps) {
    this.#options = options
    this.#deps = deps
  }

  get routes(): readonly LateRoutes[] {
    return [
      {
        prefixes: REGISTERING_PREFIXES,
        load: async () => (await this.#openRegistering()).routes,
      },
      {
        prefixes: CATALOGUING_PREFIXES,
        load: async () => (await this.#openCataloguing()).routes,
      },
      { prefixes: ['/api/v1/openapi.json'], load: () => this.#describe() },
    ]
  }

  /** Accounts of the records, and the role itself, which is known in any case. */
  readonly identities: IdentitySource = {
    known: async (isUrgent) => {
      if (this.#opened === undefined && !this.#hasRecords()) return NOBODY_ELSE
      return this.#withSelf(await this.#known(isUrgent).catch(nobodyKnown))
    },
  }

  /** The audit log begins with the records. */
  readonly witness: Witness = {
    changed: (changing) => {
      const { path } = changing.route
      if (!WITNESSED.some((prefix) => path.startsWith(prefix))) return
      this.#opened?.admitting.witness.changed(changing)
    },
    refused: (name, address) => this.#opened?.admitting.witness.refused(name, address),
  }

  /** Opens what has something to do without being asked: targets to scrape, sources to read. */
  start(): void {
    const { configuration } = this.#deps
    const hasSources = configuration.current.narthex.hub.sources.length > 0
    if (hasSources) this.#openSoon(() => this.#openCataloguing())
    else if (this.#hasRecords()) this.#openSoon(() => this.#openWhatIsUsed())
    configuration.follow(({ narthex }) => {
      if (narthex.hub.sources.length > 0) this.#openSoon(() => this.#openCataloguing())
    })
  }

  /** Reads the catalogue again, where it is in memory. */
  async reload(): Promise<void> {
    const opened = await this.#cataloguing?.catch(() => undefined)
    await opened?.reload()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    const late = Promise.withResolvers<void>()
    const timer = this.#clock.after(STOP_MS_MAX, late.resolve)
    await Promise.race([this.#stopParts(), late.promise])
    timer.cancel()
  }

  async #stopParts(): Promise<void> {
    await Promise.allSettled([this.#registering, this.#cataloguing])
    await this.#life.stop()
  }

  async #known(isUrgent: boolean): Promise<KnownIdentities> {
    const { identities } = this.#opened ?? (await this.#openRegistering())
    return await identities.known(isUrgent)
  }

  #hasRecords(): boolean {
    const { databaseUrl, storagePath } = this.#options
    return databaseUrl !== undefined || existsSync(recordsFile(storagePath))
  }

  /** Sources that people have added are asked although nobody looks at the catalogue. */
  async #openWhatIsUsed(): Promise<void> {
    const { records } = await this.#openRegistering()
    if ((await records.sources.settings()).length > 0) await this.#openCataloguing()
  }

  #openSoon(open: () => Promise<unknown>): void {
    if (this.#isStopped) return
    open().catch((error: unknown) => {
      const message = messageOf(error)
      if (message !== this.#lastError) {
        this.#deps.log.warn('the hub could not be opened, trying again', { error: message })
      }
      this.#lastError = message
      this.#timer = this.#clock.after(RETRY_MS, () => this.#openSoon(open))
    })
  }

  #withSelf(known: KnownIdentities): KnownIdentities {
    const own = digestOf(this.#deps.selfToken.reveal())
    return {
      asks: known.asks,
      stranger: known.stranger,
      user: (name) => known.user(name),
      token: (text, address) =>
        timingSafeEqual(digestOf(text), own) ? SELF : known.token(text, address),
      session: (secret) => known.session(secret),
      ...(known.failure === undefined ? {} : { failure: known.failure }),
    }
  }

  #openRegistering(): Promise<Opened> {
    this.#registering ??= this.#register().catch((error: unknown) => {
      this.#registering = undefined
      throw error
    })
    return this.#registering
  }

  #openCataloguing(): Promise<Cataloguing> {
    this.#cataloguing ??= this.#catalogue().catch((error: unknown) => {
      this.#cataloguing = undefined
      throw error
    })
    return this.#cataloguing
  }

  async #describe(): Promise<readonly Route[]> {
    const { descriptionRoute } = await import('../serve/openapi/document.ts')
    const parts = await Promise.all([this.#openRegistering(), this.#openCataloguing()])
    return [
      descriptionRoute(
        'narthex hub',
        parts.flatMap(({ routes }) => routes),
      ),
    ]
  }

  async #register(): Promise<Opened> {
    const { log, metrics, scheme, web } = this.#deps
    const [{ startRegistering }, { openAdmitting }] = await Promise.all([
      import('./registering.ts'),
      import('./admitting.ts'),
    ])
    const deps = { ...this.#deps, mayBeAway: true }
    const registering = await startRegistering(this.#options, deps, this.#life)
    const admitting = openAdmitting(
      this.#options,
      {
        ...{ records: registering.records, options: this.#options.web, web, scheme },
        ...{ log, metrics },
      },
      this.#life,
    )
    this.#life.own(this.#deps.followRegistry(registering))
    const routes = [...registering.routes, ...admitting.routes]
    const identities = this.#remembered(admitting)
    this.#opened = { ...registering, routes, admitting, identities }
    return this.#opened
  }

  /** A file on this disk is there or not; only a database of its own can be away. */
  #remembered({ accounts, identities }: Admitting): IdentitySource {
    const { databaseUrl, storagePath, web: options } = this.#options
    if (databaseUrl === undefined) return identities
    return this.#life.own(
      new RememberedAccounts({
        accounts,
        file: join(storagePath, 'without-accounts'),
        database: databaseName(databaseUrl, process.env),
        alwaysAsks: () => isUnguarded(options, this.#deps.web()),
        clock: this.#clock,
        log: this.#deps.log,
      }),
    )
  }

  async #catalogue(): Promise<Cataloguing> {
    const { records, registry } = await this.#openRegistering()
    const { startCataloguing } = await import('./cataloguing.ts')
    return await startCataloguing(this.#options, { ...this.#deps, records, registry }, this.#life)
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
