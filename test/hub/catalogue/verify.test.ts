/** What rules and panels need, held against what an exporter has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Report } from '../../../src/config/report.ts'
import { readDashboard } from '../../../src/hub/catalogue/dashboard.ts'
import { judge } from '../../../src/hub/catalogue/needs.ts'
import { readRules } from '../../../src/hub/catalogue/rules.ts'
import { readSample } from '../../../src/hub/catalogue/sample.ts'
import { fillVariables } from '../../../src/hub/catalogue/template.ts'
import { shareOf, type Verification, verify } from '../../../src/hub/catalogue/verify.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { alertsYaml, dashboardJson } from './support.ts'

const NAMES = readSample('# TYPE t histogram\n# TYPE s summary\na 1\nb_total 1\n').names
const VARIABLES = new Map([['x', { name: 'x', value: undefined }]])

for (const [expr, missing, isVerified] of [
  ['a', [], true],
  ['nope', ['nope'], false],
  ['rate(b_total{x="1"}[5m]) / on (x) sum(nope) > 0', ['nope'], false],
  ['histogram_quantile(0.9, sum by (le) (rate(t_bucket[5m])))', [], true],
  ['t_sum / t_count + s_sum / s_count + s{quantile="0.5"}', [], true],
  ['t', ['t'], false],
  ['up == 0 and scrape_samples_scraped > ALERTS', [], true],
  ['a or nope', ['nope'], true],
  ['nope or gone', ['nope', 'gone'], false],
  ['a unless nope', ['nope'], false],
  ['absent(nope)', ['nope'], false],
  ['max_over_time(sum(a)[1h:5m]) - a offset 5m', [], true],
  ['-(a ^ 2)', [], true],
  ['vector(1)', [], true],
  ['{job="x"}', [], true],
  ['{__name__="a"}', [], true],
  ['{__name__=~"b_.+"}', [], true],
  ['{__name__=~"c_.+"}', ['{__name__=~"c_.+"}'], false],
  ['{__name__=~"a|b_total", __name__!="a"}', [], true],
  ['{__name__=~"a", __name__!="a"}', ['{__name__=~"a", __name__!="a"}'], false],
  ['b_$x', [], true],
  [`c_\${x}_total`, ['c_*_total'], false],
  ['{__name__=~"$x"}', [], true],
  ['{__name__="c_$x"}', ['c_*'], false],
] as const) {
  test(`needs are told: ${expr}`, () => {
    const ground = { names: NAMES, recorded: new Map(), misses: new Map() }
    const judged = judge(parseExpr(fillVariables(expr, VARIABLES)), ground)
    const absent = judged.needs.filter(({ isThere }) => !isThere)
    assert.deepEqual(
      absent.map(({ metric }) => metric),
      missing,
    )
    for (const { reason } of absent) assert.equal(reason, 'not in the sample')
    assert.equal(judged.isVerified, isVerified)
  })
}

function verified(
  rules: string,
  panels: readonly string[],
  misses: readonly (readonly [string, string])[] = [],
  names: ReadonlySet<string> = NAMES,
): Verification {
  const report = new Report('')
  const file = readRules(rules, 'x', report)
  const dashboard = readDashboard(dashboardJson(...panels), report)
  assert.deepEqual(report.errors, [])
  assert.ok(file !== undefined && dashboard !== undefined)
  return verify(file.rules, dashboard, names, new Map(misses))
}

test('each miss has its reason, and the sums say how many rules and panels have all they need', () => {
  const misses = [['a_slave', 'needs a replica']] as const
  const { rules, panels, unexplained } = verified(alertsYaml('a_slave > a'), ['a', 'gone'], misses)
  assert.deepEqual(rules[0].needs, [
    { metric: 'a_slave', isThere: false, reason: 'needs a replica' },
    { metric: 'a', isThere: true, reason: '' },
  ])
  assert.deepEqual(
    [shareOf(rules), shareOf(panels)],
    [
      { ok: 0, all: 1 },
      { ok: 1, all: 2 },
    ],
  )
  assert.deepEqual(unexplained, [{ of: 'panel Panel 2', metric: 'gone' }])
})

test('a metric that a rule records is there when the rule has what it needs, in any order', () => {
  const rules = (leaf: string): string => `
- {record: "x:second", expr: "x:first * 2"}
- {record: "x:first", expr: ${leaf}}
`
  const good = verified(rules('a'), ['x:second', 'x:first'])
  assert.deepEqual(
    [shareOf(good.rules), shareOf(good.panels)],
    [
      { ok: 2, all: 2 },
      { ok: 2, all: 2 },
    ],
  )
  const bad = verified(rules('gone'), ['x:second'], [['gone', 'renamed in 2.0']])
  assert.deepEqual(
    [shareOf(bad.rules), shareOf(bad.panels)],
    [
      { ok: 0, all: 2 },
      { ok: 0, all: 1 },
    ],
  )
  assert.deepEqual(bad.unexplained, [], 'the reason stands at what is missing')
  assert.match(bad.panels[0].needs[0].reason, /the rule that records it/)
})

test('rules that record each other, and nothing else, are not there', () => {
  const circle = '- {record: "x:a", expr: "x:b"}\n- {record: "x:b", expr: "x:a"}\n'
  assert.deepEqual(shareOf(verified(circle, ['up']).rules), { ok: 0, all: 2 })
})

test('without a sample nothing is verified, not even what asks for up', () => {
  const { rules, panels } = verified(alertsYaml('up == 0'), ['up'], [], new Set())
  assert.deepEqual(
    [shareOf(rules), shareOf(panels)],
    [
      { ok: 0, all: 1 },
      { ok: 0, all: 1 },
    ],
  )
})

test('a reason for what is there, or for what nothing asks, is told', () => {
  const misses = [
    ['a', 'not on this machine'],
    ['other', 'not on this machine'],
    ['gone', 'not on this machine'],
  ] as const
  assert.deepEqual(verified(alertsYaml('a > gone'), ['up'], misses).needless, ['a', 'other'])
})
