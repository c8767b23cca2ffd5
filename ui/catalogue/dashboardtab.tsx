/** The dashboard of an entry: its panels by row with what they ask, and the file. */
import type { JSX } from 'preact'
import type { EntryDetail, PanelCheck } from '../../src/model/catalogue.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { CheckBadge, Misses } from './check.tsx'

export function DashboardTab({ entry }: { readonly entry: EntryDetail }): JSX.Element {
  const { panels, files, metrics } = entry
  const rows = Map.groupBy(panels, ({ row }) => row)
  return (
    <div class="entry-parts">
      {[...rows].map(([title, ofRow]) => (
        <section key={title} class="card" aria-label={title === '' ? 'Panels' : title}>
          {title !== '' && <h2 class="checks-title">{title}</h2>}
          <ul class="checks">
            {ofRow.map((panel, index) => (
              <Panel key={index} panel={panel} hasSample={metrics.length > 0} />
            ))}
          </ul>
        </section>
      ))}
      <CodeBox title="dashboard.json" text={files.dashboard} look="numbered" />
    </div>
  )
}

function Panel({ panel, hasSample }: { panel: PanelCheck; hasSample: boolean }): JSX.Element {
  const { title, exprs, needs, isVerified, fault } = panel
  return (
    <li class="check">
      <div class="check-head">
        <h3>{title}</h3>
        <span class="check-result">
          <CheckBadge isVerified={isVerified} hasSample={hasSample} />
        </span>
      </div>
      {exprs.map((expr, index) => (
        <CodeBox key={index} text={expr} look="wrapped" />
      ))}
      <Misses needs={hasSample ? needs : []} fault={fault} />
    </li>
  )
}
