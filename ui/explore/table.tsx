/** The answer of an instant query, sorted as a person wants it. */
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { parseSample } from '../api/columns.ts'
import { formatSeries } from '../api/series.ts'
import { formatTime } from '../format/time.ts'
import { formatCount } from '../format/value.ts'
import { SeriesName } from '../shell/seriesname.tsx'
import { zone } from '../shell/settings.ts'
import { SortHead } from '../shell/sorthead.tsx'
import type { Row, TableAnswer } from './panel.ts'

/** Rows added each time a person asks for more. */
const PAGE_ROWS = 250
/** Samples of a range selector shown in one row. */
const SAMPLES_SHOWN_MAX = 200

type Order = 'given' | 'name' | 'value' | 'value-falling'

export function Table({ answer }: { answer: TableAnswer }): JSX.Element {
  const [order, setOrder] = useState<Order>('given')
  const [rowsMax, setRowsMax] = useState(PAGE_ROWS)
  const rows = useMemo(() => sortRows(answer.rows, order), [answer, order])
  const nextValueOrder = order === 'value-falling' ? 'value' : 'value-falling'

  return (
    <div class="result">
      <p class="result-time faint">
        {`${formatTime(answer.timeMs, zone.value)} · ${answer.resultType}`}
      </p>
      <table class="result-table">
        <thead>
          <tr>
            <SortHead
              order={order === 'name' ? 'ascending' : undefined}
              onSort={() => setOrder(order === 'name' ? 'given' : 'name')}
            >
              Series
            </SortHead>
            <SortHead order={valueOrder(order)} isNumber onSort={() => setOrder(nextValueOrder)}>
              Value
            </SortHead>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsMax).map((row) => (
            <tr key={formatSeries(row.metric)}>
              <td>
                <SeriesName metric={row.metric} />
              </td>
              <td class="number mono">
                <Samples row={row} isRange={answer.resultType === 'matrix'} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > rowsMax && (
        <button
          type="button"
          class="button"
          onClick={() => setRowsMax((shown) => shown + PAGE_ROWS)}
        >
          {`Show more (${formatCount(rowsMax)} of ${formatCount(rows.length)} rows)`}
        </button>
      )}
    </div>
  )
}

function valueOrder(order: Order): 'ascending' | 'descending' | undefined {
  if (order === 'value') return 'ascending'
  return order === 'value-falling' ? 'descending' : undefined
}

function Samples({ row, isRange }: { row: Row; isRange: boolean }): JSX.Element {
  if (!isRange) return <>{row.samples[0]?.[1] ?? ''}</>
  const more = row.samples.length - SAMPLES_SHOWN_MAX
  return (
    <ol class="samples">
      {row.samples.slice(-SAMPLES_SHOWN_MAX).map(([time, value]) => (
        <li key={time}>
          {value} <span class="faint">@ {time}</span>
        </li>
      ))}
      {more > 0 && <li class="faint">{`and ${more} earlier ones`}</li>}
    </ol>
  )
}

function sortRows(rows: readonly Row[], order: Order): readonly Row[] {
  if (order === 'given') return rows
  if (order === 'name') {
    const named = rows.map((row) => ({ row, name: formatSeries(row.metric) }))
    return named.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ row }) => row)
  }
  const sign = order === 'value' ? 1 : -1
  const valued = rows.map((row) => ({ row, value: parseSample(row.samples.at(-1)?.[1] ?? 'NaN') }))
  return valued.sort((a, b) => sign * compareValues(a.value, b.value, sign)).map(({ row }) => row)
}

/** NaN comes last in either direction. */
function compareValues(a: number, b: number, sign: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : sign
  if (Number.isNaN(b)) return -sign
  return a < b ? -1 : a > b ? 1 : 0
}
