/** A chart in the page: loads the drawing code once, follows the width, shows what is under the pointer. */
import type { ReadonlySignal, Signal } from '@preact/signals'
import { useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Metric } from '../api/columns.ts'
import { formatTime } from '../format/time.ts'
import { formatValue } from '../format/value.ts'
import { SeriesName } from '../shell/seriesname.tsx'
import { dark, zone } from '../shell/settings.ts'
import type { Chart, ChartCursor, ChartData } from './chart.ts'
import { seriesColor } from './palette.ts'
import './canvas.css'

/** What is drawn, but for what the whole page decides. */
export type Drawing = Omit<ChartData, 'dark' | 'zone' | 'hidden'>

interface CanvasProps {
  readonly drawing: ReadonlySignal<Drawing | undefined>
  /** Names of the columns, without what they share. */
  readonly names: ReadonlySignal<readonly Metric[]>
  readonly hidden: ReadonlySignal<ReadonlySet<number>>
  /** The series that the legend points at. */
  readonly highlighted: ReadonlySignal<number | undefined>
  readonly cursor: Signal<ChartCursor | undefined>
  readonly height: number
  /** What the picture shows, for those who do not see it. */
  readonly label: string
  readonly onZoom?: (fromMs: number, toMs: number) => void
  readonly onZoomBack?: () => void
}

export function Canvas(props: CanvasProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null)
  const chart = useSignal<Chart | undefined>(undefined)
  const { drawing, hidden, highlighted, cursor, height, onZoom, onZoomBack } = props

  useEffect(() => {
    const element = host.current
    if (element === null) return
    let closed = false
    const resize = new ResizeObserver(() => {
      chart.peek()?.resize(element.clientWidth, height)
    })
    void import('./chart.ts').then(({ openChart }) => {
      if (closed) return
      const onCursor = (at: ChartCursor | undefined): void => {
        cursor.value = at
      }
      const zooming = onZoom === undefined ? {} : { onZoom, onZoomBack: onZoomBack ?? (() => {}) }
      chart.value = openChart(element, element.clientWidth, height, { onCursor, ...zooming })
      resize.observe(element)
    })
    return () => {
      closed = true
      resize.disconnect()
      chart.peek()?.close()
    }
  }, [chart, cursor, height, onZoom, onZoomBack])

  useSignalEffect(() => {
    if (drawing.value === undefined) return
    chart.value?.draw({
      ...drawing.value,
      hidden: hidden.value,
      dark: dark.value,
      zone: zone.value,
    })
  })
  useSignalEffect(() => chart.value?.highlight(highlighted.value))

  return (
    <div class="canvas">
      <div
        class="canvas-host"
        ref={host}
        role="img"
        aria-label={props.label}
        style={{ height: `${height}px` }}
      />
      <Tooltip drawing={drawing} names={props.names} cursor={cursor} host={host} />
    </div>
  )
}

interface TooltipProps {
  readonly drawing: ReadonlySignal<Drawing | undefined>
  readonly names: ReadonlySignal<readonly Metric[]>
  readonly cursor: ReadonlySignal<ChartCursor | undefined>
  readonly host: { readonly current: HTMLDivElement | null }
}

/** The time under the pointer, and the nearest series with its value. */
function Tooltip({ drawing, names, cursor, host }: TooltipProps): JSX.Element | null {
  const at = cursor.value
  const shown = drawing.value
  if (at === undefined || shown === undefined || at.slot >= shown.times.length) return null
  const width = host.current?.clientWidth ?? 0
  const onLeft = at.left > width * 0.55
  const column = at.series === undefined ? undefined : shown.columns[at.series]
  const place = onLeft
    ? { right: `${width - at.left + 14}px`, top: `${at.top + 8}px` }
    : { left: `${at.left + 14}px`, top: `${at.top + 8}px` }
  return (
    <div class="tip" style={place} aria-hidden="true">
      <div class="tip-time">{formatTime(shown.times[at.slot] * 1000, zone.value)}</div>
      {column !== undefined && at.series !== undefined && (
        <div class="tip-row">
          <i class="swatch" style={{ background: seriesColor(at.series, dark.value) }} />
          <SeriesName metric={names.value[at.series] ?? {}} />
          <b>{formatValue(column[at.slot], shown.unit)}</b>
        </div>
      )}
    </div>
  )
}
