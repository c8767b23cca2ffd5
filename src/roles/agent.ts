/** `narthex agent`: scrapes and passes on, keeps nothing on disk. */
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { startReleasing } from '../base/releasepages.ts'
import { openPages } from '../serve/pages.ts'
import { operationRoutes, sendingRoutes, targetRoutes } from '../serve/routes.ts'
import { type Collecting, type CollectingOptions, startCollecting } from './collecting.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { lateMetadata } from './metadata.ts'
import type { Running } from './running.ts'
import { requireDestination, type SendingOptions, startSendingRoom } from './sending.ts'
import { admitSelf, makeSelfToken, unconfigured } from './unconfigured.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Largest request of the agent's own pages, in bytes: they send forms only. */
const REQUEST_BYTES_MAX = 1024 * 1024

/** Everything that flags say. */
export interface AgentOptions extends CollectingOptions {
  readonly send: SendingOptions
  readonly web: WebOptions
  /** Whether memory is given back that the start has left. */
  readonly keepsPages: boolean
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Starts the rooms; `life` stops them in the opposite order: scraping first, then what waits leaves.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a
 *   port that cannot be had
 */
export async function startAgent(
  options: AgentOptions,
  log: Log,
  life: Lifecycle,
): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const webConfig = loadWeb(options.web)
  const { configFile } = options
  const configuration = new Configuration({ file: configFile, isAgent: true, clock, log, metrics })
  requireDestination(configuration, options.send.urls)

  let collecting: Collecting | undefined
  const metadata = lateMetadata(() => collecting?.metadata)
  const deps = { log, metrics, metadata }
  const sending = await startSendingRoom(options.send, configuration, deps, life)
  collecting = startCollecting(options, sending.rows(), configuration, { log, metrics }, life)
  const { machine, discovery } = collecting

  let isReady = false
  const token = makeSelfToken()
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: REQUEST_BYTES_MAX,
      admit: (each) => admitSelf(each, token),
      routes: [
        ...operationRoutes(
          operationDeps(options, configuration, {
            metrics,
            isReady: () => isReady,
          }),
        ),
        ...targetRoutes({
          targets: machine.targets(),
          discovery,
          metadata,
          poolNames: () => machine.jobs(configuration.current).map((job) => job.jobName),
          hostName: hostname(),
        }),
        ...sendingRoutes({ destinations: () => sending.status() }),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'agent'),
      ],
    },
    life,
  )
  configuration.follow((config) => machine.apply(config, web.ports))
  configuration.follow(() => {
    if (isReady) web.reload()
  })
  await configuration.start(() => unconfigured(new URL(web.url).host, web.config, token))
  isReady = true
  if (!options.keepsPages && process.platform === 'linux') life.own(startReleasing(clock, log))
  return { urls: [web.url], reload: () => configuration.reload() }
}
