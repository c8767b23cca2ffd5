/** Every reason why a file is not taken, by row and field. */
import type { JSX } from 'preact'
import type { Problem } from '../../src/model/registry.ts'
import { formatCount } from '../format/value.ts'
import { Alert } from '../shell/listpage.tsx'
import { type Column, RowsTable } from '../shell/rowstable.tsx'

const COLUMNS: readonly Column[] = [
  { title: 'Row', isNumber: true },
  { title: 'Field' },
  { title: 'What is wrong' },
]

export function Problems({ problems }: { readonly problems: readonly Problem[] }): JSX.Element {
  const count = problems.length
  const what = count === 1 ? 'One problem' : `${formatCount(count)} problems`
  return (
    <section class="registry-section" aria-label="What is wrong">
      <Alert text={`${what}: nothing of the file is taken until it is right.`} />
      <RowsTable columns={COLUMNS} rows={problems}>
        {({ index, field, reason }, at) => (
          <tr key={at}>
            <td class="number" data-title="Row">
              {index < 0 ? '' : index}
            </td>
            <th scope="row" class="mono" data-title="Field">
              {field}
            </th>
            <td data-title="">{reason}</td>
          </tr>
        )}
      </RowsTable>
    </section>
  )
}
