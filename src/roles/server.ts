/** `narthex server`: keeps what is pushed and answers, or lets an existing engine answer. */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { openPushedMetadata } from '../collect/receive/metadata.ts'
import type { UpstreamConfig } from '../config/upstream.ts'
import type { Route } from '../net/server/message.ts'
import { QUERY_LIMITS } from '../query/host/limits.ts'
import { featuresFrom } from '../query/promql/features.ts'
import { openUpstream } from '../send/upstream/upstream.ts'
import { openPages } from '../serve/pages.ts'
import { metadataRoutes, operationRoutes, sendingRoutes } from '../serve/routes.ts'
import { upstreamRoutes } from '../serve/upstream.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { warnOfFeatures } from './features.ts'
import { forwardingAppender } from './forwarding.ts'
import { type KeepingOptions, startKeeping } from './keeping.ts'
import { NO_METADATA } from './metadata.ts'
import { openPush, type Push, type PushLimits } from './push.ts'
import { receivingRoutes, startOtlpGrpc } from './receiving.ts'
import type { Running } from './running.ts'
import { type SendingOptions, startSendingRoom } from './sending.ts'
import { upstreamOf } from './upstream.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface ServerOptions extends KeepingOptions {
  readonly configFile: string
  /** URL of an engine that answers instead of a store; '' for what the configuration says. */
  readonly upstreamUrl: string
  readonly web: WebOptions
  readonly push: PushLimits
  readonly send: SendingOptions
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/** What differs between a server that keeps and one that asks. */
interface Answering {
  readonly routes: readonly Route[]
  readonly pages: readonly Route[]
  readonly retention: string
  readonly damageCount: () => number
  /** What is pushed; absent where nothing is kept. */
  readonly push?: Push
}

interface Tools {
  readonly log: Log
  readonly metrics: Metrics
  readonly isReady: () => boolean
}

/**
 * Starts the rooms; `life` stops them in the opposite order.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a port
 *   or data folder that cannot be had
 */
export async function startServerRole(
  options: ServerOptions,
  log: Log,
  life: Lifecycle,
): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const webConfig = loadWeb(options.web)
  const configuration = new Configuration({ file: options.configFile, clock, log, metrics })
  warnOfFeatures(options.features, log)
  let isReady = false
  const tools = { log, metrics, isReady: () => isReady }
  const upstream = upstreamOf(options.upstreamUrl, configuration)
  const { routes, pages, retention, damageCount, push } =
    upstream === undefined
      ? await startKept(options, configuration, tools, life)
      : startAsking(options, upstream, tools, life)
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: options.push.requestBytesMax,
      routes: [
        ...operationRoutes(
          operationDeps(options, configuration, {
            metrics,
            isReady: tools.isReady,
            damageCount,
            retention,
          }),
        ),
        ...routes,
        ...pages,
      ],
    },
    life,
  )
  const { insecureListen } = options.web
  const grpcDeps = { log, metrics, web: () => web.config, insecureListen }
  const reloadGrpc =
    push === undefined ? undefined : await startOtlpGrpc(options.push, push, grpcDeps, life)
  configuration.follow(() => {
    if (!isReady) return
    web.reload()
    reloadGrpc?.()
  })
  await configuration.start(() => configuration.current)
  isReady = true
  return { urls: [web.url], reload: () => configuration.reload() }
}

async function startKept(
  options: ServerOptions,
  configuration: Configuration,
  { log, metrics, isReady }: Tools,
  life: Lifecycle,
): Promise<Answering> {
  const keeping = await startKeeping(options, configuration, { log, metrics }, life)
  const { store } = keeping
  const pushed = openPushedMetadata(NO_METADATA, metrics)
  const deps = { log, metrics, metadata: pushed.view }
  const sending = await startSendingRoom(options.send, configuration, deps, life)
  const isSending = (): boolean => sending.status().length > 0
  const push = openPush(
    options.push,
    configuration,
    {
      appender: forwardingAppender(store.appender, sending.pushed(), isSending),
      log,
      metrics,
      onMetadata: (each) => pushed.add(each),
    },
    life,
  )
  return {
    routes: [
      ...metadataRoutes(pushed.view),
      ...sendingRoutes({ destinations: () => sending.status() }),
      ...receivingRoutes(push, isReady),
      ...keeping.routes(isReady),
    ],
    pages: openPages(pagesFolder(), 'server'),
    retention: keeping.retention,
    damageCount: () => store.view.status().damageCount,
    push,
  }
}

function startAsking(
  options: ServerOptions,
  config: UpstreamConfig,
  { metrics, isReady }: Tools,
  life: Lifecycle,
): Answering {
  const upstream = life.own(
    openUpstream({
      config,
      clock: systemClock,
      metrics,
      environment: process.env,
    }),
  )
  const features = featuresFrom(options.features)
  return {
    routes: upstreamRoutes({
      ask: (method, path, params, timeoutMs, signal) =>
        upstream.ask(method, path, params, timeoutMs, signal),
      timeoutMs: options.queryTimeoutMs,
      timeoutMsMax: options.query.timeoutMsMax ?? QUERY_LIMITS.timeoutMsMax,
      features,
      isReady,
    }),
    pages: openPages(pagesFolder(), 'frontend'),
    retention: '',
    damageCount: () => 0,
  }
}

function pagesFolder(): string {
  return fileURLToPath(new URL('./ui', import.meta.url))
}
