/** `narthex up`: every room in one process, in the order in which they start. */

import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import type { LastGoodOptions } from '../collect/discover/lastgood.ts'
import { openPushedMetadata } from '../collect/receive/metadata.ts'
import type { Appender } from '../model/appender.ts'
import { databaseName, requirePostgresUrl } from '../records/place.ts'
import { openPages } from '../serve/pages.ts'
import { operationRoutes, sendingRoutes, targetRoutes } from '../serve/routes.ts'
import { askOwn } from './asknow.ts'
import { type Collecting, type CollectingOptions, startCollecting } from './collecting.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { installsFolder } from './folders.ts'
import { type FollowDeps, followTargets, openLastTargets } from './followedtargets.ts'
import { forwardingAppender } from './forwarding.ts'
import { type KeepingOptions, startKeeping } from './keeping.ts'
import { LateHub, type LateHubOptions } from './latehub.ts'
import { lateMetadata } from './metadata.ts'
import { openPush, type PushLimits } from './push.ts'
import { receivingRoutes, startOtlpGrpc } from './receiving.ts'
import type { Running } from './running.ts'
import { type SendingOptions, startSendingRoom } from './sending.ts'
import {
  admitSelf,
  LOOPBACK_JOB,
  makeSelfToken,
  REGISTRY_JOB,
  unconfigured,
} from './unconfigured.ts'
import { loadWeb, startWeb, type Web, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface UpOptions extends KeepingOptions, CollectingOptions, LateHubOptions {
  readonly web: WebOptions
  readonly push: PushLimits
  readonly send: SendingOptions
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Starts the rooms; `life` stops them in the opposite order.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a port
 *   or data folder that cannot be had
 */
export async function startUp(options: UpOptions, log: Log, life: Lifecycle): Promise<Running> {
  if (options.databaseUrl !== undefined) requirePostgresUrl(options.databaseUrl)
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const webConfig = loadWeb(options.web)
  const scrapeFolder = installsFolder(options.storagePath)
  const configuration = new Configuration({
    ...{ file: options.configFile, scrapeFolder },
    ...{ clock, log, metrics },
  })
  const keeping = await startKeeping(options, configuration, { log, metrics }, life)
  let collecting: Collecting | undefined
  const pushed = openPushedMetadata(
    lateMetadata(() => collecting?.metadata),
    metrics,
  )
  const deps = { log, metrics, metadata: pushed.view }
  const sending = await startSendingRoom(options.send, configuration, deps, life)
  const isSending = (): boolean => sending.status().length > 0
  const appenderOf = (pass: Appender): Appender =>
    forwardingAppender(keeping.store.appender, pass, isSending)
  collecting = startCollecting(
    { ...options, discoveryFolder: join(options.storagePath, 'discovery') },
    appenderOf(sending.rows()),
    configuration,
    { log, metrics },
    life,
  )
  const { machine, discovery } = collecting
  const push = openPush(
    options.push,
    configuration,
    {
      appender: appenderOf(sending.pushed()),
      log,
      metrics,
      onMetadata: (each) => pushed.add(each),
    },
    life,
  )

  const jobNames = (): readonly string[] =>
    machine.jobs(configuration.current).map((job) => job.jobName)
  const token = makeSelfToken()
  let running: Web | undefined
  const hub = life.own(
    new LateHub(options, {
      ...{ configuration, log, metrics },
      scheme: () => (webConfig.tls === undefined ? 'http' : 'https'),
      followRegistry: ({ registry }) =>
        followTargets({
          ...lastTargetsOf(options, { clock, log, metrics }),
          ...{ registry, log, take: (targets) => machine.register(targets) },
        }),
      askNow: askOwn(keeping.querier),
      web: () => running?.config ?? webConfig,
      selfToken: token,
      place: {
        folder: scrapeFolder,
        targets: machine.targets(),
        yieldingJob: LOOPBACK_JOB,
        jobs: () => [...jobNames(), REGISTRY_JOB],
        reload: () => configuration.reload(),
      },
    }),
  )
  const reload = async (): Promise<void> => {
    await configuration.reload()
    await hub.reload()
  }

  let isReady = false
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: options.push.requestBytesMax,
      admit: (each) => admitSelf(each, token),
      routes: [
        ...operationRoutes({
          ...operationDeps(options, configuration, {
            metrics,
            isReady: () => isReady,
            damageCount: () => keeping.store.view.status().damageCount,
            retention: keeping.retention,
          }),
          reload,
        }),
        ...targetRoutes({
          targets: machine.targets(),
          discovery,
          metadata: pushed.view,
          poolNames: jobNames,
          hostName: hostname(),
        }),
        ...sendingRoutes({ destinations: () => sending.status() }),
        ...receivingRoutes(push, () => isReady),
        ...keeping.routes(() => isReady),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'up'),
      ],
      lateRoutes: hub.routes,
      identities: hub.identities,
      witness: hub.witness,
    },
    life,
  )
  running = web
  const { insecureListen } = options.web
  const grpcDeps = { log, metrics, web: () => web.config, insecureListen }
  const reloadGrpc = await startOtlpGrpc(options.push, push, grpcDeps, life)
  configuration.follow((config) => machine.apply(config, web.ports))
  configuration.follow(() => {
    if (!isReady) return
    web.reload()
    reloadGrpc()
  })
  await configuration.start(() =>
    unconfigured(new URL(web.url).host, web.config, token, scrapeFolder),
  )
  isReady = true
  hub.start()
  return { urls: [web.url], reload }
}

/** What is registered in a database is scraped at a start without it, too. */
function lastTargetsOf(
  { databaseUrl, storagePath }: UpOptions,
  deps: Omit<LastGoodOptions, 'folder'>,
): Pick<FollowDeps, 'lastGood'> {
  if (databaseUrl === undefined) return {}
  const folder = join(storagePath, 'registered')
  return { lastGood: openLastTargets(folder, databaseName(databaseUrl, process.env), deps) }
}
