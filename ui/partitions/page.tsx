/** Partitions: what this ingester reads, how fast, and how far it is behind. */
import { effect, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { searchOf, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { loadPartitions, type PartitionsData } from './load.ts'
import { SHOWN_MAX, shownPartitions } from './partition.ts'
import { PartitionsTable } from './table.tsx'
import './partitions.css'

const REFRESH_MS = 5000
const text: Signal<string> = signal('')

export function PartitionsPage(): JSX.Element {
  const { data, failure } = usePolled(loadPartitions, REFRESH_MS)
  const field = useRef<HTMLInputElement>(null)

  useEffect(() => {
    const stops = [
      effect(() => {
        text.value = new URLSearchParams(searchOf('partitions').value).get('search') ?? ''
      }),
      effect(() => {
        const query = text.value === '' ? '' : new URLSearchParams({ search: text.value })
        setSearch('partitions', query.toString(), false)
      }),
      addShortcuts('Partitions', [
        { keys: ['/'], does: 'to the filter', run: () => field.current?.focus() },
      ]),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])

  const all = data?.partitions ?? []
  const shown = shownPartitions(all, text.value)
  return (
    <div class="partitions">
      <header class="page-head">
        <h1>Partitions</h1>
        {all.length > 0 && (
          <input
            ref={field}
            class="field page-filter"
            type="search"
            aria-label="Filter the partitions"
            placeholder="Filter by topic or state"
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value
            }}
          />
        )}
      </header>
      {(failure !== '' || (data !== undefined && data.lastError !== '')) && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>{failure || data?.lastError}</span>
        </p>
      )}
      {data === undefined && failure === '' && (
        <div aria-busy="true">
          <span class="sr-only">Loading</span>
          <div class="skeleton partitions-skeleton" />
        </div>
      )}
      {data !== undefined && all.length > 0 && <TotalsLine data={data} />}
      {data !== undefined && all.length === 0 && <NoPartitions />}
      {all.length > 0 && shown.length === 0 && <NoneMatches />}
      {data !== undefined && shown.length > 0 && (
        <PartitionsTable partitions={shown.slice(0, SHOWN_MAX)} rates={data.rates} />
      )}
      {shown.length > SHOWN_MAX && (
        <p class="faint">{`${formatCount(shown.length - SHOWN_MAX)} more are less behind.`}</p>
      )}
    </div>
  )
}

/** All partitions together. */
function TotalsLine({ data }: { data: PartitionsData }): JSX.Element {
  const rates = [...data.rates.values()].filter((rate) => rate !== undefined)
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
  const facts: readonly (readonly [string, string])[] = [
    ['Partitions', formatCount(data.partitions.length)],
    ['Messages behind', formatCount(sum(data.partitions.map(({ lag }) => lag)))],
    ['Committed now', rates.length === 0 ? 'measuring' : formatValue(sum(rates), 'per second')],
    ['Fetched ahead', formatValue(sum(data.partitions.map((p) => p.queuedBytes)), 'bytes')],
  ]
  return (
    <dl class="card totals-line" aria-label="All partitions together">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
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

function NoneMatches(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>No partition matches</strong>
      <button
        type="button"
        class="button"
        onClick={() => {
          text.value = ''
        }}
      >
        Show all
      </button>
    </div>
  )
}
