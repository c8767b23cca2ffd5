/** One graph on a canvas: uPlot with our lines, axes and gestures. Loaded when the first graph is. */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { stackColumns } from '../api/columns.ts'
import { type Zone, zonedDate } from '../format/time.ts'
import { formatValue, tickSteps, type Unit } from '../format/value.ts'
import { areaColor, axisColors, seriesColor } from './palette.ts'
import { linePaths } from './paths.ts'
import { axisRange, extentOf } from './scale.ts'

/** What is drawn. */
export interface ChartData {
  /** float64[n], seconds since epoch */
  readonly times: Float64Array
  /** float64[n] each; NaN where there is no point */
  readonly columns: readonly Float64Array[]
  readonly unit: Unit
  readonly stacked: boolean
  readonly yMin: number | undefined
  readonly dark: boolean
  readonly zone: Zone
  /** Series that a person has hidden. */
  readonly hidden: ReadonlySet<number>
}

/** Where the pointer is; undefined outside. */
export interface ChartCursor {
  /** Slot of the time grid. */
  readonly slot: number
  /** The nearest series, undefined when none is near. */
  readonly series: number | undefined
  /** CSS pixels from the chart's top left corner. */
  readonly left: number
  readonly top: number
}

export interface ChartEvents {
  readonly onCursor: (cursor: ChartCursor | undefined) => void
  /** ms since epoch; absent for a graph that does not zoom */
  readonly onZoom?: (fromMs: number, toMs: number) => void
  readonly onZoomBack?: () => void
}

export interface Chart {
  draw(data: ChartData): void
  resize(width: number, height: number): void
  /** Brings one series forward; undefined none. */
  highlight(series: number | undefined): void
  close(): void
}

const FONT = '11px system-ui, "Segoe UI", "DejaVu Sans", sans-serif'
/** Pixels that a drag must reach to count as one. */
const DRAG_MIN = 6
/** Pixels from a line within which the pointer means it. */
const NEAR_MAX = 36

/** Draws into `host` until closed. */
export function openChart(
  host: HTMLElement,
  width: number,
  height: number,
  events: ChartEvents,
): Chart {
  let plot: uPlot | undefined
  let shape = ''
  let shown: ChartData | undefined

  return {
    draw(data) {
      const columns = data.stacked ? stackVisible(data) : data.columns
      const next = shapeOf(data)
      shown = data
      if (plot !== undefined && next === shape && !data.stacked) {
        plot.setData([data.times, ...columns] as uPlot.AlignedData)
        return
      }
      const size =
        plot === undefined ? { width, height } : { width: plot.width, height: plot.height }
      plot?.destroy()
      shape = next
      plot = new uPlot(
        optionsOf(data, columns, size, events, () => shown ?? data),
        [data.times, ...columns] as uPlot.AlignedData,
        host,
      )
    },
    resize(newWidth, newHeight) {
      width = newWidth
      height = newHeight
      plot?.setSize({ width, height })
    },
    highlight(series) {
      plot?.setSeries(series === undefined ? null : series + 1, { focus: true })
    },
    close() {
      plot?.destroy()
      plot = undefined
    },
  }
}

/** Whatever needs a new plot when it changes. */
function shapeOf(data: ChartData): string {
  const hidden = [...data.hidden].join(',')
  return [
    data.columns.length,
    data.unit,
    data.stacked,
    data.yMin,
    data.dark,
    data.zone,
    hidden,
  ].join('|')
}

/** Hidden series take no room in a stack. */
function stackVisible(data: ChartData): Float64Array[] {
  const nothing = new Float64Array(data.times.length)
  return stackColumns(data.columns.map((values, i) => (data.hidden.has(i) ? nothing : values)))
}

function optionsOf(
  data: ChartData,
  columns: readonly Float64Array[],
  size: { width: number; height: number },
  events: ChartEvents,
  now: () => ChartData,
): uPlot.Options {
  return {
    ...size,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.22 },
    tzDate: (seconds) => zonedDate(seconds, data.zone),
    scales: {
      x: { time: true },
      y: { auto: false, range: (u) => rangeOf(u, now()) },
    },
    axes: axesOf(data),
    series: [{}, ...columns.map((_, i) => seriesOptions(data, columns, i))],
    cursor: cursorOptions(events),
    hooks: hooksOf(events, now),
  }
}

function rangeOf(u: uPlot, data: ChartData): [number, number] {
  const columns = u.data.slice(1) as Float64Array[]
  const extent = extentOf(columns, (i) => !data.hidden.has(i))
  if (!data.stacked || extent === undefined) return axisRange(extent, data.yMin)
  return axisRange([Math.min(0, extent[0]), extent[1]], data.yMin)
}

function seriesOptions(
  data: ChartData,
  columns: readonly Float64Array[],
  index: number,
): uPlot.Series {
  const alone = columns.length === 1
  return {
    show: !data.hidden.has(index),
    stroke: seriesColor(index, data.dark),
    fill: areaColor(index, data.dark, data.stacked ? 0.4 : 0.09),
    width: data.stacked ? 1 : 1.5,
    paths: linePaths(data.stacked ? columns[index - 1] : undefined, data.stacked || alone),
    points: { show: false },
  }
}

function cursorOptions(events: ChartEvents): uPlot.Cursor {
  const zooms = events.onZoom !== undefined
  return {
    y: false,
    focus: { prox: NEAR_MAX },
    points: { one: true, size: 7, width: 1.5 },
    drag: { x: zooms, y: false, setScale: false, dist: DRAG_MIN },
    bind: {
      dblclick: () => () => {
        events.onZoomBack?.()
        return null
      },
    },
  }
}

function hooksOf(events: ChartEvents, now: () => ChartData): uPlot.Hooks.Arrays {
  let near: number | undefined
  const report = (u: uPlot): void => {
    const { idx, left = -1, top = -1 } = u.cursor
    if (idx === null || idx === undefined || left < 0) {
      events.onCursor(undefined)
      return
    }
    events.onCursor({
      slot: idx,
      series: near,
      left: left + u.over.offsetLeft,
      top: top + u.over.offsetTop,
    })
  }
  return {
    setCursor: [report],
    setSeries: [
      (u, index, change) => {
        if (!('focus' in change)) return
        near = index === null || index === 0 ? undefined : index - 1
        report(u)
      },
    ],
    setSelect: [
      (u) => {
        if (u.select.width < DRAG_MIN || events.onZoom === undefined) return
        const fromMs = u.posToVal(u.select.left, 'x') * 1000
        const toMs = u.posToVal(u.select.left + u.select.width, 'x') * 1000
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        if (now().times.length > 1) events.onZoom(fromMs, toMs)
      },
    ],
  }
}

const DAY = '{YYYY}-{MM}-{DD}'
/** Labels of the time axis by the distance of its ticks: first as usual, then where the day changes. */
const TIME_LABELS: uPlot.Axis.Values = [
  [86_400 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [86_400 * 28, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [86_400, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', `\n${DAY}`, null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', `\n${DAY}`, null, '\n{MM}-{DD}', null, null, null, 1],
  [0.001, '{ss}.{fff}', `\n${DAY} {HH}:{mm}`, null, null, null, '\n{HH}:{mm}', null, 1],
]

function axesOf(data: ChartData): uPlot.Axis[] {
  const colors = axisColors(data.dark)
  const shared = {
    font: FONT,
    stroke: colors.text,
    ticks: { show: true, stroke: colors.border, width: 1, size: 4 },
    border: { show: true, stroke: colors.border, width: 1 },
  }
  return [
    { ...shared, values: TIME_LABELS, grid: { show: false }, space: 70, size: 38 },
    {
      ...shared,
      border: { show: false },
      ticks: { show: false },
      grid: { stroke: colors.grid, width: 1 },
      incrs: tickSteps(data.unit),
      space: 24,
      gap: 8,
      size: widestLabel,
      values: (_, splits, __, ___, step) => splits.map((v) => formatValue(v, data.unit, step)),
    },
  ]
}

/** Room for the longest label; measured, because a unit may be long. */
function widestLabel(u: uPlot, labels: string[] | null): number {
  if (labels === null) return 40
  u.ctx.save()
  u.ctx.font = FONT
  let widest = 0
  for (const label of labels) widest = Math.max(widest, u.ctx.measureText(label).width)
  u.ctx.restore()
  return Math.ceil(widest) + 16
}
