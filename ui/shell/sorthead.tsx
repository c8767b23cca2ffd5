/** The head of a column by which a table can be sorted. */
import type { ComponentChildren, JSX } from 'preact'

interface SortHeadProps {
  readonly children: ComponentChildren
  /** Undefined while the table is sorted by another column. */
  readonly order: 'ascending' | 'descending' | undefined
  readonly isNumber?: boolean
  readonly onSort: () => void
}

export function SortHead({ children, order, isNumber, onSort }: SortHeadProps): JSX.Element {
  return (
    <th scope="col" class={isNumber === true ? 'number' : undefined} aria-sort={order}>
      <button type="button" class="sort-button" onClick={onSort}>
        {children}
        <span class="sort-mark" aria-hidden="true">
          {order === undefined ? '' : order === 'descending' ? '▾' : '▴'}
        </span>
      </button>
    </th>
  )
}
