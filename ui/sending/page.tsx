/** Sending: where samples leave for, and what became of them. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount, formatValue } from '../format/value.ts'
import {
  Alert,
  Choices,
  choicesOf,
  FilterField,
  ListPage,
  NoneMatches,
  type Total,
  TotalsLine,
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
    <ListPage look="sending">
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
      {data !== undefined && all.length > 0 && (
        <TotalsLine label="All destinations together, in samples" totals={allOf(data)} />
      )}
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
    </ListPage>
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
  const choices = choicesOf(
    HEALTHS.map((each) => [each, LOOKS[each]]),
    (health) => destinations.filter((each) => each.health === health).length,
    filter.value.health,
    (health) => {
      filter.value = { ...filter.value, health }
    },
  )
  return <Choices legend="Show by health" choices={choices} />
}

/** All destinations together. */
function allOf(data: SendingData): Total[] {
  const { received, written, dropped, queued, queuedBytes } = totalsOf(data.destinations)
  return [
    { name: 'Leaving now', value: rateText([...data.flows.values()]) },
    { name: 'Received', value: formatCount(received) },
    { name: 'Written', value: formatCount(written) },
    { name: 'Dropped', value: formatCount(dropped) },
    { name: 'Queued', value: formatCount(queued), note: formatValue(queuedBytes, 'bytes') },
  ]
}

function rateText(flows: readonly Flow[]): string {
  const rates = flows.flatMap(({ writtenPerSecond: rate }) => (rate === undefined ? [] : [rate]))
  if (rates.length === 0) return 'measuring'
  return formatValue(
    rates.reduce((sum, rate) => sum + rate, 0),
    'per second',
  )
}
