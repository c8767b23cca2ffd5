/** Links of Explore: Prometheus's keys, there and back. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  formatPanels,
  PANEL_COUNT_MAX,
  PANEL_DEFAULT,
  type PanelState,
  parsePanels,
} from '../../../ui/explore/urlstate.ts'

test('a link made by Prometheus 3 opens as it was', () => {
  const [first, second] = parsePanels(
    '?g0.expr=rate(x%5B5m%5D)&g0.show_tree=1&g0.tab=table&g0.end_input=2026-08-01+09%3A30%3A00' +
      '&g0.moment_input=2026-08-01+09%3A30%3A00&g0.range_input=2h&g0.res_type=fixed&g0.res_step=30' +
      '&g0.display_mode=stacked&g0.y_axis_min=0&g0.show_exemplars=0' +
      '&g1.expr=up&g1.tab=graph&g1.range_input=15m&g1.res_type=auto&g1.res_density=high',
  )
  assert.deepEqual(first, {
    expr: 'rate(x[5m])',
    tab: 'table',
    rangeMs: 7_200_000,
    endMs: Date.UTC(2026, 7, 1, 9, 30),
    resolution: { kind: 'fixed', stepMs: 30_000 },
    mode: 'stacked',
    yMin: 0,
    showTree: true,
  })
  assert.deepEqual(second.resolution, { kind: 'auto', density: 'high' })
  assert.equal(second.endMs, undefined)
})

test('a link made by Prometheus 2 opens, too', () => {
  const [panel] = parsePanels(
    '?g0.expr=up&g0.tab=1&g0.stacked=1&g0.range_input=6h&g0.step_input=60',
  )
  assert.equal(panel.tab, 'table')
  assert.equal(panel.mode, 'stacked')
  assert.deepEqual(panel.resolution, { kind: 'custom', stepMs: 60_000 })
})

for (const [key, value] of [
  ['range_input', '<script>'],
  ['range_input', '0'],
  ['end_input', 'never'],
  ['res_step', '-1'],
  ['res_type', 'huge'],
  ['tab', 'x'],
  ['y_axis_min', 'low'],
  ['display_mode', ''],
] as const) {
  test(`a broken value falls back alone: ${key}=${value}`, () => {
    const params = new URLSearchParams({ 'g0.expr': 'up', [`g0.${key}`]: value })
    assert.deepEqual(parsePanels(params.toString()), [{ ...PANEL_DEFAULT, expr: 'up' }])
  })
}

test('no panel is named: one empty panel, and an empty link', () => {
  assert.deepEqual(parsePanels(''), [PANEL_DEFAULT])
  assert.equal(formatPanels([PANEL_DEFAULT]), '')
})

test('a link cannot open more panels than the bound', () => {
  const params = new URLSearchParams()
  for (let i = 0; i < PANEL_COUNT_MAX + 10; i++) params.set(`g${i}.expr`, 'up')
  assert.equal(parsePanels(params.toString()).length, PANEL_COUNT_MAX)
})

const panelState: fc.Arbitrary<PanelState> = fc.record(
  {
    expr: fc.string({ minLength: 1 }),
    tab: fc.constantFrom('graph', 'table', 'explain'),
    rangeMs: fc.integer({ min: 1, max: 1e11 }),
    endMs: fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined }),
    resolution: fc.oneof(
      fc.constantFrom('low' as const, 'medium' as const, 'high' as const).map((density) => ({
        kind: 'auto' as const,
        density,
      })),
      fc
        .tuple(
          fc.constantFrom('fixed' as const, 'custom' as const),
          fc.integer({ min: 1, max: 1e6 }),
        )
        .map(([kind, seconds]) => ({ kind, stepMs: seconds * 1000 })),
    ),
    mode: fc.constantFrom('lines', 'stacked'),
    yMin: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
    showTree: fc.boolean(),
  },
  { noNullPrototype: true },
)

test('every state survives its link', () => {
  fc.assert(
    fc.property(fc.array(panelState, { minLength: 1, maxLength: 4 }), (panels) => {
      assert.deepEqual(parsePanels(formatPanels(panels)), panels)
    }),
    { seed: 13 },
  )
})
