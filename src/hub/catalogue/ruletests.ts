/** alerts_test.yaml: whether promtool's unit tests have a case that fires and one that is quiet for each alert. */
import type { Report } from '../../config/report.ts'
import { type Mark, parseYaml, type YamlNode } from '../../config/yaml.ts'
import type { Rule } from './rules.ts'

const START: Mark = { line: 1, column: 1 }

/** Reports what is wrong with the text, and alerts that a case is missing for. */
export function checkRuleTests(
  source: string,
  rules: readonly Pick<Rule, 'kind' | 'name'>[],
  report: Report,
): void {
  const { root, faults } = parseYaml(source)
  for (const { mark, message } of faults) report.error(mark, message)
  if (faults.length > 0) return
  const files = itemsOf(root, 'rule_files')
  if (files.length !== 1 || textOf(files[0]) !== 'alerts.yaml') {
    report.error(files.at(0)?.mark ?? START, 'cannot read tests: wanted rule_files: [alerts.yaml]')
  }
  const alerts = new Set(rules.filter(({ kind }) => kind === 'alert').map(({ name }) => name))
  const fires = new Set<string>()
  const isQuiet = new Set<string>()
  for (const test of itemsOf(root, 'tests')) {
    for (const expected of itemsOf(test, 'alert_rule_test')) {
      const name = textOf(childOf(expected, 'alertname'))
      if (!alerts.has(name)) {
        report.error(expected.mark, `cannot test alert ${name}: alerts.yaml has none of this name`)
      }
      const seen = itemsOf(expected, 'exp_alerts').length > 0 ? fires : isQuiet
      seen.add(name)
    }
  }
  for (const name of alerts) {
    if (!fires.has(name))
      report.error(START, `cannot test alert ${name}: no case in which it fires`)
    if (!isQuiet.has(name)) {
      report.error(START, `cannot test alert ${name}: no case in which it does not fire`)
    }
  }
}

function childOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  if (node?.kind !== 'map') return undefined
  return node.entries.find((entry) => entry.key === key)?.value
}

function itemsOf(node: YamlNode | undefined, key: string): readonly YamlNode[] {
  const child = childOf(node, key)
  return child?.kind === 'list' ? child.items : []
}

function textOf(node: YamlNode | undefined): string {
  return node?.kind === 'scalar' ? node.text : ''
}
