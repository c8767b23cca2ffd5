/** The table of partitions, the greatest lag first. */
import type { JSX } from 'preact'
import { describeAgo } from '../format/duration.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { nameOf, type Partition, type State, stateOf } from './partition.ts'

const LOOKS: Readonly<Record<State, 'good' | 'warn' | 'bad' | 'plain'>> = {
  'caught up': 'good',
  reading: 'good',
  writing: 'plain',
  'stands still': 'bad',
}

const COLUMNS: readonly Column[] = [
  { title: 'Topic' },
  { title: 'Partition', isNumber: true },
  { title: 'State' },
  { title: 'Behind', isNumber: true },
  { title: 'Committed', isNumber: true },
  { title: 'Speed', isNumber: true },
  { title: 'Fetched ahead', isNumber: true },
  { title: 'Moved', isNumber: true },
]

interface PartitionsTableProps {
  readonly partitions: readonly Partition[]
  readonly rates: ReadonlyMap<string, number | undefined>
}

export function PartitionsTable({ partitions, rates }: PartitionsTableProps): JSX.Element {
  return (
    <RowsTable columns={COLUMNS} rows={partitions}>
      {(each) => <Row key={nameOf(each)} partition={each} rate={rates.get(nameOf(each))} />}
    </RowsTable>
  )
}

interface RowProps {
  readonly partition: Partition
  /** Messages a second; undefined before the second poll. */
  readonly rate: number | undefined
}

function Row({ partition: each, rate }: RowProps): JSX.Element {
  const state = stateOf(each)
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{each.topic}</span>
      </th>
      <td class="number" data-title="Partition">
        {each.partition}
      </td>
      <td data-title="State">
        <span class={`badge ${LOOKS[state]}`}>{state}</span>
      </td>
      <td class="number" data-title="Behind">
        {formatCount(each.lag)}
      </td>
      <td class="number" data-title="Committed">
        {each.committedOffset < 0
          ? 'nothing yet'
          : `${formatCount(each.committedOffset)} of ${formatCount(each.endOffset)}`}
      </td>
      <td class="number" data-title="Speed">
        {rate === undefined ? <None /> : formatValue(rate, 'per second')}
      </td>
      <td class="number" data-title="Fetched ahead">
        {formatValue(each.queuedBytes, 'bytes')}
      </td>
      <td class="number" data-title="Moved">
        {describeAgo(each.stillSeconds * 1000)}
      </td>
    </tr>
  )
}
