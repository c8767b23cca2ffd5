/** The panels of Explore as parameters of the address, under the keys of Prometheus 3. */
import type { Resolution } from '../api/grid.ts'
import { formatDuration, parseDuration } from '../format/duration.ts'
import { formatUtc, parseUtc } from '../format/time.ts'

export type Tab = 'graph' | 'table' | 'explain'
type DisplayMode = 'lines' | 'stacked'

/** Everything that a link says about one panel. */
export interface PanelState {
  readonly expr: string
  readonly tab: Tab
  readonly rangeMs: number
  /** ms since epoch; undefined follows the clock */
  readonly endMs: number | undefined
  readonly resolution: Resolution
  readonly mode: DisplayMode
  /** Lower end of the value axis; undefined fits the data. */
  readonly yMin: number | undefined
  readonly showTree: boolean
}

const RANGE_MS_DEFAULT = 3_600_000
/** Panels that a link may open; more are left out. */
export const PANEL_COUNT_MAX = 50

/** A panel as a new one starts. */
export const PANEL_DEFAULT: PanelState = {
  expr: '',
  tab: 'graph',
  rangeMs: RANGE_MS_DEFAULT,
  endMs: undefined,
  resolution: { kind: 'auto', density: 'medium' },
  mode: 'lines',
  yMin: undefined,
  showTree: false,
}

/** The panels of a query string; one empty panel when it names none. Broken values fall back singly. */
export function parsePanels(search: string): PanelState[] {
  const params = new URLSearchParams(search)
  const panels: PanelState[] = []
  while (panels.length < PANEL_COUNT_MAX && params.has(`g${panels.length}.expr`)) {
    const prefix = `g${panels.length}.`
    panels.push(parsePanel((key) => params.get(prefix + key)))
  }
  return panels.length > 0 ? panels : [PANEL_DEFAULT]
}

/** The query string of the panels, '' for one untouched panel. */
export function formatPanels(panels: readonly PanelState[]): string {
  if (panels.length === 1 && panels[0].expr === '') return ''
  const params = new URLSearchParams()
  for (const [index, panel] of panels.entries()) {
    for (const [key, value] of panelPairs(panel)) params.append(`g${index}.${key}`, value)
  }
  return params.toString()
}

function parsePanel(get: (key: string) => string | null): PanelState {
  const tab = get('tab') ?? ''
  const endText = get('moment_input') ?? get('end_input') ?? ''
  const yMinText = get('y_axis_min') ?? ''
  const stacked = get('stacked') === '1' || /^(stacked|heatmap)$/.test(get('display_mode') ?? '')
  return {
    expr: get('expr') ?? '',
    tab: parseTab(tab),
    rangeMs: parseDuration(get('range_input') ?? '') ?? PANEL_DEFAULT.rangeMs,
    endMs: parseUtc(endText),
    resolution: parseResolution(get),
    mode: stacked ? 'stacked' : 'lines',
    yMin: yMinText !== '' && Number.isFinite(Number(yMinText)) ? Number(yMinText) : undefined,
    showTree: get('show_tree') === '1',
  }
}

/** Numbers are the tabs of Prometheus 2. */
function parseTab(text: string): Tab {
  if (text === '1' || text === 'table') return 'table'
  return text === 'explain' ? 'explain' : 'graph'
}

function parseResolution(get: (key: string) => string | null): Resolution {
  const kind = get('res_type')
  const density = get('res_density')
  const stepSeconds = Number(get('res_step') ?? get('step_input') ?? '')
  if (kind === 'auto') {
    if (density === 'low' || density === 'medium' || density === 'high') return { kind, density }
    return PANEL_DEFAULT.resolution
  }
  if (!(stepSeconds > 0 && Number.isFinite(stepSeconds))) return PANEL_DEFAULT.resolution
  return { kind: kind === 'fixed' ? 'fixed' : 'custom', stepMs: stepSeconds * 1000 }
}

function panelPairs(panel: PanelState): [string, string][] {
  const pairs: [string, string][] = [
    ['expr', panel.expr],
    ['show_tree', panel.showTree ? '1' : '0'],
    ['tab', panel.tab],
  ]
  if (panel.endMs !== undefined) {
    pairs.push(['end_input', formatUtc(panel.endMs)], ['moment_input', formatUtc(panel.endMs)])
  }
  pairs.push(['range_input', formatDuration(panel.rangeMs)], ['res_type', panel.resolution.kind])
  if (panel.resolution.kind === 'auto') pairs.push(['res_density', panel.resolution.density])
  else pairs.push(['res_step', String(panel.resolution.stepMs / 1000)])
  pairs.push(['display_mode', panel.mode])
  if (panel.yMin !== undefined) pairs.push(['y_axis_min', String(panel.yMin)])
  return pairs
}
