/** A table of a list: heads that sort, more rows when a person asks for them, what is not known. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { formatCount } from '../format/value.ts'
import { SortHead } from './sorthead.tsx'

/** Rows shown before a person asks for more, and how many each time. */
const ROWS_STEP = 100

/** Rows drawn in one task, so that a key or a click is never waiting for hundreds of them. */
const ROWS_AT_ONCE = 40

/** A head without `sort` does not sort. */
export interface Column<Key extends string = never> {
  readonly title: string
  readonly sort?: Key
  readonly isNumber?: boolean
}

/** By which column the rows stand in order, and what a head of another does. */
export interface Sorting<Key extends string> {
  readonly by: Key | undefined
  readonly isDescending: boolean
  readonly onSort: (key: Key) => void
}

interface RowsTableProps<Row, Key extends string> {
  readonly columns: readonly Column<Key>[]
  readonly sorting?: Sorting<Key>
  /** A class for looks of its own. */
  readonly look?: string
  readonly rows: readonly Row[]
  /** A `tr` with its key. */
  readonly children: (row: Row, index: number) => JSX.Element
}

export function RowsTable<Row, Key extends string = never>(
  props: RowsTableProps<Row, Key>,
): JSX.Element {
  const { columns, sorting, look = '', rows, children } = props
  const [rowsMax, setRowsMax] = useState(ROWS_STEP)
  const order = `${sorting?.by} ${sorting?.isDescending}`
  const drawn = useDrawnCount(Math.min(rows.length, rowsMax), order)
  return (
    <div class="card rows-card">
      <table class={`rows-table ${look}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>{rows.slice(0, drawn).map(children)}</tbody>
      </table>
      <More count={rows.length - rowsMax} onMore={() => setRowsMax(rowsMax + ROWS_STEP)} />
    </div>
  )
}

/** How many rows to draw now: a part of `wanted` at first and in each new order, more in each frame. */
function useDrawnCount(wanted: number, order: string): number {
  const [drawn, setDrawn] = useState({ count: ROWS_AT_ONCE, order })
  const count = drawn.order === order ? Math.min(drawn.count, wanted) : ROWS_AT_ONCE
  useEffect(() => {
    const next = Math.max(ROWS_AT_ONCE, Math.min(wanted, count + ROWS_AT_ONCE))
    if (drawn.order === order && drawn.count === next) return
    const frame = requestAnimationFrame(() => setDrawn({ count: next, order }))
    return () => cancelAnimationFrame(frame)
  }, [drawn, count, wanted, order])
  return count
}

interface HeadProps<Key extends string> {
  readonly column: Column<Key>
  readonly sorting: Sorting<Key> | undefined
}

function Head<Key extends string>({ column, sorting }: HeadProps<Key>): JSX.Element {
  const { title, sort, isNumber = false } = column
  if (sort === undefined || sorting === undefined) {
    return (
      <th scope="col" class={isNumber ? 'number' : undefined}>
        {title}
      </th>
    )
  }
  const order = sorting.isDescending ? 'descending' : 'ascending'
  return (
    <SortHead
      order={sorting.by === sort ? order : undefined}
      isNumber={isNumber}
      onSort={() => sorting.onSort(sort)}
    >
      {title}
    </SortHead>
  )
}

interface MoreProps {
  /** How many are not shown; without any there is no button. */
  readonly count: number
  readonly onMore: () => void
}

export function More({ count, onMore }: MoreProps): JSX.Element | null {
  if (count <= 0) return null
  return (
    <button type="button" class="button bare" onClick={onMore}>
      {`Show more; ${formatCount(count)} are left`}
    </button>
  )
}

/** Stands where a value is not known, or there is none; `why` says which. */
export function None({ why }: { readonly why?: string }): JSX.Element {
  return (
    <span class="faint" title={why}>
      –
    </span>
  )
}
