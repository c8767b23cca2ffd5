/** Relabelling cases of other projects as metric_relabel_configs of a scrape. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { seriesLabels } from '../../../src/collect/scrape/samplelabels.ts'
import { compileRelabel, type RelabelAction } from '../../../src/config/relabel.ts'
import { labelsToRecord } from '../../../src/model/labels.ts'
import { rulesOf } from './bodies.ts'

interface Case {
  readonly id: string
  readonly input: Record<string, string>
  readonly output?: Record<string, string>
  readonly drop: boolean
  readonly relabel_configs: readonly {
    readonly action?: RelabelAction
    readonly source_labels?: readonly string[]
    readonly separator?: string
    readonly target_label?: string
    readonly regex?: string
    readonly modulus?: number
    readonly replacement?: string
  }[]
}

const FILE = '../../../../shared/conformance/data/relabel/relabel-cases.json'
const { cases } = JSON.parse(readFileSync(new URL(FILE, import.meta.url), 'utf8')) as {
  cases: Case[]
}

/** Rules that keep labels would take the name as well, without which there is no series. */
function widened(regex: string, action: RelabelAction): string {
  return action === 'labelkeep' ? `${regex}|__name__` : regex
}

for (const c of cases) {
  test(`${c.id} as metric_relabel_configs`, () => {
    const rules = c.relabel_configs.map((rule) => {
      const action = rule.action ?? 'replace'
      return compileRelabel({
        action,
        ...(rule.source_labels === undefined ? {} : { sourceLabels: rule.source_labels }),
        ...(rule.separator === undefined ? {} : { separator: rule.separator }),
        ...(rule.target_label === undefined ? {} : { targetLabel: rule.target_label }),
        ...(rule.regex === undefined ? {} : { regex: widened(rule.regex, action) }),
        ...(rule.modulus === undefined ? {} : { modulus: BigInt(rule.modulus) }),
        ...(rule.replacement === undefined ? {} : { replacement: rule.replacement }),
      })
    })
    const pairs = Object.entries({ __name__: 'probe', ...c.input }).flat()
    const labels = seriesLabels(pairs, rulesOf({ metricRelabel: rules }))
    if (c.drop) {
      assert.equal(labels, undefined)
      return
    }
    const found = labelsToRecord(labels ?? [])
    if (found.__name__ === 'probe') delete found.__name__
    const wanted = Object.entries(c.output ?? {}).filter(([, value]) => value !== '')
    assert.deepEqual({ ...found }, Object.fromEntries(wanted))
  })
}
