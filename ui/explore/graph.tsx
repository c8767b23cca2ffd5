/** The graph of a panel with its legend. */
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { SERIES_DRAWN_MAX } from '../api/columns.ts'
import { commonLabels, distinctLabels } from '../api/series.ts'
import { Canvas, type Drawing } from '../chart/canvas.tsx'
import type { ChartCursor } from '../chart/chart.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { Legend } from './legend.tsx'
import type { GraphAnswer, Panel } from './panel.ts'

const HEIGHT = 320

interface GraphProps {
  readonly panel: Panel
  readonly answer: ReadonlySignal<GraphAnswer | undefined>
}

export function Graph({ panel, answer }: GraphProps): JSX.Element {
  const cursor = useSignal<ChartCursor | undefined>(undefined)
  const highlighted = useSignal<number | undefined>(undefined)
  const hidden = useSignal<ReadonlySet<number>>(new Set())

  const metrics = useComputed(() => answer.value?.columns.series.map((s) => s.metric) ?? [])
  const common = useComputed(() => commonLabels(metrics.value))
  const names = useComputed(() => metrics.value.map((m) => distinctLabels(m, common.value)))
  const drawing = useComputed<Drawing | undefined>(() => {
    if (answer.value === undefined) return undefined
    const { columns, unit } = answer.value
    const { mode, yMin } = panel.state.value
    return {
      times: columns.times,
      columns: columns.series.map((s) => s.values),
      unit,
      stacked: mode === 'stacked',
      yMin,
    }
  })

  // What was hidden among other series means nothing among these.
  const crowd = useComputed(() => `${answer.value?.expr}|${metrics.value.length}`)
  useSignalEffect(() => {
    if (crowd.value !== '') hidden.value = new Set()
  })

  const count = answer.value?.columns.seriesCount ?? 0
  return (
    <figure class="graph">
      {count > SERIES_DRAWN_MAX && (
        <p class="note warn">
          <Icon name="warn" />
          {`Drawn are the first ${formatCount(SERIES_DRAWN_MAX)} of ${formatCount(count)} series. Aggregate or filter to see the others.`}
        </p>
      )}
      <Canvas
        drawing={drawing}
        names={names}
        hidden={hidden}
        highlighted={highlighted}
        cursor={cursor}
        height={HEIGHT}
        label={`Graph of ${answer.value?.expr ?? 'nothing'}, ${count} series`}
        onZoom={panel.zoom.into}
        onZoomBack={panel.zoom.back}
      />
      {drawing.value !== undefined && (
        <Legend
          drawing={drawing.value}
          names={names.value}
          common={common.value}
          cursor={cursor}
          hidden={hidden}
          highlighted={highlighted}
        />
      )}
    </figure>
  )
}
