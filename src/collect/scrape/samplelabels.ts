/** From the labels in a body to the labels of a series: target labels, relabelling, limits. */
import { NarthexError } from '../../base/error.ts'
import { type RelabelRule, relabel } from '../../config/relabel.ts'
import type { NameValidation } from '../../config/scrape.ts'
import {
  compareText,
  formatLabels,
  type Labels,
  labelValue,
  METRIC_NAME,
} from '../../model/labels.ts'

/** How samples of one target become series. Limits of 0 mean none. */
export interface SampleRules {
  readonly targetLabels: Labels
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly metricRelabel: readonly RelabelRule[]
  readonly nameValidation: NameValidation
  readonly sampleLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
}

const EXPORTED = 'exported_'

/**
 * The labels of the series behind a sample; undefined when relabelling drops it.
 *
 * @param pairs name and value in the order of the body, the metric name first
 * @throws NarthexError `bad_data` for labels that make no series or are over a limit
 */
export function seriesLabels(pairs: readonly string[], rules: SampleRules): Labels | undefined {
  const merged = mergeTargetLabels(sortPairs(pairs), rules)
  const labels = rules.metricRelabel.length === 0 ? merged : relabel(merged, rules.metricRelabel)
  if (labels === undefined || labels.length === 0) return undefined
  requireValid(labels, rules)
  requireLimits(labels, rules)
  return labels
}

/** Rules that may change any label. */
const SWEEPING: ReadonlySet<string> = new Set(['labelmap', 'labeldrop', 'labelkeep'])

/**
 * Whether every series of a target bears all its labels, so that targets with other labels cannot
 * have the same series.
 */
export function keepsTargetLabels(rules: SampleRules): boolean {
  if (rules.honorLabels) return false
  return rules.metricRelabel.every((rule) => {
    if (rule.action === 'keep' || rule.action === 'drop') return true
    if (SWEEPING.has(rule.action) || rule.targetLabel.includes('$')) return false
    return labelValue(rules.targetLabels, rule.targetLabel) === ''
  })
}

/** So many labels are put in order one by one; the sorting of lists is dearer for a few. */
const INSERTED_MAX = 64

/** Pairs in the order of their names; pairs with an empty value are left out. */
function sortPairs(pairs: readonly string[]): string[] {
  if (pairs.length > INSERTED_MAX) return sortManyPairs(pairs)
  const sorted: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]
    const value = pairs[i + 1]
    if (value === '') continue
    let at = sorted.length
    sorted.push(name, value)
    for (; at > 0 && compareText(sorted[at - 2], name) > 0; at -= 2) {
      sorted[at] = sorted[at - 2]
      sorted[at + 1] = sorted[at - 1]
    }
    sorted[at] = name
    sorted[at + 1] = value
  }
  return sorted
}

function sortManyPairs(pairs: readonly string[]): string[] {
  const order: number[] = []
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== '') order.push(i)
  order.sort((a, b) => compareText(pairs[a], pairs[b]))
  return order.flatMap((i) => [pairs[i], pairs[i + 1]])
}

/** Joins the labels of a sample and of its target; whose win is `honorLabels`. */
function mergeTargetLabels(own: Labels, rules: SampleRules): Labels {
  const target = rules.targetLabels
  const conflicts: string[] = []
  const merged: string[] = []
  let i = 0
  let k = 0
  while (i < own.length || k < target.length) {
    const order = i === own.length ? 1 : k === target.length ? -1 : compareText(own[i], target[k])
    if (order < 0) {
      merged.push(own[i], own[i + 1])
      i += 2
      continue
    }
    if (order === 0) {
      if (rules.honorLabels) merged.push(own[i], own[i + 1])
      else {
        merged.push(target[k], target[k + 1])
        conflicts.push(own[i], own[i + 1])
      }
      i += 2
    } else merged.push(target[k], target[k + 1])
    k += 2
  }
  return conflicts.length === 0 ? merged : exportConflicts(merged, conflicts)
}

/** Keeps the values that target labels have replaced under names with `exported_` in front. */
function exportConflicts(merged: Labels, conflicts: readonly string[]): Labels {
  const order = Array.from({ length: conflicts.length / 2 }, (_, i) => i * 2)
  order.sort((a, b) => conflicts[a].length - conflicts[b].length)
  const pairs = [...merged]
  for (const i of order) {
    let name = EXPORTED + conflicts[i]
    while (labelValue(pairs, name) !== '') name = EXPORTED + name
    pairs.push(name, conflicts[i + 1])
  }
  return sortPairs(pairs)
}

function requireValid(labels: Labels, rules: SampleRules): void {
  const name = labelValue(labels, METRIC_NAME)
  if (name === '') throw new NarthexError('bad_data', 'missing metric name (__name__ label)')
  const legacy = rules.nameValidation === 'legacy'
  let valid = legacy ? /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) : true
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === '') valid = false
    if (legacy && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(labels[i])) valid = false
    if (i > 0 && labels[i] === labels[i - 2]) {
      const shown = JSON.stringify(labels[i])
      throw new NarthexError('bad_data', `label name ${shown} is not unique: invalid sample`)
    }
  }
  if (valid) return
  throw new NarthexError('bad_data', `invalid metric name or label names: ${formatLabels(labels)}`)
}

function requireLimits(labels: Labels, rules: SampleRules): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = rules
  const count = labels.length / 2
  const metric = (): string => labelValue(labels, METRIC_NAME).slice(0, 50)
  if (labelLimit > 0 && count > labelLimit) {
    throw labelFault(
      `label_limit exceeded (metric: ${metric()}, number of labels: ${count}, limit: ${labelLimit})`,
    )
  }
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]
    const value = labels[i + 1]
    const nameBytes = utf8Length(name)
    const valueBytes = utf8Length(value)
    if (labelNameLengthLimit > 0 && nameBytes > labelNameLengthLimit) {
      throw labelFault(
        `label_name_length_limit exceeded (metric: ${metric()}, label name: ${name.slice(0, 50)}, length: ${nameBytes}, limit: ${labelNameLengthLimit})`,
      )
    }
    if (labelValueLengthLimit > 0 && valueBytes > labelValueLengthLimit) {
      throw labelFault(
        `label_value_length_limit exceeded (metric: ${metric()}, label name: ${name.slice(0, 50)}, value: ${JSON.stringify(value.slice(0, 50))}, length: ${valueBytes}, limit: ${labelValueLengthLimit})`,
      )
    }
  }
}

/** A label limit is passed; the caller counts it. */
function labelFault(message: string): NarthexError {
  return new NarthexError('limit', message)
}

function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) length += code >= 0x800 && !(code >= 0xd800 && code <= 0xdfff) ? 2 : 1
  }
  return length
}
