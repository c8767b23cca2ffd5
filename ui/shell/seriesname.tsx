/** A series as text with its parts told apart: name, label names, values. */
import type { JSX } from 'preact'
import type { Metric } from '../api/columns.ts'
import { formatSeries, labelPairs, quoteText } from '../api/series.ts'
import './seriesname.css'

const PLAIN = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

export function SeriesName({ metric }: { metric: Metric }): JSX.Element {
  const name = metric.__name__ ?? ''
  const pairs = labelPairs(metric)
  if (name !== '' && !PLAIN.test(name)) return <span class="series">{formatSeries(metric)}</span>
  if (pairs.length === 0) return <span class="series">{name === '' ? '{}' : name}</span>
  return (
    <span class="series">
      {name}
      <span class="series-mark">{'{'}</span>
      {pairs.map(([label, value], index) => (
        <span key={label}>
          {index > 0 && <span class="series-mark">, </span>}
          <span class="series-label">{PLAIN.test(label) ? label : quoteText(label)}</span>
          <span class="series-mark">=</span>
          <span class="series-value">{quoteText(value)}</span>
        </span>
      ))}
      <span class="series-mark">{'}'}</span>
    </span>
  )
}
