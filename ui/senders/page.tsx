/** Senders: who pushes to this process, how fast, and how far each is behind. */
import { effect, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { searchOf, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { loadSenders } from './load.ts'
import { NoSenders } from './none.tsx'
import {
  formatState,
  parseState,
  type Sender,
  type SendersState,
  shownSenders,
  sortBy,
} from './sender.ts'
import { SendersTable } from './table.tsx'
import './senders.css'

const REFRESH_MS = 5000
const state: Signal<SendersState> = signal(parseState(''))

export function SendersPage(): JSX.Element {
  const { data, failure } = usePolled(loadSenders, REFRESH_MS)
  const field = useRef<HTMLInputElement>(null)

  useEffect(() => {
    const stops = [
      effect(() => {
        state.value = parseState(searchOf('senders').value)
      }),
      effect(() => setSearch('senders', formatState(state.value), false)),
      addShortcuts('Senders', [
        { keys: ['/'], does: 'to the filter', run: () => field.current?.focus() },
      ]),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])

  const all = data?.senders ?? []
  const shown = data === undefined ? [] : shownSenders(all, state.value, data.rates)
  return (
    <div class="senders">
      <header class="page-head">
        <h1>Senders</h1>
        {all.length > 0 && <ConnectedFilter senders={all} />}
        {all.length > 0 && (
          <input
            ref={field}
            class="field page-filter"
            type="search"
            aria-label="Filter the senders"
            placeholder="Filter by name, address, version, tenant or error"
            value={state.value.text}
            onInput={(event) => {
              state.value = { ...state.value, text: event.currentTarget.value }
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
          <div class="skeleton senders-skeleton" />
        </div>
      )}
      {data !== undefined && all.length === 0 && <NoSenders />}
      {all.length > 0 && shown.length === 0 && <NoneMatches />}
      {data !== undefined && shown.length > 0 && (
        <SendersTable
          senders={shown}
          rates={data.rates}
          state={state.value}
          onSort={(key) => {
            state.value = sortBy(state.value, key)
          }}
        />
      )}
    </div>
  )
}

/** Counts of those that are here and those that are gone; each is a switch of the filter. */
function ConnectedFilter({ senders }: { senders: readonly Sender[] }): JSX.Element {
  const choices = [
    [true, 'connected', 'good'],
    [false, 'away', 'warn'],
  ] as const
  return (
    <fieldset class="totals">
      <legend class="sr-only">Show by connection</legend>
      {choices.map(([isConnected, word, look]) => {
        const count = senders.filter((each) => each.isConnected === isConnected).length
        const isOn = state.value.isConnected === isConnected
        if (count === 0 && !isOn) return null
        return (
          <button
            key={word}
            type="button"
            class={`badge ${look}`}
            aria-pressed={isOn}
            onClick={() => {
              state.value = { ...state.value, isConnected: isOn ? undefined : isConnected }
            }}
          >
            {`${formatCount(count)} ${word}`}
          </button>
        )
      })}
    </fieldset>
  )
}

function NoneMatches(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>No sender matches</strong>
      <button
        type="button"
        class="button"
        onClick={() => {
          state.value = { ...state.value, text: '', isConnected: undefined }
        }}
      >
        Show all
      </button>
    </div>
  )
}
