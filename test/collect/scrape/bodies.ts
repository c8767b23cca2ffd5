/** Bodies and rules for tests of scanning. */

import type { SampleRules } from '../../../src/collect/scrape/samplelabels.ts'
import type { Body } from '../../../src/collect/scrape/scan.ts'

export function bodyOf(content: string | Uint8Array): Body {
  const source = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const bytes = new Uint8Array(source.length + 1)
  bytes.set(source)
  bytes[source.length] = 10
  return { bytes, view: new DataView(bytes.buffer), length: source.length }
}

export function rulesOf(changed: Partial<SampleRules> = {}): SampleRules {
  return {
    targetLabels: [],
    honorLabels: true,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    metricRelabel: [],
    nameValidation: 'utf8',
    sampleLimit: 0,
    labelLimit: 0,
    labelNameLengthLimit: 0,
    labelValueLengthLimit: 0,
    ...changed,
  }
}
