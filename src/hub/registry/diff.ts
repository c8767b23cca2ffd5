/** What a change did to the targets of a document. */
import type { DocumentDiff, LabelledTarget, TargetEntry } from '../../model/registry.ts'
import { keyOfLabels } from './document.ts'

/** Targets that are listed of each sort; all are counted. */
export const DIFF_TARGETS_MAX = 1000

/**
 * Targets by address and labels: a target whose labels change goes and comes.
 *
 * @param listedMax targets of each sort that are listed
 */
export function diffEntries(
  before: readonly TargetEntry[],
  after: readonly TargetEntry[],
  listedMax: number = DIFF_TARGETS_MAX,
): DocumentDiff {
  const [old, now] = [targetsByKey(before), targetsByKey(after)]
  const added = [...now].filter(([key]) => !old.has(key)).map(([, target]) => target)
  const removed = [...old].filter(([key]) => !now.has(key)).map(([, target]) => target)
  return {
    addedCount: added.length,
    removedCount: removed.length,
    added: added.slice(0, listedMax),
    removed: removed.slice(0, listedMax),
  }
}

function targetsByKey(entries: readonly TargetEntry[]): Map<string, LabelledTarget> {
  const targets = new Map<string, LabelledTarget>()
  for (const { targets: list, labels = {} } of entries) {
    const key = keyOfLabels(labels)
    for (const target of list) targets.set(`${target} ${key}`, { target, labels })
  }
  return targets
}
