/** The ports that routes stand on, as plain objects that remember what they were asked. */
import { Metrics } from '../../src/base/metrics.ts'
import type { AskOptions, LabelQuery, Querier, Query } from '../../src/model/querier.ts'
import type { StoreView } from '../../src/model/status.ts'
import type {
  MetadataView,
  SourceStatus,
  TargetStatus,
  TargetView,
} from '../../src/model/target.ts'
import type { Route } from '../../src/net/server/message.ts'
import { NO_FEATURES } from '../../src/query/promql/features.ts'
import {
  type OperationDeps,
  operationRoutes,
  type StoreDeps,
  storeRoutes,
  type TargetDeps,
  targetRoutes,
} from '../../src/serve/routes.ts'

export const NOW_MS = 1_767_436_620_000

export interface AskedQuerier extends Querier {
  readonly queries: (Query & AskOptions)[]
  readonly labelQueries: (LabelQuery & AskOptions)[]
}

/** Answers every question with the same data. */
export function querier(data: unknown = { resultType: 'vector', result: [] }): AskedQuerier {
  const queries: (Query & AskOptions)[] = []
  const labelQueries: (LabelQuery & AskOptions)[] = []
  const envelope = (body: unknown) => ({
    body: new TextEncoder().encode(JSON.stringify({ status: 'success', data: body })),
  })
  return {
    queries,
    labelQueries,
    async query(query, options) {
      queries.push({ ...query, ...options })
      return envelope(data)
    },
    async labels(query, options) {
      labelQueries.push({ ...query, ...options })
      return envelope([])
    },
  }
}

const TARGET: TargetStatus = {
  scrapePool: 'node',
  discoveredLabels: ['__address__', 'localhost:9100', '__proto__', 'polluted', 'job', 'node'],
  labels: ['instance', '<img src=x onerror=alert(1)>', 'job', 'node'],
  scrapeUrl: 'http://localhost:9100/metrics',
  health: 'up',
  lastError: '',
  lastScrapeMs: NOW_MS,
  lastScrapeDurationSeconds: 0.0065,
  scrapeIntervalSeconds: 90,
  scrapeTimeoutSeconds: 10,
  lastSamples: 12,
}

const SOURCES: readonly SourceStatus[] = [
  {
    scrapePool: 'node',
    kind: 'http',
    source: 'http://sd.example/targets',
    targetCount: 3,
    lastTryMs: NOW_MS,
    lastSuccessMs: NOW_MS - 60_000,
    lastError: 'server returned HTTP status 500',
  },
]

const targets: TargetView = {
  active: () => [TARGET, { ...TARGET, scrapePool: 'other', lastScrapeMs: 0, health: 'unknown' }],
  dropped: () => [{ scrapePool: 'node', discoveredLabels: ['job', 'node'] }],
  droppedCounts: () =>
    new Map([
      ['node', 3],
      ['__proto__', 1],
    ]),
}

const metadata: MetadataView = {
  families: (metric) =>
    new Map(
      metric === 'nothing'
        ? []
        : [
            ['up', [{ type: 'gauge', help: 'Up.', unit: '' }]],
            ['__proto__', [{ type: 'counter', help: '<script>', unit: 'bytes' }]],
          ],
    ),
  ofTargets: (matches, metric) =>
    matches(TARGET.labels)
      ? [
          {
            target: TARGET.labels,
            metric: metric || 'up',
            metadata: { type: 'gauge', help: '', unit: '' },
          },
        ]
      : [],
}

const store: StoreView = {
  status: () => ({
    headSeries: 5,
    headLabelPairs: 7,
    headChunks: 9,
    minTimeMs: 1,
    maxTimeMs: 2,
    blockCount: 1,
    diskBytes: 100,
    damageCount: 0,
    readOnlyReason: '',
  }),
  cardinality: (limit) => ({
    seriesByMetric: [{ name: 'up', value: limit }],
    valuesByLabel: [{ name: 'job', value: 1 }],
    bytesByLabel: [{ name: 'job', value: 4 }],
    seriesByPair: [{ name: 'job=node', value: 5 }],
  }),
}

export type Deps = OperationDeps & TargetDeps & StoreDeps

function deps(more: Partial<Deps> = {}): Deps {
  return {
    metrics: new Metrics(),
    isReady: () => true,
    targets,
    metadata,
    poolNames: () => ['node', 'other'],
    discovery: { sources: () => SOURCES },
    hostName: 'monitor.example',
    configText: () => 'global:\n  scrape_interval: 15s\n',
    flags: new Map([
      ['storage.path', 'data'],
      ['__proto__', 'x'],
    ]),
    runtime: () => ({
      startTimeMs: NOW_MS - 60_000,
      nowMs: NOW_MS,
      workingFolder: '/srv',
      hostName: 'monitor.example',
      reloadSucceeded: true,
      lastConfigTimeMs: NOW_MS,
      corruptionCount: 0,
      threadCount: 3,
      cpuCount: 2,
      heapBytesMax: 1e9,
      retention: '15d',
    }),
    build: {
      version: '3.14.0',
      revision: 'abc',
      branch: 'main',
      buildDate: '',
      runtimeVersion: 'node v26.10.0',
    },
    querier: querier(),
    clock: { now: () => NOW_MS, monotonicMs: () => 0, after: () => ({ cancel() {} }) },
    timeoutMs: 30_000,
    timeoutMsMax: 120_000,
    labelTimeoutMs: 5000,
    pointsMax: 11_000,
    features: NO_FEATURES,
    store,
    ...more,
  }
}

export function allRoutes(more: Partial<Deps> = {}): Route[] {
  const all = deps(more)
  return [...operationRoutes(all), ...targetRoutes(all), ...storeRoutes(all)]
}
