/** What is being collected, as far as who answers can tell: other engines know less. */
import { ask, askIfKnown } from '../api/client.ts'
import { storeOf, type TsdbData } from '../api/tsdb.ts'
import { hasPage } from '../shell/router.ts'
import { type Ready, readyGraphs } from './firstlook.ts'

export interface TargetCounts {
  readonly up: number
  readonly all: number
}

export interface Collected {
  /** Undefined where nothing is scraped or nobody says. */
  readonly targets: TargetCounts | undefined
  readonly metrics: number
  /** Undefined where nobody says. */
  readonly series: number | undefined
  readonly graphs: readonly Ready[]
}

interface TargetsData {
  readonly activeTargets?: readonly { readonly health: string }[] | null
}

export async function loadCollected(abort: AbortSignal): Promise<Collected> {
  const [targets, names, tsdb] = await Promise.all([
    hasPage('targets') ? askIfKnown<TargetsData>('targets', { state: 'active' }, abort) : undefined,
    ask<readonly string[]>('label/__name__/values', {}, abort),
    askIfKnown<TsdbData>('status/tsdb', { limit: '1' }, abort),
  ])
  return {
    targets: countTargets(targets, names.data.length > 0),
    metrics: names.data.length,
    series: tsdb === undefined ? undefined : storeOf(tsdb).numSeries,
    graphs: readyGraphs(new Set(names.data)),
  }
}

/** Undefined as well where metrics come without targets: they were pushed. */
function countTargets(
  data: TargetsData | undefined,
  hasMetrics: boolean,
): TargetCounts | undefined {
  if (data === undefined) return undefined
  const all = data.activeTargets ?? []
  if (all.length === 0 && hasMetrics) return undefined
  return { up: all.filter((target) => target.health === 'up').length, all: all.length }
}
