/** `narthex up`: every room in one process, in the order in which they start. */
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { openFetchBody } from '../collect/discover/client.ts'
import { startDiscovery } from '../collect/discover/discovery.ts'
import { openPushedMetadata } from '../collect/receive/metadata.ts'
import { openRemoteWrite } from '../collect/receive/remotewrite.ts'
import { startScrapeManager } from '../collect/scrape/manager.ts'
import { startQueryHost } from '../query/host/host.ts'
import { QUERY_LIMITS, type QueryLimits } from '../query/host/limits.ts'
import { featuresFrom } from '../query/promql/features.ts'
import { federateRoutes } from '../serve/federate.ts'
import { openPages, PAGE_PATHS } from '../serve/pages.ts'
import { operationRoutes, storeRoutes } from '../serve/routes.ts'
import { openStore } from '../store/metrics/store.ts'
import { Configuration } from './configuration.ts'
import { buildInfo, describeRetention, runtimeOf } from './facts.ts'
import { autoLimits } from './limits.ts'
import { Machine } from './machine.ts'
import type { PushLimits } from './push.ts'
import type { Running } from './running.ts'
import { admitSelf, makeSelfToken, unconfigured } from './unconfigured.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Everything that flags say; times in ms, sizes in bytes. */
export interface UpOptions {
  readonly configFile: string
  readonly storagePath: string
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly syncIntervalMs: number
  readonly minFreeBytes: number | 'auto'
  readonly web: WebOptions
  readonly queryTimeoutMs: number
  readonly lookbackMs: number
  /** Of this thread and all query workers together. */
  readonly cacheBytesMax: number
  readonly query: Partial<QueryLimits>
  readonly seriesMax: number | 'auto'
  readonly newSeriesPerMinuteMax: number | 'auto'
  readonly futureMaxMs: number
  readonly push: PushLimits
  readonly strictOpenMetrics: boolean
  /** Under Prometheus's names. */
  readonly features: readonly string[]
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
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const webConfig = loadWeb(options.web)
  const configuration = new Configuration({ file: options.configFile, clock, log, metrics })
  const { storage } = configuration.current
  const retentionMs = storage.retentionTimeMs ?? options.retentionMs
  const retentionSizeBytes = storage.retentionSizeBytes ?? options.retentionSizeBytes

  const limits = { ...QUERY_LIMITS, ...options.query }
  const store = life.own(
    await openStore({
      path: options.storagePath,
      retentionMs,
      retentionSizeBytes,
      outOfOrderWindowMs: storage.outOfOrderTimeWindowMs,
      syncIntervalMs: options.syncIntervalMs,
      futureMaxMs: options.futureMaxMs,
      cacheBytesMax: options.cacheBytesMax / (1 + limits.concurrencyMax),
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

  const allowLinkLocal = (): boolean => configuration.current.narthex.allowLinkLocal
  const scraper = life.own(
    startScrapeManager({
      appender: store.appender,
      clock,
      log,
      metrics,
      extraScrapeMetrics: options.features.includes('extra-scrape-metrics'),
      strictOpenMetrics: options.strictOpenMetrics,
      allowLinkLocal,
      environment: process.env,
    }),
  )
  const fetchBody = openFetchBody({ clock, environment: process.env, allowLinkLocal })
  const discovery = life.own(
    startDiscovery({
      clock,
      log,
      metrics,
      fetchBody,
      allowLinkLocal: configuration.current.narthex.allowLinkLocal,
      onTargets: (jobName, discovered, ownCount) => scraper.retarget(jobName, discovered, ownCount),
    }),
  )
  const machine = life.own(
    new Machine({
      appender: store.appender,
      clock,
      log,
      metrics,
      fetchBody,
      scraped: scraper.targets,
      metadata: scraper.metadata,
      isConfigured: options.configFile !== '',
      retarget: (jobName, targets) => scraper.retarget(jobName, targets),
    }),
  )
  configuration.follow((config) => {
    scraper.apply(machine.jobs(config))
    discovery.apply(config.scrape, config.narthex.allowLinkLocal)
  })

  const pushed = openPushedMetadata(scraper.metadata)
  const write = openRemoteWrite({
    appender: store.appender,
    clock,
    metrics,
    labelLimits: options.push.labels,
    requestBytesMax: options.push.requestBytesMax,
    decodedBytesMax: options.push.decodedBytesMax,
    onMetadata: (metadata) => pushed.add(metadata),
  })

  let isReady = false
  const token = makeSelfToken()
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
          metrics,
          isReady: () => isReady,
          reload: () => configuration.reload(),
          ...(options.web.lifecycle ? { quit: () => process.kill(process.pid, 'SIGTERM') } : {}),
          targets: machine.targets(),
          metadata: pushed.view,
          poolNames: () => machine.jobs(configuration.current).map((job) => job.jobName),
          hostName: hostname(),
          configText: () => configuration.current.yaml,
          flags: options.flags,
          runtime: () =>
            runtimeOf(
              configuration,
              store.view,
              describeRetention(retentionMs, retentionSizeBytes),
            ),
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
          write,
          isReady: () => isReady,
        }),
        ...federateRoutes({
          queryable: store.queryable,
          clock,
          lookbackMs: options.lookbackMs,
          externalLabels: () => configuration.current.externalLabels,
          isReady: () => isReady,
        }),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), PAGE_PATHS),
      ],
    },
    life,
  )
  configuration.follow((config) => machine.apply(config, web.ports))
  configuration.follow(() => {
    if (isReady) web.reload()
  })
  configuration.start(() => unconfigured(new URL(web.url).host, web.config, token))
  isReady = true
  return { urls: [web.url], reload: () => configuration.reload() }
}
