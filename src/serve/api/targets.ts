/** GET /api/v1/targets, targets/metadata, status/discovery, scrape_pools and metadata. */
import { NarthexError } from '../../base/error.ts'
import { formatDuration } from '../../model/duration.ts'
import { type Labels, labelsToRecord, labelValue } from '../../model/labels.ts'
import { compileMatcher } from '../../model/matcher.ts'
import type {
  DiscoveryView,
  DroppedTarget,
  MetadataView,
  TargetStatus,
  TargetView,
} from '../../model/target.ts'
import type { Reply } from '../../net/server/message.ts'
import { parseSelector } from '../../query/promql/parse.ts'
import { formatTime, success } from './envelope.ts'
import { readCount } from './params.ts'

/** What is scraped and what relabelling dropped. */
export function handleTargets(
  params: URLSearchParams,
  targets: TargetView,
  hostName: string,
): Reply {
  const state = (params.get('state') ?? '').toLowerCase()
  const pool = params.get('scrapePool') ?? ''
  const isWanted = (each: { readonly scrapePool: string }): boolean =>
    pool === '' || each.scrapePool === pool
  const active = state === 'dropped' ? [] : targets.active().filter(isWanted)
  const dropped = state === 'active' ? [] : targets.dropped().filter(isWanted)
  const counts: Record<string, number> = Object.create(null)
  for (const [name, count] of targets.droppedCounts()) {
    if (isWanted({ scrapePool: name })) counts[name] = count
  }
  return success({
    activeTargets: active.map((target) => targetOf(target, hostName)),
    droppedTargets: dropped.map(droppedOf),
    droppedTargetCounts: counts,
  })
}

/** Where targets come from, and which of these sources fail. */
export function handleDiscovery(view: DiscoveryView): Reply {
  const sources = view.sources().map(({ lastTryMs, lastSuccessMs, ...rest }) => ({
    ...rest,
    lastTry: formatTime(lastTryMs),
    lastSuccess: formatTime(lastSuccessMs),
  }))
  return success({ sources })
}

function targetOf(target: TargetStatus, hostName: string): object {
  return {
    discoveredLabels: labelsToRecord(target.discoveredLabels),
    labels: labelsToRecord(target.labels),
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: globalUrl(target.scrapeUrl, hostName),
    lastError: target.lastError,
    lastScrape: formatTime(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationSeconds,
    health: target.health,
    scrapeInterval: formatDuration(target.scrapeIntervalSeconds * 1000),
    scrapeTimeout: formatDuration(target.scrapeTimeoutSeconds * 1000),
  }
}

function droppedOf(target: DroppedTarget): object {
  return {
    discoveredLabels: labelsToRecord(target.discoveredLabels),
    scrapePool: target.scrapePool,
  }
}

/** The address as other machines reach it: this machine's name instead of its loopback. */
function globalUrl(scrapeUrl: string, hostName: string): string {
  if (!URL.canParse(scrapeUrl)) return scrapeUrl
  const url = new URL(scrapeUrl)
  if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return scrapeUrl
  url.hostname = hostName
  return url.href
}

/** Names of the scrape pools. */
export function handleScrapePools(poolNames: () => readonly string[]): Reply {
  return success({ scrapePools: poolNames() })
}

/** Type, help and unit of metric families. */
export function handleMetadata(params: URLSearchParams, metadata: MetadataView): Reply {
  const limit = readCount(params, 'limit', -1)
  const perMetricMax = readCount(params, 'limit_per_metric', -1)
  if (limit === 0) return success({})
  const families = metadata.families(
    params.get('metric') ?? '',
    Math.max(0, limit),
    perMetricMax <= 0 ? Number.POSITIVE_INFINITY : perMetricMax,
  )
  const data: Record<string, object[]> = Object.create(null)
  for (const [name, entries] of families) {
    data[name] = entries.map(({ type, help, unit }) => ({ type, help, unit }))
  }
  return success(data)
}

/** Metadata of the targets that match. */
export function handleTargetMetadata(params: URLSearchParams, metadata: MetadataView): Reply {
  const limit = readCount(params, 'limit', -1)
  const metric = params.get('metric') ?? ''
  const matches = readTargetTest(params.get('match_target') ?? '')
  const found = limit === 0 ? [] : metadata.ofTargets(matches, metric, Math.max(0, limit))
  if (found.length === 0) throw new NarthexError('not_found', 'specified metadata not found')
  return success(
    found.map((each) => ({
      target: labelsToRecord(each.target),
      ...(metric === '' ? { metric: each.metric } : {}),
      type: each.metadata.type,
      help: each.metadata.help,
      unit: each.metadata.unit,
    })),
  )
}

function readTargetTest(selector: string): (labels: Labels) => boolean {
  if (selector === '') return () => true
  const tests = parseSelector(selector).map((matcher) => ({
    name: matcher.name,
    test: compileMatcher(matcher),
  }))
  return (labels) => tests.every(({ name, test }) => test(labelValue(labels, name)))
}
