/** The rooms that keep and answer: the store, and the host of queries in front of it. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Querier } from '../model/querier.ts'
import type { Route } from '../net/server/message.ts'
import { startQueryHost } from '../query/host/host.ts'
import { QUERY_LIMITS, type QueryLimits } from '../query/host/limits.ts'
import { featuresFrom } from '../query/promql/features.ts'
import { federateRoutes } from '../serve/federate.ts'
import { storeRoutes } from '../serve/routes.ts'
import { openStore, type Store } from '../store/metrics/store.ts'
import type { Configuration } from './configuration.ts'
import { describeRetention } from './facts.ts'
import { autoLimits } from './limits.ts'

/** What flags say about keeping and answering; times in ms, sizes in bytes. */
export interface KeepingOptions {
  readonly storagePath: string
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly syncIntervalMs: number
  readonly minFreeBytes: number | 'auto'
  readonly queryTimeoutMs: number
  readonly lookbackMs: number
  /** Of this thread and all query workers together. */
  readonly cacheBytesMax: number
  readonly query: Partial<QueryLimits>
  readonly seriesMax: number | 'auto'
  readonly newSeriesPerMinuteMax: number | 'auto'
  readonly futureMaxMs: number
  /** Under Prometheus's names. */
  readonly features: readonly string[]
}

/** Both, running. */
export interface Keeping {
  readonly store: Store
  readonly querier: Querier
  /** Such as `15d`. */
  readonly retention: string
  /** What they answer over HTTP. */
  routes(isReady: () => boolean): readonly Route[]
}

/**
 * Opens the store and what answers questions about it.
 *
 * @throws NarthexError `io` and `busy` for a data folder that cannot be had
 */
export async function startKeeping(
  options: KeepingOptions,
  configuration: Configuration,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  life: Lifecycle,
): Promise<Keeping> {
  const clock = systemClock
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
  return {
    store,
    querier,
    retention: describeRetention(retentionMs, retentionSizeBytes),
    routes: (isReady) => [
      ...storeRoutes({
        querier,
        clock,
        timeoutMs: options.queryTimeoutMs,
        timeoutMsMax: limits.timeoutMsMax,
        pointsMax: limits.pointsMax,
        labelTimeoutMs: limits.labelTimeoutMsMax,
        features,
        store: store.view,
        isReady,
      }),
      ...federateRoutes({
        queryable: store.queryable,
        clock,
        lookbackMs: options.lookbackMs,
        externalLabels: () => configuration.current.externalLabels,
        isReady,
      }),
    ],
  }
}
