/** Metadata for those who start before the rooms that know it. */
import type { MetadataView } from '../model/target.ts'

/** Asks `view` each time; nothing is known while it says undefined. */
export function lateMetadata(view: () => MetadataView | undefined): MetadataView {
  return {
    families: (metric, limit, perMetricMax) =>
      view()?.families(metric, limit, perMetricMax) ?? new Map(),
    ofTargets: (matches, metric, limit) => view()?.ofTargets(matches, metric, limit) ?? [],
  }
}

/** For roles that hear of no families by themselves. */
export const NO_METADATA: MetadataView = lateMetadata(() => undefined)
