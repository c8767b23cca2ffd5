/** The legend: which line is which, its figures, and its value under the pointer. */
import type { ReadonlySignal, Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { type Metric, type Summary, summaryOf } from '../api/columns.ts'
import { labelPairs } from '../api/series.ts'
import type { Drawing } from '../chart/canvas.tsx'
import type { ChartCursor } from '../chart/chart.ts'
import { seriesColor } from '../chart/palette.ts'
import { formatValue } from '../format/value.ts'
import { SeriesName } from '../shell/seriesname.tsx'
import { dark } from '../shell/settings.ts'

interface LegendProps {
  readonly drawing: Drawing
  readonly names: readonly Metric[]
  readonly common: Metric
  readonly cursor: ReadonlySignal<ChartCursor | undefined>
  readonly hidden: Signal<ReadonlySet<number>>
  readonly highlighted: Signal<number | undefined>
}

/** Rows shown before a person asks for more. */
const ROWS_FIRST = 100

export function Legend(props: LegendProps): JSX.Element {
  const { drawing, names, common, hidden, highlighted } = props
  const summaries = useMemo(() => drawing.columns.map(summaryOf), [drawing])
  const [rowsMax, setRowsMax] = useState(ROWS_FIRST)
  const shared = labelPairs(common)

  const point = (index: number | undefined): void => {
    highlighted.value = index
  }
  const choose = (index: number, event: MouseEvent): void => {
    const toggles = event.ctrlKey || event.metaKey
    hidden.value = toggles
      ? toggled(hidden.value, index)
      : isolated(hidden.value, index, names.length)
  }

  return (
    <figcaption class="legend">
      {(shared.length > 0 || common.__name__ !== undefined) && (
        <p class="legend-common">
          <span class="faint">all</span> <SeriesName metric={common} />
        </p>
      )}
      <div class="legend-scroll">
        <table>
          <thead class="legend-head">
            <tr>
              <th scope="col">Series</th>
              <th scope="col" class="number">
                {props.cursor.value === undefined ? 'Last' : 'At cursor'}
              </th>
              <th scope="col" class="number wide">
                Min
              </th>
              <th scope="col" class="number wide">
                Mean
              </th>
              <th scope="col" class="number wide">
                Max
              </th>
            </tr>
          </thead>
          <tbody>
            {names.slice(0, rowsMax).map((metric, index) => (
              <tr
                key={index}
                class={hidden.value.has(index) ? 'off' : undefined}
                onMouseEnter={() => point(index)}
                onMouseLeave={() => point(undefined)}
                onFocusIn={() => point(index)}
                onFocusOut={() => point(undefined)}
              >
                <th scope="row">
                  <button
                    type="button"
                    class="legend-key"
                    aria-pressed={!hidden.value.has(index)}
                    onClick={(event) => choose(index, event)}
                  >
                    <i class="swatch" style={{ background: seriesColor(index, dark.value) }} />
                    <SeriesName metric={metric} />
                  </button>
                </th>
                <Figures
                  drawing={drawing}
                  index={index}
                  summary={summaries[index]}
                  cursor={props.cursor}
                />
              </tr>
            ))}
          </tbody>
        </table>
        {names.length > rowsMax && (
          <button type="button" class="button bare" onClick={() => setRowsMax(names.length)}>
            {`Show ${names.length - rowsMax} more`}
          </button>
        )}
      </div>
    </figcaption>
  )
}

interface FiguresProps {
  readonly drawing: Drawing
  readonly index: number
  readonly summary: Summary
  readonly cursor: ReadonlySignal<ChartCursor | undefined>
}

function Figures({ drawing, index, summary, cursor }: FiguresProps): JSX.Element {
  const slot = cursor.value?.slot
  const now = slot === undefined ? summary.last : drawing.columns[index][slot]
  const text = (value: number): string =>
    Number.isNaN(value) ? '–' : formatValue(value, drawing.unit)
  return (
    <>
      <td class="number strong">{text(now)}</td>
      <td class="number wide">{text(summary.min)}</td>
      <td class="number wide">{text(summary.mean)}</td>
      <td class="number wide">{text(summary.max)}</td>
    </>
  )
}

function toggled(hidden: ReadonlySet<number>, index: number): ReadonlySet<number> {
  const next = new Set(hidden)
  if (!next.delete(index)) next.add(index)
  return next
}

/** Only this one; all of them when it was the only one. */
function isolated(hidden: ReadonlySet<number>, index: number, count: number): ReadonlySet<number> {
  if (!hidden.has(index) && hidden.size === count - 1) return new Set()
  const next = new Set<number>()
  for (let i = 0; i < count; i++) if (i !== index) next.add(i)
  return next
}
