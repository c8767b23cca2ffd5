/** The table of groups or services: how much each has, and who changed it when. */
import type { JSX } from 'preact'
import type { DocumentKind } from '../../src/model/registry.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { followLink, hrefBelow } from '../shell/router.ts'
import { type Column, RowsTable } from '../shell/rowstable.tsx'
import type { DocumentRow } from './load.ts'

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'Targets', isNumber: true },
  { title: 'Changed', isNumber: true },
  { title: 'By' },
  { title: 'Version', isNumber: true },
  { title: 'Choose', isNumber: true },
]

interface DocumentsTableProps {
  readonly kind: DocumentKind
  readonly rows: readonly DocumentRow[]
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (name: string, isChosen: boolean) => void
}

export function DocumentsTable(props: DocumentsTableProps): JSX.Element {
  const { kind, rows, chosen, onChoose } = props
  return (
    <RowsTable columns={COLUMNS} rows={rows}>
      {({ name, targets, changed, by, version }) => (
        <tr key={name}>
          <th scope="row">
            <a class="row-name" href={hrefBelow('registry', `${kind}s`, name)} onClick={followLink}>
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
          <td class="number" data-title="Choose">
            <input
              type="checkbox"
              aria-label={`Choose ${name}`}
              checked={chosen.has(name)}
              onChange={(event) => onChoose(name, event.currentTarget.checked)}
            />
          </td>
        </tr>
      )}
    </RowsTable>
  )
}
