/** The HTTP side of every role: one listener, guarded as the web configuration says. */
import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { NO_WEB_CONFIG, type WebConfig } from '../config/web.ts'
import { loadWebConfig } from '../config/webload.ts'
import { findUnguarded, parseListenAddress, requireSafeListen } from '../net/server/address.ts'
import type { IdentitySource } from '../net/server/identities.ts'
import type { Route, Witness } from '../net/server/message.ts'
import type { LateRoutes } from '../net/server/route.ts'
import { startServer } from '../net/server/server.ts'

/** What the flags say about listening. */
export interface WebOptions {
  readonly listenAddresses: readonly string[]
  /** '' for none. */
  readonly webConfigFile: string
  readonly insecureListen: boolean
  readonly hostNames: readonly string[]
  /** Whether POST /-/quit is allowed. */
  readonly lifecycle: boolean
  readonly connectionsMax: number
  /** All request bodies held at one time. */
  readonly inflightBytesMax: number
}

export interface WebDeps {
  readonly metrics: Metrics
  readonly log: Log
  readonly clock: Clock
  readonly requestBytesMax: number
  /** Adds to the web configuration what the role needs itself. */
  readonly admit?: (web: WebConfig) => WebConfig
  readonly routes: readonly Route[]
  /** Those that are made when they are asked for; none when absent. */
  readonly lateRoutes?: readonly LateRoutes[]
  /** Who is known beside the web configuration. */
  readonly identities?: IdentitySource
  /** Is told of changes and of wrong passwords. */
  readonly witness?: Witness
  /** Bound on what one caller changes; none when absent. */
  readonly changesPerSecondMax?: number
}

/** A listener. */
export interface Web {
  readonly url: string
  readonly ports: readonly number[]
  /** Who may come in, as it is now. */
  readonly config: WebConfig
  /** Reads the web configuration again. */
  reload(): void
}

/**
 * Reads the web configuration before anything is opened.
 *
 * @param admit adds those who may come in besides
 * @throws NarthexError `bad_data` for a file that cannot be used, or an unguarded address
 */
export function loadWeb(
  options: WebOptions,
  admit: (web: WebConfig) => WebConfig = (web) => web,
): WebConfig {
  const config = readWeb(options)
  requireGuard(options, admit(config))
  return config
}

/** The web configuration alone, for a role that has others to ask who comes. */
export function readWeb({ webConfigFile }: WebOptions): WebConfig {
  return webConfigFile === '' ? NO_WEB_CONFIG : loadWebConfig(webConfigFile)
}

/** @throws NarthexError `bad_data` where other machines could come in unknown */
export function requireGuard(
  { listenAddresses, insecureListen }: WebOptions,
  web: WebConfig,
): void {
  requireSafeListen(listenAddresses.map(parseListenAddress), web, insecureListen)
}

/** Whether other machines could come in unknown. */
export function isUnguarded(
  { listenAddresses, insecureListen }: WebOptions,
  web: WebConfig,
): boolean {
  const addresses = listenAddresses.map(parseListenAddress)
  return findUnguarded(addresses, web, insecureListen) !== undefined
}

/** Listens. @throws NarthexError `io` and `busy` for a port that cannot be had */
export async function startWeb(
  options: WebOptions,
  config: WebConfig,
  deps: WebDeps,
  life: Lifecycle,
): Promise<Web> {
  const { metrics, log, clock, routes, lateRoutes = [], requestBytesMax } = deps
  const { identities, witness, changesPerSecondMax = 0 } = deps
  const admit = deps.admit ?? ((web: WebConfig) => web)
  const server = life.own(
    await startServer({
      addresses: options.listenAddresses,
      web: admit(config),
      bcryptWorkerFile: new URL('./bcryptworker.js', import.meta.url),
      hostNames: [hostname(), ...options.hostNames],
      limits: {
        connectionsMax: options.connectionsMax,
        requestBytesMax,
        inflightBytesMax: options.inflightBytesMax,
        changesPerSecondMax,
      },
      metrics,
      log,
      clock,
      routes,
      lateRoutes,
      identities,
      witness,
    }),
  )
  let current = admit(config)
  return {
    url: server.url,
    ports: server.addresses.map(({ port }) => port),
    get config() {
      return current
    },
    reload() {
      if (options.webConfigFile === '') return
      current = admit(loadWebConfig(options.webConfigFile))
      server.reload(current)
    },
  }
}
