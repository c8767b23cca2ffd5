/** Sending: where samples leave for, and what became of them. */
import { effect, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { searchOf, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
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
  const field = useRef<HTMLInputElement>(null)
  const chosen = useChosen(data !== undefined)

  useEffect(() => {
    const stops = [
      effect(() => {
        filter.value = parseFilter(searchOf('sending').value)
      }),
      effect(() => setSearch('sending', formatFilter(filter.value), false)),
      addShortcuts('Sending', [
        { keys: ['/'], does: 'to the filter', run: () => field.current?.focus() },
      ]),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])

  const all = data?.destinations ?? []
  const shown = filterDestinations(all, filter.value)
  return (
    <div class="sending">
      <header class="page-head">
        <h1>Sending</h1>
        {all.length > 0 && <HealthFilter destinations={all} />}
        {all.length > 0 && (
          <input
            ref={field}
            class="field page-filter"
            type="search"
            aria-label="Filter the destinations"
            placeholder="Filter by name, kind, address or error"
            value={filter.value.text}
            onInput={(event) => {
              filter.value = { ...filter.value, text: event.currentTarget.value }
            }}
          />
        )}
      </header>
      {failure !== '' && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>{failure}</span>
        </p>
      )}
      {data === undefined && failure === '' && (
        <div aria-busy="true">
          <span class="sr-only">Loading</span>
          <div class="skeleton sending-skeleton" />
        </div>
      )}
      {data !== undefined && all.length > 0 && <TotalsLine data={data} />}
      {data !== undefined && all.length === 0 && <NoDestinations />}
      {all.length > 0 && shown.length === 0 && <NoneMatches />}
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
  const { health } = filter.value
  return (
    <fieldset class="totals">
      <legend class="sr-only">Show by health</legend>
      {HEALTHS.map((each) => {
        const count = destinations.filter((one) => one.health === each).length
        const isOn = health.has(each)
        if (count === 0 && !isOn) return null
        return (
          <button
            key={each}
            type="button"
            class={`badge ${LOOKS[each]}`}
            aria-pressed={isOn}
            onClick={() => {
              const next = new Set(health)
              if (!next.delete(each)) next.add(each)
              filter.value = { ...filter.value, health: next }
            }}
          >
            {`${formatCount(count)} ${each}`}
          </button>
        )
      })}
    </fieldset>
  )
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

function NoneMatches(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>No destination matches</strong>
      <button
        type="button"
        class="button"
        onClick={() => {
          filter.value = parseFilter('')
        }}
      >
        Show all
      </button>
    </div>
  )
}
