/** What people do with the catalogue: looked at, put to use, marked, and found running. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { foundByMetrics, foundByName } from '../hub/found/found.ts'
import { type AskNow, metricPlaces } from '../hub/found/places.ts'
import { registeredTargets } from '../hub/found/registered.ts'
import { followContents } from '../hub/interest/contents.ts'
import { FollowedInterest } from '../hub/interest/interest.ts'
import type { CatalogueView } from '../model/catalogue.ts'
import type { FoundView } from '../model/found.ts'
import type { Registry } from '../model/registry.ts'
import type { SourcesView } from '../model/sources.ts'
import type { Records } from '../records/records.ts'
import { catalogueRoutes } from '../serve/hub/catalogue.ts'
import { favouriteRoutes } from '../serve/hub/favourites.ts'
import { foundRoutes } from '../serve/hub/found.ts'
import type { DescribedRoute } from '../serve/openapi/operation.ts'

export interface UsageDeps {
  readonly catalogue: CatalogueView
  readonly sources: SourcesView
  readonly records: Records
  readonly registry: Registry
  /** Asks who keeps samples; absent where nobody is known who does. */
  readonly askNow?: AskNow | undefined
  readonly log: Log
  readonly metrics: Metrics
}

export interface Usage {
  readonly routes: readonly DescribedRoute[]
  readonly interest: FollowedInterest
  /** Who knows where entries run, the surest first. */
  readonly views: readonly [FoundView, ...FoundView[]]
}

/** Starts them; while the database is away, the catalogue is shown as it was last known. */
export async function startUsage(deps: UsageDeps, life: Lifecycle): Promise<Usage> {
  const { catalogue, sources, records, log, metrics } = deps
  const clock = systemClock
  const contentsOf = followContents(catalogue)
  const isSettled = (): boolean => sources.list().every(({ checkedMs }) => checkedMs > 0)
  const contents = () => (isSettled() ? contentsOf() : undefined)
  const interest = life.own(
    new FollowedInterest({ records: records.interest, contents, clock, log, metrics }),
  )
  await interest.follow()
  const now = (): number => clock.now()
  const views = openViews(deps)
  return {
    interest,
    views,
    routes: [
      ...catalogueRoutes({ catalogue, interest }),
      ...favouriteRoutes({ favourites: records.favourites, catalogue, now }),
      ...foundRoutes(views[0]),
    ],
  }
}

function openViews({
  catalogue,
  registry,
  askNow,
}: UsageDeps): readonly [FoundView, ...FoundView[]] {
  const clock = systemClock
  const byName = foundByName({ catalogue, clock, targets: registeredTargets(registry) })
  if (askNow === undefined) return [byName]
  return [foundByMetrics({ catalogue, clock, places: metricPlaces(askNow) }), byName]
}
