/** The label set of a series: sorted pairs of name and value in one flat array. */

/**
 * `[name, value, name, value, …]`, names strictly rising by code point order of their UTF-8 bytes,
 * no empty value, frozen by convention: nobody writes into a Labels after making it.
 */
export type Labels = readonly string[]

/** The name of the label that holds the metric name. */
export const METRIC_NAME = '__name__'

/** No labels at all. */
export const NO_LABELS: Labels = []

/** The value of a label; '' when the set does not have it. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === name) return labels[i + 1]
  }
  return ''
}

/** Builds a label set from pairs in any order; empty values are left out, the last of equal names wins. */
export function labelsFrom(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map<string, string>()
  for (const [name, value] of pairs) byName.set(name, value)
  const names = [...byName.keys()].sort(compareText)
  const labels: string[] = []
  for (const name of names) {
    const value = byName.get(name) ?? ''
    if (value !== '') labels.push(name, value)
  }
  return labels
}

/** The labels as an object without prototype, for JSON. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = Object.create(null)
  for (let i = 0; i < labels.length; i += 2) record[labels[i]] = labels[i + 1]
  return record
}

/** A text that is equal exactly for equal label sets; for map keys, not for people. */
export function labelsKey(labels: Labels): string {
  return labels.join('\u0000')
}

/** Whether two label sets are equal. */
export function equalLabels(a: Labels, b: Labels): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Orders label sets as Prometheus does: pair by pair, then the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return compareText(a[i], b[i])
  }
  return a.length - b.length
}

/**
 * Orders text by code points, which is the order of UTF-8 bytes and so Prometheus's.
 * Equal to the order of UTF-16 units except where surrogates meet U+E000..U+FFFF.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const xSurrogate = x >= 0xd800 && x <= 0xdfff
    const ySurrogate = y >= 0xd800 && y <= 0xdfff
    return xSurrogate === ySurrogate ? x - y : xSurrogate ? 1 : -1
  }
  return a.length - b.length
}

/** The series as PromQL writes it: `name{label="value"}`. */
export function formatLabels(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME)
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) continue
    parts.push(`${formatLabelName(labels[i])}=${JSON.stringify(labels[i + 1])}`)
  }
  if (parts.length === 0 && name !== '') return name
  return `${name}{${parts.join(', ')}}`
}

function formatLabelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name)
}
