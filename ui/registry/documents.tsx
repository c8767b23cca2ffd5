/** The table of groups or services: how much each has, and who changed it when. */
import type { JSX } from 'preact'
import type { DocumentKind } from '../../src/model/registry.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { followLink, hrefBelow } from '../shell/router.ts'
import type { DocumentRow } from './load.ts'

interface DocumentsTableProps {
  readonly kind: DocumentKind
  readonly rows: readonly DocumentRow[]
}

export function DocumentsTable({ kind, rows }: DocumentsTableProps): JSX.Element {
  return (
    <div class="card rows-card">
      <table class="rows-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" class="number">
              Targets
            </th>
            <th scope="col" class="number">
              Changed
            </th>
            <th scope="col">By</th>
            <th scope="col" class="number">
              Version
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, targets, changed, by, version }) => (
            <tr key={name}>
              <th scope="row">
                <a
                  class="row-name"
                  href={hrefBelow('registry', `${kind}s`, name)}
                  onClick={followLink}
                >
                  {name}
                </a>
              </th>
              <td class="number" data-title="Targets">
                {formatCount(targets)}
              </td>
              <td class="number" data-title="Changed">
                <Ago timeMs={Date.parse(changed)} never="never" />
              </td>
              <td data-title="By">{by}</td>
              <td class="number" data-title="Version">
                {version}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
