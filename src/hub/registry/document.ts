/** Reads a discovery document: every reason why it cannot be taken, or what will be served. */
import type { Problem, TargetEntry } from '../../model/registry.ts'
import { nameOf, refuseLabel, refuseTarget } from './target.ts'

/** Problems that are told; a document with more is refused after so many. */
export const PROBLEMS_MAX = 1000

/** Labels of one entry. */
export const LABELS_MAX = 64

/** Text by label name; it has no prototype, so that any name is only a name. */
export type LabelRecord = Record<string, string>

/** A document that can be served. */
export interface ReadDocument {
  readonly entries: readonly TargetEntry[]
  readonly targets: number
  /** Kept once. */
  readonly repeated: readonly string[]
}

/** Gathers problems, up to the bound. */
export class Problems {
  readonly list: Problem[] = []

  add(index: number, field: string, reason: string): void {
    if (this.list.length < PROBLEMS_MAX) this.list.push({ index, field, reason })
  }
}

/** The document; what is wrong with it is in `problems`, and then it is not to be used. */
export function readDocument(value: unknown, problems: Problems): ReadDocument {
  if (!Array.isArray(value)) {
    problems.add(-1, '', `the document is ${nameOf(value)}, wanted a list of {targets, labels}`)
    return { entries: [], targets: 0, repeated: [] }
  }
  const entries = value.flatMap((item, index) => readEntry(item, index, problems) ?? [])
  return keepOnce(entries)
}

/** The document of entries that are right, each target once. */
export function keepOnce(all: readonly TargetEntry[]): ReadDocument {
  const seen = new Set<string>()
  const repeated: string[] = []
  const entries = all.map((entry) => withoutRepeats(entry, seen, repeated))
  const targets = entries.reduce((sum, entry) => sum + entry.targets.length, 0)
  return { entries, targets, repeated }
}

function readEntry(item: unknown, index: number, problems: Problems): TargetEntry | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    problems.add(index, '', `is ${nameOf(item)}, wanted {"targets": […], "labels": {…}}`)
    return undefined
  }
  for (const key of Object.keys(item)) {
    if (key === 'targets' || key === 'labels') continue
    problems.add(index, key, 'is not known, wanted targets and labels')
  }
  const { targets, labels } = item as { targets?: unknown; labels?: unknown }
  const read = readTargets(targets, index, problems)
  if (labels === undefined) return { targets: read }
  return { targets: read, labels: readLabels(labels, index, 'labels', problems) }
}

function readTargets(value: unknown, index: number, problems: Problems): string[] {
  if (!Array.isArray(value)) {
    problems.add(index, 'targets', `is ${nameOf(value)}, wanted a list of host:port`)
    return []
  }
  for (const [at, target] of value.entries()) {
    const reason = refuseTarget(target)
    if (reason !== undefined) problems.add(index, `targets[${at}]`, reason)
  }
  return value
}

/** @param field where the labels stand */
export function readLabels(
  value: unknown,
  index: number,
  field: string,
  problems: Problems,
): LabelRecord {
  const labels: LabelRecord = Object.create(null)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(index, field, `is ${nameOf(value)}, wanted {"name": "value"}`)
    return labels
  }
  const pairs = Object.entries(value)
  if (pairs.length > LABELS_MAX) {
    problems.add(index, field, `has ${pairs.length} labels, the bound is ${LABELS_MAX}`)
  }
  for (const [name, text] of pairs.slice(0, LABELS_MAX)) {
    const reason = refuseLabel(name, text)
    if (reason !== undefined) problems.add(index, `${field}.${name.slice(0, 80)}`, reason)
    else labels[name] = text
  }
  return labels
}

/** The entry without targets that are there already, under the same labels. */
function withoutRepeats(entry: TargetEntry, seen: Set<string>, repeated: string[]): TargetEntry {
  const labelKey = keyOfLabels(entry.labels ?? {})
  const targets = entry.targets.filter((target) => {
    const key = `${target} ${labelKey}`
    if (!seen.has(key)) return seen.add(key)
    repeated.push(target)
    return false
  })
  return targets.length === entry.targets.length ? entry : { ...entry, targets }
}

/** The same text for the same labels, whatever their order. */
export function keyOfLabels(labels: Readonly<LabelRecord>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
