/** Label sets under functions, grouping and matching: what is dropped, kept and compared. */
import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts'

/** Labels that describe the metric itself and go where its meaning changes. */
export const RESERVED: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__'])

/** The set without metric name, type and unit; the same object when it has none of them. */
export function dropReserved(labels: Labels): Labels {
  let at = 0
  while (at < labels.length && !RESERVED.has(labels[at])) at += 2
  if (at === labels.length) return labels
  const kept = labels.slice(0, at)
  for (at += 2; at < labels.length; at += 2) {
    if (!RESERVED.has(labels[at])) kept.push(labels[at], labels[at + 1])
  }
  return kept
}

/** The set with one label set to a value; '' takes it away. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const made: string[] = []
  let placed = value === ''
  for (let i = 0; i < labels.length; i += 2) {
    const known = labels[i]
    if (!placed && compareText(known, name) >= 0) {
      made.push(name, value)
      placed = true
    }
    if (known !== name) made.push(known, labels[i + 1])
  }
  if (!placed) made.push(name, value)
  return made
}

/** Only the named labels. */
export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  const kept: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (names.has(labels[i])) kept.push(labels[i], labels[i + 1])
  }
  return kept
}

/** All but the named labels. */
export function omitLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  const kept: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (!names.has(labels[i])) kept.push(labels[i], labels[i + 1])
  }
  return kept
}

/** The labels of a group or of a match: the named ones, or all others but the metric name. */
export function groupLabels(labels: Labels, names: readonly string[], exclude: boolean): Labels {
  return exclude
    ? omitLabels(labels, new Set([METRIC_NAME, ...names]))
    : keepLabels(labels, new Set(names))
}
