/** Senders: who pushes to this process, how fast, and how far each is behind. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { usePolled } from '../api/polled.ts'
import {
  Alert,
  type Choice,
  Choices,
  FilterField,
  ListPage,
  NoneMatches,
  useFilter,
  Waiting,
} from '../shell/listpage.tsx'
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
  const field = useFilter('senders', state, { parse: parseState, format: formatState })

  const all = data?.senders ?? []
  const shown = data === undefined ? [] : shownSenders(all, state.value, data.rates)
  return (
    <ListPage look="senders">
      <header class="page-head">
        <h1>Senders</h1>
        {all.length > 0 && <ConnectedFilter senders={all} />}
        {all.length > 0 && (
          <FilterField
            field={field}
            what="senders"
            by="name, address, version, tenant, protocol or error"
            text={state.value.text}
            onText={(text) => {
              state.value = { ...state.value, text }
            }}
          />
        )}
      </header>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="senders-skeleton" />}
      {data !== undefined && all.length === 0 && <NoSenders />}
      {all.length > 0 && shown.length === 0 && (
        <NoneMatches
          what="sender"
          onShowAll={() => {
            state.value = { ...state.value, text: '', isConnected: undefined }
          }}
        />
      )}
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
    </ListPage>
  )
}

/** Counts of those that are here and those that are gone; each is a switch of the filter. */
function ConnectedFilter({ senders }: { senders: readonly Sender[] }): JSX.Element {
  const choiceOf = (isConnected: boolean, word: string, look: string): Choice => {
    const isOn = state.value.isConnected === isConnected
    return {
      word,
      look,
      count: senders.filter((each) => each.isConnected === isConnected).length,
      isOn,
      toggle() {
        state.value = { ...state.value, isConnected: isOn ? undefined : isConnected }
      },
    }
  }
  const choices = [choiceOf(true, 'connected', 'good'), choiceOf(false, 'away', 'warn')]
  return <Choices legend="Show by connection" choices={choices} />
}
