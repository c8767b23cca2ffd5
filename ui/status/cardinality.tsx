/** Where the series come from: the largest of each kind. */
import type { JSX } from 'preact'
import { quoteText } from '../api/series.ts'
import type { NamedCount, Store } from '../api/tsdb.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { followLink } from '../shell/router.ts'

export function CardinalitySection({ store }: { store: Store }): JSX.Element {
  return (
    <div class="status-grid pairs">
      <CountTable
        title="Series by metric"
        rows={store.seriesByMetric}
        hrefOf={(name) => exploreHref(`{__name__=${quoteText(name)}}`)}
      />
      <CountTable title="Values by label" rows={store.valuesByLabel} />
      <CountTable title="Series by label pair" rows={store.seriesByPair} hrefOf={pairHref} />
      {store.bytesByLabel.length > 0 && (
        <CountTable title="Bytes by label" rows={store.bytesByLabel} isBytes />
      )}
      {store.seriesByLabel.length > 0 && (
        <CountTable title="Series by label" rows={store.seriesByLabel} />
      )}
    </div>
  )
}

interface CountTableProps {
  readonly title: string
  readonly rows: readonly NamedCount[]
  readonly isBytes?: boolean
  readonly hrefOf?: (name: string) => string
}

function CountTable({ title, rows, isBytes, hrefOf }: CountTableProps): JSX.Element {
  const largest = Math.max(1, ...rows.map((row) => row.value))
  return (
    <section class="card status-card">
      <h2>{title}</h2>
      {rows.length === 0 && <p class="faint">Nothing yet.</p>}
      <table class="count-table">
        <tbody>
          {rows.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row" class="mono">
                {hrefOf === undefined ? (
                  name
                ) : (
                  <a href={hrefOf(name)} onClick={followLink}>
                    {name}
                  </a>
                )}
              </th>
              <td class="bar" aria-hidden="true">
                <i style={{ width: `${(100 * value) / largest}%` }} />
              </td>
              <td class="number">{isBytes ? formatValue(value, 'bytes') : formatCount(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function exploreHref(expr: string): string {
  return `query?${new URLSearchParams({ 'g0.expr': expr, 'g0.tab': 'table' })}`
}

/** The pair comes as `name=value`; a name has no `=`. */
function pairHref(pair: string): string {
  const at = pair.indexOf('=')
  const matcher = `${pair.slice(0, at)}=${quoteText(pair.slice(at + 1))}`
  return exploreHref(`count by (__name__) ({${matcher}})`)
}
