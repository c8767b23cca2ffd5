/** Dashboards of any shape: their panels with queries, variables replaced, faults where they stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatProblem, Report } from '../../../src/config/report.ts'
import { type Dashboard, PANELS_MAX, readDashboard } from '../../../src/hub/catalogue/dashboard.ts'
import { fillVariables } from '../../../src/hub/catalogue/template.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { cpuMsOf } from '../../support/cpu.ts'
import { dashboardJson } from './support.ts'

function read(source: string): { dashboard: Dashboard | undefined; faults: string[] } {
  const report = new Report('a/dashboard.json')
  const dashboard = readDashboard(source, report)
  return { dashboard, faults: report.errors.map(formatProblem) }
}

function titles(source: unknown): readonly string[] {
  const { dashboard } = read(JSON.stringify(source))
  return dashboard?.panels.map(({ row, title }) => `${row}/${title}`) ?? []
}

const query = (expr: string): unknown => ({ refId: 'A', expr })
const panel = (title: string, more: object = {}): unknown => ({
  type: 'timeseries',
  title,
  targets: [query('up')],
  ...more,
})

test('panels of open rows, folded rows and the rows of old dashboards are all found', () => {
  const row = (title: string, panels: readonly unknown[] = []): unknown => ({
    type: 'row',
    title,
    panels,
  })
  assert.deepEqual(
    titles({
      title: 'd',
      panels: [panel('a'), row('One'), panel('b'), row('Two', [panel('c')]), panel('d')],
      rows: [{ title: 'Old', panels: [panel('e')] }],
    }),
    ['/a', 'One/b', 'Two/c', 'Two/d', 'Old/e'],
  )
})

test('what asks no Prometheus has nothing to verify', () => {
  const other = { datasource: { type: 'loki', uid: 'x' } }
  const mixed = { datasource: { type: 'datasource', uid: '-- Mixed --' } }
  assert.deepEqual(
    titles({
      title: 'd',
      panels: [
        { type: 'text', title: 'words' },
        panel('logs', other),
        panel('mixed', { ...mixed, targets: [{ expr: '{a="b"}', datasource: { type: 'loki' } }] }),
        panel('old', { datasource: `\${datasource}` }),
        panel('ours', { datasource: { type: 'prometheus', uid: `\${datasource}` } }),
      ],
    }),
    ['/old', '/ours'],
  )
})

test('a query that is no PromQL is told where it stands, and the other panels stay', () => {
  const { dashboard, faults } = read(dashboardJson('up', 'sum(', ''))
  assert.equal(dashboard?.panels.length, 3)
  assert.deepEqual(
    dashboard?.panels.map(({ fault }) => fault === ''),
    [true, false, false],
  )
  assert.match(faults[0], /^a\/dashboard\.json:22:\d+: cannot read query of Panel 2: .*parse error/)
  assert.match(faults[1], /^a\/dashboard\.json:33:\d+: cannot read query of Panel 3: no expression/)
})

for (const [what, source, fault] of [
  ['no text', '', /:1:1: cannot read JSON: "", wanted a value/],
  ['no JSON', '{\n  "panels": [}\n}', /:2:14: cannot read JSON: /],
  ['no panels', '{"title": "a"}', /:1:1: cannot read dashboard: no panels/],
  ['a list', '[]', /:1:1: .*no panels/],
  ['a text', '"panels"', /:1:1: .*no panels/],
] as const) {
  test(`a dashboard is refused: ${what}`, () => {
    const { dashboard, faults } = read(source)
    assert.equal(dashboard, undefined)
    assert.match(faults.join('\n'), fault)
  })
}

test('what is wrong with panels is told, and what is right is kept', () => {
  const deep = (levels: number): unknown =>
    levels === 0 ? panel('inner') : { type: 'row', title: 'r', panels: [deep(levels - 1)] }
  const { dashboard, faults } = read(
    JSON.stringify({
      title: '',
      panels: [3, null, panel('a', { id: 1 }), panel('b', { id: 1 }), deep(9)],
    }),
  )
  assert.deepEqual(
    dashboard?.panels.map(({ title }) => title),
    ['a', 'b'],
  )
  const text = faults.join('\n')
  for (const fault of [
    /no title/,
    /no object/,
    /a second one with the id 1/,
    /rows nest deeper than 4/,
  ]) {
    assert.match(text, fault)
  }
  const many = read(dashboardJson(...new Array<string>(PANELS_MAX + 2).fill('up')))
  assert.equal(many.dashboard?.panels.length, PANELS_MAX)
  assert.match(many.faults.join('\n'), /more than 1000/)
})

test('C39: JSON a million levels deep is refused like any other, and quickly', () => {
  const depth = 1_000_000
  const source = `{"panels": [${'[`.repeat(depth)}${`]'.repeat(depth)}]}`
  const tookMs = cpuMsOf(() => {
    assert.match(read(source).faults.join('\n'), /cannot read/)
  })
  assert.ok(tookMs < 5000, `${tookMs} ms`)
})

test('C39: keys that objects have by themselves are keys like others', () => {
  const { dashboard } = read(
    '{"title": "d", "__proto__": {"panels": []}, "panels": [{"constructor": 1, "targets": [{"expr": "up", "__proto__": {"x": 1}}]}]}',
  )
  assert.equal(dashboard?.panels.length, 1)
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

const variable = (name: string, value?: string) => [name, { name, value }] as const
const VARIABLES = new Map([
  variable('job'),
  variable('instance'),
  variable('metric'),
  variable('interval', '10m'),
  variable('top', '5'),
  variable('any', '.+'),
])

for (const [expr, filled] of [
  ['rate(a{job="$job"}[$__rate_interval])', 'rate(a{job=".+"}[5m])'],
  [`rate(a{job=~"\${job:regex}|[[instance]]"}[\${__interval}])`, 'rate(a{job=~".+|.+"}[1m])'],
  ['rate(a[$interval])', 'rate(a[10m])'],
  ['topk($top, a)', 'topk(5, a)'],
  [`a_\${metric}_total`, 'a___hole___total'],
  ['sum by ($instance) (a)', 'sum by (__hole__) (a)'],
  [`a * $__range_s / \${__interval_ms}`, 'a * 3600 / 60000'],
  ['increase(a[$__range])', 'increase(a[1h])'],
  ['label_replace(a, "b", "$1", "c", "(.*)$")', 'label_replace(a, "b", "$1", "c", "(.*)$")'],
  ['a{b="\\"$job\\"", c=\'$job\', d=`\\`}', 'a{b="\\".+\\"", c=\'.+\', d=`\\`}'],
  ['a{b=~"$any"}', 'a{b=~".+"}'],
  [`a{b="$unknown", c="\${__unknown}"}`, `a{b="$unknown", c="\${__unknown}"}`],
] as const) {
  test(`variables are replaced: ${expr}`, () => {
    assert.equal(fillVariables(expr, VARIABLES), filled)
    parseExpr(filled)
  })
}

test('a variable that the dashboard does not define is a fault where it stands bare', () => {
  const source = (expr: string): string =>
    JSON.stringify({
      title: 'd',
      templating: { list: [{ name: 'job', type: 'query', query: 'label_values(up, job)' }] },
      panels: [{ targets: [query(expr)] }],
    })
  assert.deepEqual(read(source('rate(a{job="$job"}[5m])')).faults, [])
  assert.match(read(source('rate(a[$window])')).faults.join('\n'), /cannot read query/)
})

test('variables say themselves what they stand for, or what they ask targets for', () => {
  const list = [
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    {
      name: 'job',
      type: 'query',
      query: { query: 'label_values(a_info{x="$other"}, job)', refId: 'x' },
    },
    { name: 'other', type: 'query', query: 'query_result(b_info)' },
    { name: 'label', type: 'query', query: 'label_names()' },
    { name: 'every', type: 'interval', query: '1m,5m' },
    { name: 'top', type: 'custom', query: 'ten : 10,twenty : 20', current: { value: '$__all' } },
    { name: 'typed', type: 'textbox', query: '7', current: { value: '8' } },
    { name: 'broken', type: 'query', query: 'label_values(a{, job)' },
  ]
  const { dashboard, faults } = read(
    JSON.stringify({
      title: 'd',
      templating: { list },
      panels: [{ targets: [query('topk($top, rate(a[$every])) > $typed')] }],
    }),
  )
  assert.deepEqual(
    dashboard?.variables.map(({ variable }) => variable),
    ['job', 'other'],
  )
  assert.equal(faults.length, 1)
  assert.match(faults[0], /cannot read variable broken/)
})

test('a dashboard of any shape is read or refused, never an error of another kind', () => {
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(null), fc.integer())
  const target = fc.oneof(
    odd,
    fc.record({ expr: fc.oneof(odd, fc.constantFrom('up', '$x', 'rate(a[$__interval])')) }),
  )
  const { panels } = fc.letrec<{ panel: unknown; panels: unknown }>((tie) => ({
    panel: fc.oneof(
      { depthSize: 'small' },
      odd,
      fc.record(
        {
          id: odd,
          type: fc.constantFrom('row', 'graph', 'text'),
          title: odd,
          datasource: odd,
          targets: fc.oneof(odd, fc.array(target, { maxLength: 3 })),
          panels: tie('panels'),
        },
        { requiredKeys: [] },
      ),
    ),
    panels: fc.oneof({ depthSize: 'small' }, odd, fc.array(tie('panel'), { maxLength: 4 })),
  }))
  const shape = fc.record(
    {
      title: odd,
      panels,
      rows: panels,
      templating: fc.oneof(odd, fc.record({ list: fc.array(odd) })),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(shape, (value) => {
      const { dashboard, faults } = read(JSON.stringify(value))
      assert.ok(dashboard !== undefined || faults.length > 0)
      for (const fault of faults) assert.match(fault, /^a\/dashboard\.json:\d+:\d+: cannot /)
    }),
    { seed: 7, numRuns: 300 },
  )
})
