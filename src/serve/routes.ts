/** Every address of the server, with who may use it and what answers there. */
import type { Metrics } from '../base/metrics.ts'
import type { PartitionsView } from '../model/partition.ts'
import type { Role } from '../model/role.ts'
import type { SendersView, SendingView } from '../model/sending.ts'
import type { StoreView } from '../model/status.ts'
import type { DiscoveryView, MetadataView, TargetView } from '../model/target.ts'
import type { Ask, BodyKind, Reply, Route } from '../net/server/message.ts'
import type { Features } from '../query/promql/features.ts'
import { handleAlertmanagers, handleAlerts, handleRules } from './api/alerts.ts'
import { handleLabelNames, handleLabelValues, handleSeries, type LabelDeps } from './api/labels.ts'
import { handleExemplars, handleInstant, handleRange, type QueryDeps } from './api/query.ts'
import { handleDestinations, handlePartitions, handleSenders } from './api/sending.ts'
import {
  type BuildInfo,
  handleBuild,
  handleConfig,
  handleFlags,
  handleReplay,
  handleRuntime,
  handleStore,
  type Runtime,
} from './api/status.ts'
import { handleFormat, handleParse } from './api/syntax.ts'
import {
  handleDiscovery,
  handleMetadata,
  handleScrapePools,
  handleTargetMetadata,
  handleTargets,
} from './api/targets.ts'
import {
  handleHealthy,
  handleMetrics,
  handleQuit,
  handleReady,
  handleReload,
  requireReady,
} from './health.ts'

/** What an agent has to show, too. */
export interface OperationDeps {
  readonly metrics: Metrics
  isReady(): boolean
  /** What is in the way of being ready, where a role waits for others; '' when nothing is. */
  hindrance?(): string
  /** Asks others that the role cannot do without; throws `busy` while one is away. */
  reach?(): Promise<void>
  /** Absent where reloading over HTTP is off. */
  readonly reload?: () => Promise<void>
  /** Absent where stopping over HTTP is off (--web.enable-lifecycle). */
  readonly quit?: () => void
  /** The running configuration, secrets masked. */
  configText(): string
  readonly flags: ReadonlyMap<string, string>
  runtime(): Runtime
  readonly build: BuildInfo
}

/** What who scrapes has to show. */
export interface TargetDeps {
  readonly targets: TargetView
  readonly discovery: DiscoveryView
  readonly metadata: MetadataView
  poolNames(): readonly string[]
  /** Name of this machine, for addresses that others can use. */
  readonly hostName: string
}

/** What a server with a store has beside. */
export interface StoreDeps extends QueryDeps, LabelDeps {
  readonly features: Features
  readonly store: StoreView
  isReady(): boolean
}

type Handle = (ask: Ask) => Reply | Promise<Reply>

const VIEWER = { role: 'viewer', changes: false } as const
const ADMIN_CHANGE = { role: 'admin', changes: true } as const

/** Health, own metrics and status: what every role answers. */
export function operationRoutes(deps: OperationDeps): Route[] {
  return [
    get('/-/healthy', handleHealthy),
    get('/-/ready', async () => {
      await deps.reach?.()
      return handleReady(deps.isReady, deps.hindrance)
    }),
    get('/metrics', () => handleMetrics(deps.metrics)),
    change('/-/reload', () => handleReload(deps.reload)),
    change('/-/quit', () => handleQuit(deps.quit)),
    get('/api/v1/status/config', () => handleConfig(deps.configText)),
    get('/api/v1/status/flags', () => handleFlags(deps.flags)),
    get('/api/v1/status/runtimeinfo', () => handleRuntime(deps.runtime())),
    get('/api/v1/status/buildinfo', () => handleBuild(deps.build)),
  ]
}

/** Targets and what they say of their metrics: in every role that scrapes. */
export function targetRoutes(deps: TargetDeps): Route[] {
  const { targets, metadata, hostName } = deps
  return [
    get('/api/v1/targets', ({ params }) => handleTargets(params, targets, hostName)),
    get('/api/v1/targets/metadata', ({ params }) => handleTargetMetadata(params, metadata)),
    get('/api/v1/status/discovery', () => handleDiscovery(deps.discovery)),
    get('/api/v1/scrape_pools', () => handleScrapePools(deps.poolNames)),
    ...metadataRoutes(metadata),
  ]
}

/** Type, help and unit of metric families, scraped or pushed. */
export function metadataRoutes(metadata: MetadataView): Route[] {
  return [get('/api/v1/metadata', ({ params }) => handleMetadata(params, metadata))]
}

/** What leaves: in every role that passes samples on. */
export function sendingRoutes(view: SendingView): Route[] {
  return [get('/api/v1/status/destinations', () => handleDestinations(view))]
}

/** Who sends to us: in every role that receives. */
export function sendersRoutes(view: SendersView): Route[] {
  return [get('/api/v1/status/senders', () => handleSenders(view))]
}

/** What is read: in an ingester. */
export function partitionsRoutes(view: PartitionsView): Route[] {
  return [get('/api/v1/status/partitions', () => handlePartitions(view))]
}

/** Queries and labels: what a server with a store answers. */
export function storeRoutes(deps: StoreDeps): Route[] {
  const { features, isReady } = deps
  const whenReady =
    (handle: Handle): Handle =>
    (ask) => {
      requireReady(isReady)
      return handle(ask)
    }
  const form = (path: string, handle: Handle): Route =>
    routeOf(path, ['GET', 'POST'], 'form', VIEWER, whenReady(handle))
  return [
    form('/api/v1/query', (ask) => handleInstant(ask, deps)),
    form('/api/v1/query_range', (ask) => handleRange(ask, deps)),
    form('/api/v1/query_exemplars', ({ params }) => handleExemplars(params, features)),
    form('/api/v1/format_query', ({ params }) => handleFormat(params, features)),
    form('/api/v1/parse_query', ({ params }) => handleParse(params, features)),
    form('/api/v1/series', (ask) => handleSeries(ask, deps)),
    form('/api/v1/labels', (ask) => handleLabelNames(ask, deps)),
    get(
      '/api/v1/label/:name/values',
      whenReady((ask) => handleLabelValues(ask.segments.get('name') ?? '', ask, deps)),
    ),
    get(
      '/api/v1/status/tsdb',
      whenReady(({ params }) => handleStore(params, deps.store)),
    ),
    get('/api/v1/status/walreplay', handleReplay),
    get('/api/v1/rules', ({ params }) => handleRules(params)),
    get('/api/v1/alerts', handleAlerts),
    get('/api/v1/alertmanagers', handleAlertmanagers),
  ]
}

function get(path: string, handle: Handle): Route {
  return routeOf(path, ['GET'], 'none', VIEWER, handle)
}

function change(path: string, handle: Handle): Route {
  return routeOf(path, ['POST', 'PUT'], 'none', ADMIN_CHANGE, handle)
}

function routeOf(
  path: string,
  methods: Route['methods'],
  body: BodyKind,
  access: { readonly role: Role; readonly changes: boolean },
  handle: Handle,
): Route {
  return { path, methods, body, ...access, handle }
}
