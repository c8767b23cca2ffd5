/** Partitions: what this ingester reads, how fast, and how far it is behind. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { usePolled } from '../api/polled.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import {
  Alert,
  FilterField,
  type FilterText,
  ListPage,
  NoneMatches,
  type Total,
  TotalsLine,
  useFilter,
  Waiting,
} from '../shell/listpage.tsx'
import { loadPartitions, type PartitionsData } from './load.ts'
import { shownPartitions } from './partition.ts'
import { PartitionsTable } from './table.tsx'
import './partitions.css'

const REFRESH_MS = 5000
const text: Signal<string> = signal('')
const FILTER_TEXT: FilterText<string> = {
  parse: (search) => new URLSearchParams(search).get('search') ?? '',
  format: (search) => (search === '' ? '' : new URLSearchParams({ search }).toString()),
}

export function PartitionsPage(): JSX.Element {
  const { data, failure } = usePolled(loadPartitions, REFRESH_MS)
  const field = useFilter('partitions', text, FILTER_TEXT)

  const all = data?.partitions ?? []
  const shown = shownPartitions(all, text.value)
  return (
    <ListPage look="partitions">
      <header class="page-head">
        <h1>Partitions</h1>
        {all.length > 0 && (
          <FilterField
            field={field}
            what="partitions"
            by="topic or state"
            text={text.value}
            onText={(typed) => {
              text.value = typed
            }}
          />
        )}
      </header>
      <Alert text={failure || (data?.lastError ?? '')} />
      {data === undefined && failure === '' && <Waiting look="partitions-skeleton" />}
      {data !== undefined && all.length > 0 && (
        <TotalsLine label="All partitions together" totals={totalsOf(data)} />
      )}
      {data !== undefined && all.length === 0 && <NoPartitions />}
      {all.length > 0 && shown.length === 0 && (
        <NoneMatches
          what="partition"
          onShowAll={() => {
            text.value = ''
          }}
        />
      )}
      {data !== undefined && shown.length > 0 && (
        <PartitionsTable partitions={shown} rates={data.rates} />
      )}
    </ListPage>
  )
}

/** All partitions together. */
function totalsOf({ partitions, rates }: PartitionsData): Total[] {
  const known = [...rates.values()].filter((rate) => rate !== undefined)
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
  const speed = known.length === 0 ? 'measuring' : formatValue(sum(known), 'per second')
  const queuedBytes = sum(partitions.map((each) => each.queuedBytes))
  return [
    { name: 'Partitions', value: formatCount(partitions.length) },
    { name: 'Messages behind', value: formatCount(sum(partitions.map(({ lag }) => lag))) },
    { name: 'Committed now', value: speed },
    { name: 'Fetched ahead', value: formatValue(queuedBytes, 'bytes') },
  ]
}

function NoPartitions(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="inbox" />
      <strong>No partition is read here</strong>
      <span>
        The group shares its partitions among its members: either they are being shared out just
        now, or there are more members than partitions, or no broker answers.
      </span>
    </div>
  )
}
