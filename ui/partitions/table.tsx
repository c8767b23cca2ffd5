/** The table of partitions, the greatest lag first. */
import type { JSX } from 'preact'
import { describeAgo } from '../format/duration.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { nameOf, type Partition, type State, stateOf } from './partition.ts'

const LOOKS: Readonly<Record<State, 'good' | 'warn' | 'bad' | 'plain'>> = {
  'caught up': 'good',
  reading: 'good',
  writing: 'plain',
  'stands still': 'bad',
}

interface PartitionsTableProps {
  readonly partitions: readonly Partition[]
  readonly rates: ReadonlyMap<string, number | undefined>
}

export function PartitionsTable({ partitions, rates }: PartitionsTableProps): JSX.Element {
  return (
    <div class="card rows-card">
      <table class="rows-table">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" class="number">
              Partition
            </th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Behind
            </th>
            <th scope="col" class="number">
              Committed
            </th>
            <th scope="col" class="number">
              Speed
            </th>
            <th scope="col" class="number">
              Fetched ahead
            </th>
            <th scope="col" class="number">
              Moved
            </th>
          </tr>
        </thead>
        <tbody>
          {partitions.map((each) => (
            <Row key={nameOf(each)} partition={each} rate={rates.get(nameOf(each))} />
          ))}
        </tbody>
      </table>
    </div>
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
        {rate === undefined ? <span class="faint">–</span> : formatValue(rate, 'per second')}
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
