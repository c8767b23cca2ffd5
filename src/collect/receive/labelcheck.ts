/** The labels of a series that somebody sent: made valid, or refused with a reason. */
import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts'

/** Bounds of one label set. */
export interface LabelLimits {
  /** --limit.labels-per-series */
  readonly labelsMax: number
  /** --limit.label-name-bytes */
  readonly nameBytesMax: number
  /** --limit.label-value-bytes */
  readonly valueBytesMax: number
}

export const LABEL_LIMITS: LabelLimits = { labelsMax: 40, nameBytesMax: 256, valueBytesMax: 4096 }

/** Why a label set is refused. */
export type LabelRefusal =
  | 'missing_name'
  | 'empty_label_name'
  | 'duplicate_label'
  | 'too_many_labels'
  | 'label_name_too_long'
  | 'label_value_too_long'

/**
 * Sorts the pairs where they are not and leaves out empty values, as Prometheus does.
 *
 * @param pairs names and values in turn
 * @returns the label set, or the first reason to refuse it
 */
export function checkLabels(pairs: readonly string[], limits: LabelLimits): Labels | LabelRefusal {
  if (pairs.length > 2 * limits.labelsMax) return 'too_many_labels'
  let sorted = true
  let hasName = false
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]
    if (name === '') return 'empty_label_name'
    if (isLonger(name, limits.nameBytesMax)) return 'label_name_too_long'
    if (isLonger(pairs[i + 1], limits.valueBytesMax)) return 'label_value_too_long'
    if (name === METRIC_NAME && pairs[i + 1] !== '') hasName = true
    if (i > 0 && compareText(pairs[i - 2], name) >= 0) sorted = false
    if (pairs[i + 1] === '') sorted = false
  }
  if (!hasName) return 'missing_name'
  return sorted ? pairs : sortPairs(pairs)
}

function sortPairs(pairs: readonly string[]): Labels | LabelRefusal {
  const starts: number[] = []
  for (let i = 0; i < pairs.length; i += 2) starts.push(i)
  starts.sort((a, b) => compareText(pairs[a], pairs[b]))
  const labels: string[] = []
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i]
    if (i > 0 && pairs[starts[i - 1]] === pairs[at]) return 'duplicate_label'
    if (pairs[at + 1] !== '') labels.push(pairs[at], pairs[at + 1])
  }
  return labels
}

/** Whether the UTF-8 of a text is longer; most texts need no look at their letters. */
function isLonger(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true
  if (3 * text.length <= bytesMax) return false
  return encoder.encode(text).length > bytesMax
}

const encoder = new TextEncoder()
