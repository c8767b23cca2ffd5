/** Sending: where samples leave for, and what became of them. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount, formatValue } from '../format/value.ts'
import {
  Alert,
  Choices,
  FilterField,
  NoneMatches,
  toggled,
  useFilter,
  Waiting,
} from '../shell/listpage.tsx'
import { DestinationCard } from './card.tsx'
import { type Destination, totalsOf } from './destination.ts'
import {
  filterDestinations,
  formatFilter,
  HEALTHS,
  parseFilter,
  type SendingFilter,
} from './filter.ts'
import { type Flow, loadSending, type SendingData } from './load.ts'
import { LOOKS } from './looks.ts'
import { NoDestinations } from './none.tsx'
import './sending.css'

const REFRESH_MS = 5000
const filter: Signal<SendingFilter> = signal(parseFilter(''))

export function SendingPage(): JSX.Element {
  const { data, failure } = usePolled(loadSending, REFRESH_MS)
  const field = useFilter('sending', filter, { parse: parseFilter, format: formatFilter })
  const chosen = useChosen(data !== undefined)

  const all = data?.destinations ?? []
  const shown = filterDestinations(all, filter.value)
  return (
    <div class="sending">
      <header class="page-head">
        <h1>Sending</h1>
        {all.length > 0 && <HealthFilter destinations={all} />}
        {all.length > 0 && (
          <FilterField
            field={field}
            what="destinations"
            by="name, kind, address or error"
            text={filter.value.text}
            onText={(text) => {
              filter.value = { ...filter.value, text }
            }}
          />
        )}
      </header>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="sending-skeleton" />}
      {data !== undefined && all.length > 0 && <TotalsLine data={data} />}
      {data !== undefined && all.length === 0 && <NoDestinations />}
      {all.length > 0 && shown.length === 0 && (
        <NoneMatches
          what="destination"
          onShowAll={() => {
            filter.value = parseFilter('')
          }}
        />
      )}
      {shown.map((destination) => (
        <DestinationCard
          key={destination.name}
          destination={destination}
          flow={data?.flows.get(destination.name)}
          isChosen={destination.name === chosen}
        />
      ))}
    </div>
  )
}

/** The destination that the address names after `#`; it is brought into view once it is there. */
function useChosen(isLoaded: boolean): string {
  const [chosen, setChosen] = useState(readChosen)
  useEffect(() => {
    const follow = (): void => setChosen(readChosen())
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  useEffect(() => {
    if (!isLoaded || chosen === '') return
    const cards = document.querySelectorAll<HTMLElement>('[data-destination]')
    const card = [...cards].find((each) => each.dataset.destination === chosen)
    card?.scrollIntoView({ block: 'start' })
  }, [chosen, isLoaded])
  return chosen
}

function readChosen(): string {
  const text = location.hash.slice(1)
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a percent sign that a person typed
  }
}

/** Counts by health; each is a switch of the filter. */
function HealthFilter({ destinations }: { destinations: readonly Destination[] }): JSX.Element {
  const choices = HEALTHS.map((each) => ({
    word: each,
    look: LOOKS[each],
    count: destinations.filter((one) => one.health === each).length,
    isOn: filter.value.health.has(each),
    toggle() {
      filter.value = { ...filter.value, health: toggled(filter.value.health, each) }
    },
  }))
  return <Choices legend="Show by health" choices={choices} />
}

/** All destinations together. */
function TotalsLine({ data }: { data: SendingData }): JSX.Element {
  const totals = totalsOf(data.destinations)
  const facts: readonly (readonly [name: string, value: string, note?: string])[] = [
    ['Leaving now', rateText([...data.flows.values()])],
    ['Received', formatCount(totals.received)],
    ['Written', formatCount(totals.written)],
    ['Dropped', formatCount(totals.dropped)],
    ['Queued', formatCount(totals.queued), formatValue(totals.queuedBytes, 'bytes')],
  ]
  return (
    <dl class="card totals-line" aria-label="All destinations together, in samples">
      {facts.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note !== undefined && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function rateText(flows: readonly Flow[]): string {
  const rates = flows.flatMap(({ writtenPerSecond: rate }) => (rate === undefined ? [] : [rate]))
  if (rates.length === 0) return 'measuring'
  return formatValue(
    rates.reduce((sum, rate) => sum + rate, 0),
    'per second',
  )
}
