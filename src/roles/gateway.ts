/** `narthex gateway`: takes what agents and others push, and acknowledges what its policy wrote. */
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { VERSION } from '../base/version.ts'
import { openPushedMetadata } from '../collect/receive/metadata.ts'
import type { PusherLimits } from '../collect/receive/pushers.ts'
import type { AgentLimits } from '../collect/receive/stream/options.ts'
import { openStreamReceiver } from '../collect/receive/stream/receiver.ts'
import { type Config, defaultConfig } from '../config/config.ts'
import type { WebConfig } from '../config/web.ts'
import { startGrpcServer } from '../net/grpc/server.ts'
import { formatAddress, parseListenAddress, requireSafeListen } from '../net/server/address.ts'
import type { Policy } from '../send/commit.ts'
import { openPages } from '../serve/pages.ts'
import { metadataRoutes, operationRoutes, sendersRoutes, sendingRoutes } from '../serve/routes.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { NO_METADATA } from './metadata.ts'
import { openPush, type PushLimits } from './push.ts'
import { receivingRoutes } from './receiving.ts'
import type { Running } from './running.ts'
import { requireDestination, type SendingOptions, startSendingRoom } from './sending.ts'
import { admitTenants, withTenantNames } from './tenants.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface GatewayOptions {
  readonly configFile: string
  readonly send: SendingOptions
  readonly web: WebOptions
  readonly push: PushLimits
  /** Where agents connect, `host:port` each. */
  readonly grpcAddresses: readonly string[]
  readonly agents: Omit<AgentLimits, 'messageBytesMax'>
  readonly senders: PusherLimits
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Starts the rooms; `life` stops them in the opposite order: agents are sent elsewhere first, then
 * what was taken leaves.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a
 *   port that cannot be had
 */
export async function startGateway(
  options: GatewayOptions,
  log: Log,
  life: Lifecycle,
): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const { configFile, push } = options
  const configuration = new Configuration({ file: configFile, isAgent: true, clock, log, metrics })
  const { current } = configuration
  requireDestination(configuration, options.send.urls)
  let { tenants } = current.narthex.gateway
  const admit = (web: WebConfig): WebConfig => admitTenants(web, tenants)
  const webConfig = loadWeb(options.web, admit)
  const grpcAddresses = [...options.grpcAddresses, ...push.otlpGrpcAddresses].map(
    parseListenAddress,
  )
  requireSafeListen(grpcAddresses, admit(webConfig), options.web.insecureListen)

  const pushed = openPushedMetadata(NO_METADATA, metrics)
  const policy = (config: Config): Policy => config.narthex.policy
  const deps = { log, metrics, metadata: pushed.view, policy }
  const sending = await startSendingRoom(options.send, configuration, deps, life)

  const receivers = openPush(
    push,
    configuration,
    {
      appender: sending.pushed(),
      log,
      metrics,
      onMetadata: (each) => pushed.add(each),
      senders: options.senders,
    },
    life,
  )
  const receiver = openStreamReceiver({
    rows: sending.rows(),
    pushed: sending.pushed(),
    doorOf: (identity) => receivers.doors.of(identity),
    labelLimits: push.labels,
    limits: { ...options.agents, messageBytesMax: push.requestBytesMax },
    gateway: hostname(),
    version: VERSION,
    onMetadata: (each) => pushed.add(each),
    clock,
    log,
    metrics,
  })

  let isReady = false
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: push.requestBytesMax,
      admit,
      routes: [
        ...operationRoutes(
          operationDeps(options, configuration, {
            metrics,
            isReady: () => isReady,
          }),
        ),
        ...metadataRoutes(pushed.view),
        ...sendingRoutes({ destinations: () => sending.status() }),
        ...sendersRoutes(withTenantNames([receiver.view, receivers.pushers])),
        ...receivingRoutes(receivers, () => isReady),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'gateway'),
      ],
    },
    life,
  )
  const grpc = life.own(
    await startGrpcServer({
      addresses: grpcAddresses,
      methods: [receiver.method, receivers.otlp.method],
      web: web.config,
      bcryptWorkerFile: new URL('./bcryptworker.js', import.meta.url),
      messageBytesMax: push.requestBytesMax,
      metrics,
      log,
      clock,
    }),
  )
  life.own({ stop: () => receiver.leave() })
  configuration.follow(({ narthex }) => {
    if (!isReady) return
    tenants = narthex.gateway.tenants
    web.reload()
    grpc.reload(web.config)
  })
  await configuration.start(defaultConfig)
  isReady = true
  for (const address of grpc.addresses) {
    log.info('agents may connect', { address: formatAddress(address) })
  }
  return { urls: [web.url], reload: () => configuration.reload() }
}
