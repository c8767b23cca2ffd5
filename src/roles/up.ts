import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { openFetchBody } from '../collect/discover/client.ts'
import { startDiscovery } from '../collect/discover/discovery.ts'
import { startScrapeManager } from '../collect/scrape/manager.ts'
import { NO_WEB_CONFIG } from '../config/web.ts'
import { loadWebConfig } from '../config/webload.ts'
import { formatAddress, parseListenAddress, requireSafeListen } from '../net/server/address.ts'
import { startServer } from '../net/server/server.ts'
import { startQueryHost } from '../query/host/host.ts'
import { QUERY_LIMITS, type QueryLimits } from '../query/host/limits.ts'
import { featuresFrom } from '../query/promql/features.ts'
import { openPages, PAGE_PATHS } from '../serve/pages.ts'
import { operationRoutes, storeRoutes } from '../serve/routes.ts'
import { openStore } from '../store/metrics/store.ts'
import { Configuration } from './configuration.ts'
import { buildInfo, describeRetention, runtimeOf } from './facts.ts'
import { autoLimits } from './limits.ts'
import { openSelfAccess, unconfigured } from './unconfigured.ts'

/** Everything that flags say; times in ms, sizes in bytes. */
export interface UpOptions {
  readonly configFile: string
  readonly storagePath: string
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly syncIntervalMs: number
  readonly minFreeBytes: number | 'auto'
  readonly listenAddresses: readonly string[]
  readonly webConfigFile: string
  readonly insecureListen: boolean
  readonly hostNames: readonly string[]
  readonly lifecycle: boolean
  readonly connectionsMax: number
  readonly queryTimeoutMs: number
  readonly lookbackMs: number
  readonly query: Partial<QueryLimits>
  readonly seriesMax: number | 'auto'
  readonly newSeriesPerMinuteMax: number | 'auto'
  readonly futureMaxMs: number
  readonly labels: {
    readonly labelsMax: number
    readonly nameBytesMax: number
    readonly valueBytesMax: number
  }
  readonly requestBytesMax: number
  readonly decodedBytesMax: number
  readonly inflightBytesMax: number
  readonly strictOpenMetrics: boolean
  /** Under Prometheus's names. */
  readonly features: readonly string[]
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/** A running `up`. */
export interface Up {
  /** Where the pages are. */
  readonly urls: readonly string[]
  reload(): Promise<void>
}

/**
 * Starts the rooms; `life` stops them in the opposite order.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a port
 *   or data folder that cannot be had
 */
export async function startUp(options: UpOptions, log: Log, life: Lifecycle): Promise<Up> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const web = options.webConfigFile === '' ? NO_WEB_CONFIG : loadWebConfig(options.webConfigFile)
  requireSafeListen(options.listenAddresses.map(parseListenAddress), web, options.insecureListen)
  const configuration = new Configuration({ file: options.configFile, clock, log, metrics })
  const { storage } = configuration.current
  const retentionMs = storage.retentionTimeMs ?? options.retentionMs
  const retentionSizeBytes = storage.retentionSizeBytes ?? options.retentionSizeBytes

  const store = life.own(
    await openStore({
      path: options.storagePath,
      retentionMs,
      retentionSizeBytes,
      outOfOrderWindowMs: storage.outOfOrderTimeWindowMs,
      syncIntervalMs: options.syncIntervalMs,
      futureMaxMs: options.futureMaxMs,
      ...autoLimits(options),
      clock,
      log,
      metrics,
    }),
  )
  configuration.follow((config) => {
    store.setOutOfOrderWindow(config.storage.outOfOrderTimeWindowMs)
  })

  const features = featuresFrom(options.features)
  const limits = { ...QUERY_LIMITS, ...options.query }
  const querier = life.own(
    startQueryHost({
      queryable: store.queryable,
      engine: {
        lookbackMs: options.lookbackMs,
        subqueryStepMs: configuration.current.evaluationIntervalMs,
        delayedNameRemoval: options.features.includes('promql-delayed-name-removal'),
        typeAndUnitLabels: options.features.includes('type-and-unit-labels'),
        features,
      },
      limits,
      workerFile: new URL('./queryworker.js', import.meta.url),
      makeWorkerData: () => store.attachReader(),
      metrics,
      log,
    }),
  )

  const scraper = life.own(
    startScrapeManager({
      appender: store.appender,
      clock,
      log,
      metrics,
      extraScrapeMetrics: options.features.includes('extra-scrape-metrics'),
      strictOpenMetrics: options.strictOpenMetrics,
      environment: process.env,
    }),
  )
  const discovery = life.own(
    startDiscovery({
      clock,
      log,
      metrics,
      fetchBody: openFetchBody({ clock, environment: process.env }),
      allowLinkLocal: configuration.current.narthex.allowLinkLocal,
      onTargets: (jobName, discovered) => scraper.retarget(jobName, discovered),
    }),
  )
  configuration.follow((config) => {
    scraper.apply(config.scrape)
    discovery.apply(config.scrape, config.narthex.allowLinkLocal)
  })

  let isReady = false
  const self = openSelfAccess(web)
  const server = life.own(
    await startServer({
      addresses: options.listenAddresses,
      web: self.web,
      bcryptWorkerFile: new URL('./bcryptworker.js', import.meta.url),
      hostNames: [hostname(), ...options.hostNames],
      limits: {
        connectionsMax: options.connectionsMax,
        requestBytesMax: options.requestBytesMax,
        inflightBytesMax: options.inflightBytesMax,
      },
      metrics,
      log,
      clock,
      routes: [
        ...operationRoutes({
          metrics,
          isReady: () => isReady,
          reload: () => configuration.reload(),
          ...(options.lifecycle ? { quit: () => process.kill(process.pid, 'SIGTERM') } : {}),
          targets: scraper.targets,
          metadata: scraper.metadata,
          poolNames: () => configuration.current.scrape.map((job) => job.jobName),
          hostName: hostname(),
          configText: () => configuration.current.yaml,
          flags: options.flags,
          runtime: () =>
            runtimeOf(configuration, describeRetention(retentionMs, retentionSizeBytes), limits),
          build: buildInfo(),
        }),
        ...storeRoutes({
          querier,
          clock,
          timeoutMs: options.queryTimeoutMs,
          timeoutMsMax: limits.timeoutMsMax,
          pointsMax: limits.pointsMax,
          labelTimeoutMs: limits.labelTimeoutMsMax,
          features,
          store: store.view,
          write: async () => {
            throw new NarthexError(
              'busy',
              'cannot take samples: this build has no remote write receiver',
            )
          },
          isReady: () => isReady,
        }),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), PAGE_PATHS),
      ],
    }),
  )
  configuration.start(() => unconfigured(formatAddress(server.addresses[0]), self))
  isReady = true
  return { urls: [server.url], reload: () => configuration.reload() }
}
