/** Metadata that senders tell, beside what scrapes say. */
import type { Metrics } from '../../base/metrics.ts'
import type { MetadataView, MetricMetadata } from '../../model/target.ts'
import type { WriteMetadata } from '../../wire/remotewrite.ts'

/** Families kept; what comes beyond is not shown. */
export const PUSHED_FAMILIES_MAX = 100_000

/** Takes the metadata of senders and shows it together with another view. */
export interface PushedMetadata {
  add(metadata: WriteMetadata): void
  readonly view: MetadataView
}

/** Opens an empty collection in front of `scraped`; of one family the newest word of senders counts. */
export function openPushedMetadata(scraped: MetadataView, metrics: Metrics): PushedMetadata {
  const pushed = new Map<string, MetricMetadata>()
  const families = metrics.gauge(
    'narthex_pushed_metadata_families',
    'Families whose metadata senders told, up to a bound.',
  )
  return {
    add({ family, type, help, unit }) {
      if (family === '' || (pushed.size >= PUSHED_FAMILIES_MAX && !pushed.has(family))) return
      pushed.set(family, { type, help, unit })
      families.with().set(pushed.size)
    },
    view: {
      families(metric, limit, perMetricMax) {
        const found = scraped.families(metric, limit, perMetricMax)
        for (const [name, metadata] of pushed) {
          if (metric !== '' && name !== metric) continue
          if (found.has(name)) continue
          if (limit > 0 && found.size >= limit) break
          found.set(name, [metadata])
        }
        return found
      },
      ofTargets: (matches, metric, limit) => scraped.ofTargets(matches, metric, limit),
    },
  }
}
