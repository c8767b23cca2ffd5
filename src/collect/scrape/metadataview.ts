/** Metadata of scraped families, answered from the blocks of comments that layouts hold. */
import type { Labels } from '../../model/labels.ts'
import type { MetadataView, MetricMetadata } from '../../model/target.ts'
import { BLOCK, type Layout } from './layout.ts'
import type { MetadataPool } from './metadata.ts'

/** What a view needs of a loop. */
export interface LayoutHolder {
  readonly layout: Layout
  readonly target: { readonly labels: Labels }
}

export function metadataView(
  pool: MetadataPool,
  holders: () => Iterable<LayoutHolder>,
): MetadataView {
  return {
    families(metric, limit, perMetricMax) {
      const found = new Map<string, MetricMetadata[]>()
      for (const families of pool.all()) collect(found, families, metric, limit, perMetricMax)
      return found
    },
    ofTargets(matches, metric, limit) {
      const found: { target: Labels; metric: string; metadata: MetricMetadata }[] = []
      for (const { layout, target } of holders()) {
        if (!matches(target.labels)) continue
        for (const [name, metadata] of familiesOf(layout, pool)) {
          if (metric !== '' && name !== metric) continue
          if (limit > 0 && found.length >= limit) return found
          found.push({ target: target.labels, metric: name, metadata })
        }
      }
      return found
    },
  }
}

function collect(
  found: Map<string, MetricMetadata[]>,
  families: ReadonlyMap<string, MetricMetadata>,
  metric: string,
  limit: number,
  perMetricMax: number,
): void {
  for (const [name, metadata] of families) {
    if (metric !== '' && name !== metric) continue
    const known = found.get(name)
    if (known === undefined) {
      if (limit <= 0 || found.size < limit) found.set(name, [metadata])
      continue
    }
    if (perMetricMax > 0 && known.length >= perMetricMax) continue
    if (!known.some((other) => equalMetadata(other, metadata))) known.push(metadata)
  }
}

function* familiesOf(layout: Layout, pool: MetadataPool): Iterable<[string, MetricMetadata]> {
  for (let i = 0; i < layout.count; i++) {
    if (layout.ids[i] > BLOCK) continue
    yield* pool.familiesOf(layout.hashesA[i], layout.hashesB[i]) ?? []
  }
}

function equalMetadata(a: MetricMetadata, b: MetricMetadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit
}
