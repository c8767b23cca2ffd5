/** Targets as the page shows them: by pool, those that need a look first. */
import type { Metric } from '../api/columns.ts'
import { formatSeries, labelPairs } from '../api/series.ts'

export type Health = 'up' | 'down' | 'unknown'

export interface Target {
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly health: Health
  readonly lastError: string
  /** RFC 3339; year 1 before the first scrape. */
  readonly lastScrape: string
  readonly lastScrapeDuration: number
  readonly scrapeInterval: string
  readonly scrapeTimeout: string
  readonly labels: Metric
  readonly discoveredLabels: Metric
}

export interface Dropped {
  readonly scrapePool?: string
  readonly discoveredLabels: Metric
}

export interface Pool {
  readonly name: string
  /** Those that are down first. */
  readonly targets: readonly Target[]
  readonly dropped: readonly Dropped[]
  /** All dropped, also those that the server does not list. */
  readonly droppedCount: number
}

/** A source of targets whose last try failed. */
export interface FailedSource {
  readonly scrapePool: string
  readonly kind: string
  readonly source: string
  readonly targetCount: number
  /** RFC 3339; year 1 for never. */
  readonly lastSuccess: string
  readonly lastError: string
}

export interface Targets {
  readonly failedSources: readonly FailedSource[]
  readonly pools: readonly Pool[]
  /** Samples of the last scrape by the target's labels as a selector. */
  readonly samples: ReadonlyMap<string, number>
}

/** The API's answer. */
export interface TargetsData {
  readonly activeTargets: readonly Target[]
  readonly droppedTargets: readonly Dropped[]
  readonly droppedTargetCounts?: Readonly<Record<string, number>>
}

/** The same for a target's labels and for a series that its scrape made. */
export function targetKey(labels: Metric): string {
  return formatSeries(Object.fromEntries(labelPairs(labels)))
}

const HEALTH_ORDER: Readonly<Record<Health, number>> = { down: 0, unknown: 1, up: 2 }

/** The pools by name, each with its targets. */
export function poolsOf(data: TargetsData): Pool[] {
  const names = new Set<string>()
  for (const target of data.activeTargets) names.add(target.scrapePool)
  for (const name of Object.keys(data.droppedTargetCounts ?? {})) names.add(name)
  for (const target of data.droppedTargets) names.add(poolOf(target))
  return [...names].sort().map((name) => {
    const dropped = data.droppedTargets.filter((target) => poolOf(target) === name)
    return {
      name,
      targets: data.activeTargets.filter((t) => t.scrapePool === name).sort(compareTargets),
      dropped,
      droppedCount: Math.max(data.droppedTargetCounts?.[name] ?? 0, dropped.length),
    }
  })
}

/** Older servers do not name the pool of a dropped target; its job is the pool's name at first. */
function poolOf(target: Dropped): string {
  return target.scrapePool ?? target.discoveredLabels.job ?? ''
}

function compareTargets(a: Target, b: Target): number {
  const byHealth = HEALTH_ORDER[a.health] - HEALTH_ORDER[b.health]
  if (byHealth !== 0) return byHealth
  return a.scrapeUrl < b.scrapeUrl ? -1 : 1
}
