/** Rule files: read whole, bare lists wrapped, faults told where they stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatProblem, Report } from '../../../src/config/report.ts'
import { type RuleFile, readRules } from '../../../src/hub/catalogue/rules.ts'
import { checkRuleTests } from '../../../src/hub/catalogue/ruletests.ts'
import { alertsYaml } from './support.ts'

function read(source: string): { file: RuleFile | undefined; faults: string[] } {
  const report = new Report('a/alerts.yaml')
  const file = readRules(source, 'a', report)
  return { file, faults: report.errors.map(formatProblem) }
}

const BARE = `---
# A comment.
- alert: Down
  expr: |
    up
    == 0
  labels: {severity: critical}
  annotations: {summary: s, description: d}

- record: job:up:sum
  expr: sum by (job) (up)
`

test('a bare list of rules is wrapped into a group that has the name of the entry', () => {
  const { file, faults } = read(BARE)
  assert.deepEqual(faults, [])
  assert.ok(file?.text.startsWith('groups:\n  - name: a\n    rules:\n'))
  assert.deepEqual(
    file?.rules.map(({ group, kind, name, expr }) => [group, kind, name, expr]),
    [
      ['a', 'alert', 'Down', 'up\n== 0\n'],
      ['a', 'record', 'job:up:sum', 'sum by (job) (up)'],
    ],
  )
  const again = read(file?.text ?? '')
  assert.equal(again.file?.text, file?.text, 'what was wrapped is a rule file')
})

test('a bare list of groups gets its groups:', () => {
  const source = alertsYaml('up').replace('groups:\n', '').replaceAll(/^ {2}/gm, '')
  const { file, faults } = read(source)
  assert.deepEqual(faults, [])
  assert.ok(file?.text.startsWith('groups:\n  - name: first\n'))
  assert.equal(file?.rules[0].group, 'first')
})

test('a fault in a bare list is told where it stands in the file', () => {
  const { faults } = read(BARE.replace('sum by (job) (up)', 'sum by (job (up)'))
  assert.equal(faults.length, 1)
  assert.match(faults[0], /^a\/alerts\.yaml:11:17: parse error/)
})

const GOOD = alertsYaml('up == 0')

for (const [what, source, fault] of [
  ['an empty file', '', /:1:1: cannot read rules: 0 rules/],
  ['no YAML', 'groups: [', /:1:\d+: /],
  ['a text', 'groups', /:1:1: .*wanted a map/],
  [
    'an unknown key',
    GOOD.replace('expr:', 'expt:'),
    /:5:9: field expt not found in type rule, did you mean expr\?/,
  ],
  ['no expression', GOOD.replace('        expr: up == 0\n', ''), /:4:9: .*Something: no expr/],
  ['no PromQL', GOOD.replace('up == 0', 'up =='), /:5:19: parse error/],
  ['a regular expression that RE2 refuses', GOOD.replace('up == 0', "up{a=~'('}"), /:5:17: /],
  [
    'an alert that records',
    GOOD.replace('alert: Something', 'alert: a\n        record: b'),
    /:4:9: .*either alert or record/,
  ],
  ['neither', GOOD.replace('alert: Something', 'for: 1m'), /:4:9: .*either alert or record/],
  [
    'a metric that no one can record',
    '- record: a-b\n  expr: up',
    /:1:11: .*a-b is no metric name/,
  ],
  ['a record with for', '- record: a\n  expr: up\n  for: 1m', /:1:3: .*only an alert has for/],
  [
    'no severity',
    GOOD.replace('severity', 'sev'),
    /:6:17: cannot read alert Something: no severity/,
  ],
  ['no summary', GOOD.replace('summary: s, ', ''), /:7:22: .*no summary among its annotations/],
  ['no description', GOOD.replace(', description: d', ''), /:7:22: .*no description/],
  [
    'a group without a name',
    GOOD.replace('name: first', 'interval: 1m'),
    /:2:5: cannot read group: no name/,
  ],
  ['a group twice', `${GOOD}  - {name: first, rules: []}\n`, /:8:5: .*a second one named first/],
  ['a time that is none', GOOD.replace('labels', 'for: 1x\n        labels'), /:6:14: /],
] as const) {
  test(`a rule file is refused: ${what}`, () => {
    const { file, faults } = read(source)
    assert.equal(file, undefined)
    assert.ok(
      faults.some((each) => fault.test(each)),
      faults.join('\n'),
    )
  })
}

test('every alert needs a case that fires and one that is quiet', () => {
  const rules = read(BARE).file?.rules ?? []
  const faultsOf = (source: string): string[] => {
    const report = new Report('a/alerts_test.yaml')
    checkRuleTests(source, rules, report)
    return report.errors.map(formatProblem)
  }
  const tests = (...cases: readonly string[]): string =>
    ['rule_files: [alerts.yaml]', 'tests:', '  - alert_rule_test:', ...cases].join('\n')
  const fires = '      - {alertname: Down, exp_alerts: [{exp_labels: {severity: critical}}]}'
  const quiet = '      - {alertname: Down, eval_time: 1m}'
  assert.deepEqual(faultsOf(tests(fires, quiet)), [])
  assert.deepEqual(faultsOf(tests(fires)), [
    'a/alerts_test.yaml:1:1: cannot test alert Down: no case in which it does not fire',
  ])
  assert.deepEqual(faultsOf(tests(quiet)), [
    'a/alerts_test.yaml:1:1: cannot test alert Down: no case in which it fires',
  ])
  assert.match(faultsOf(tests(fires, quiet, '      - {alertname: Up}'))[0], /:6:9: .*alert Up/)
  assert.match(
    faultsOf(tests(fires, quiet).replace('alerts.yaml', 'b.yaml'))[0],
    /:1:14: .*rule_files/,
  )
  assert.match(faultsOf('a: [')[0], /^a\/alerts_test\.yaml:1:/)
})
