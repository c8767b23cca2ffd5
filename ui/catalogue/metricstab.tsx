/** What the exporter was recorded with: names, types and help texts, and the exposition itself. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import { hasWords, wordsOf } from '../format/words.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { FilterField } from '../shell/listpage.tsx'

export function MetricsTab({ entry }: { readonly entry: EntryDetail }): JSX.Element {
  const { metrics, recorded, files } = entry
  const [text, setText] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const words = wordsOf(text)
  const shown = metrics.filter(({ name, type, help }) => hasWords(`${name} ${type} ${help}`, words))
  return (
    <div class="entry-parts">
      <div class="metrics-head">
        <p class="soft">
          {`${shown.length} of ${metrics.length} families`}
          {recorded !== undefined && `, recorded from ${recorded.version} with ${recorded.with}`}
        </p>
        <FilterField
          field={field}
          what="metrics"
          by="name, type or help"
          text={text}
          onText={setText}
        />
      </div>
      {shown.length > 0 && (
        <div class="card rows-card">
          <table class="rows-table">
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Type</th>
                <th scope="col">Help</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, type, help }) => (
                <tr key={name} class="metric-row">
                  <th scope="row" class="mono">
                    {name}
                  </th>
                  <td data-title="Type">{type}</td>
                  <td class="soft">{help}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <details class="sample">
        <summary>As the exporter said it</summary>
        <CodeBox title="sample.prom" text={files.sample} />
      </details>
    </div>
  )
}
