/** The list of the catalogue: search, filters, and what is known of each entry. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { EntrySummary } from '../../src/model/catalogue.ts'
import { usePolled } from '../api/polled.ts'
import { Icon } from '../shell/icon.tsx'
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
import {
  type CatalogueState,
  countCategories,
  formatState,
  orderOf,
  parseState,
  type SortKey,
  shownEntries,
  sortBy,
  sortFirst,
} from './filter.ts'
import { loadCatalogue, useFound } from './load.ts'
import { CatalogueTable } from './table.tsx'

const REFRESH_MS = 60_000
const ORDERS: readonly (readonly [SortKey, string])[] = [
  ['name', 'By name'],
  ['category', 'By category'],
  ['verified', 'Best verified first'],
  ['port', 'By port'],
]
const state: Signal<CatalogueState> = signal(parseState(''))

export function CatalogueList(): JSX.Element {
  const { data, failure } = usePolled(loadCatalogue, REFRESH_MS)
  const field = useFilter('catalogue', state, { parse: parseState, format: formatState })
  const found = useFound(state.value.text)
  useEffect(() => {
    document.title = 'Catalogue · narthex'
  }, [])

  const all = data?.entries ?? []
  const shown = shownEntries(all, state.value, found)
  const isSearching = state.value.text.trim() !== '' && found?.text !== state.value.text
  return (
    <ListPage look="catalogue">
      <header class="page-head">
        <h1>Catalogue</h1>
        {all.length > 0 && <OfficialFilter entries={all} />}
        {all.length > 0 && <CategoryFilter entries={all} />}
        {all.length > 0 && <OrderField />}
        {all.length > 0 && (
          <FilterField
            field={field}
            what="catalogue"
            by="name, description, metric or alert"
            text={state.value.text}
            onText={(text) => {
              state.value = { ...state.value, text }
            }}
          />
        )}
      </header>
      <Alert text={failure} />
      <Faults faults={data?.faults ?? []} />
      {data === undefined && failure === '' && <Waiting look="catalogue-skeleton" />}
      {data !== undefined && all.length === 0 && <NoEntries />}
      {all.length > 0 && shown.length === 0 && !isSearching && (
        <NoneMatches
          what="entry"
          onShowAll={() => {
            state.value = { ...state.value, text: '', category: '', isOfficial: undefined }
          }}
        />
      )}
      {shown.length > 0 && (
        <CatalogueTable
          entries={shown}
          state={state.value}
          onSort={(key) => {
            state.value = sortBy(state.value, key)
          }}
        />
      )}
      <span class="sr-only" role="status">
        {data === undefined ? '' : `${shown.length} of ${all.length} entries`}
      </span>
    </ListPage>
  )
}

/** Counts of those that their makers keep and of the others; each is a switch of the filter. */
function OfficialFilter({ entries }: { readonly entries: readonly EntrySummary[] }): JSX.Element {
  const choiceOf = (isOfficial: boolean, word: string, look: string): Choice => {
    const isOn = state.value.isOfficial === isOfficial
    return {
      word,
      look,
      count: entries.filter(({ official }) => official === isOfficial).length,
      isOn,
      toggle() {
        state.value = { ...state.value, isOfficial: isOn ? undefined : isOfficial }
      },
    }
  }
  const choices = [choiceOf(true, 'official', 'good'), choiceOf(false, 'of others', '')]
  return <Choices legend="Show by who keeps the exporter" choices={choices} />
}

function CategoryFilter({ entries }: { readonly entries: readonly EntrySummary[] }): JSX.Element {
  return (
    <select
      class="field"
      aria-label="Category"
      value={state.value.category}
      onChange={(event) => {
        state.value = { ...state.value, category: event.currentTarget.value }
      }}
    >
      <option value="">All categories</option>
      {countCategories(entries).map(([category, count]) => (
        <option key={category} value={category}>
          {`${category} (${count})`}
        </option>
      ))}
    </select>
  )
}

/** Where there is no room for heads of columns. */
function OrderField(): JSX.Element {
  return (
    <select
      class="field catalogue-order"
      aria-label="Order"
      value={orderOf(state.value) ?? ''}
      onChange={(event) => {
        state.value = sortFirst(state.value, event.currentTarget.value)
      }}
    >
      {state.value.text.trim() !== '' && <option value="">Best match first</option>}
      {ORDERS.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  )
}

/** What is wrong with files: the entries that can be read are shown all the same. */
function Faults({ faults }: { readonly faults: readonly string[] }): JSX.Element | null {
  if (faults.length === 0) return null
  return (
    <details class="note warn catalogue-faults">
      <summary>{`Files of the catalogue have ${faults.length} faults`}</summary>
      <ul>
        {faults.map((fault) => (
          <li key={fault} class="mono">
            {fault}
          </li>
        ))}
      </ul>
    </details>
  )
}

function NoEntries(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>The catalogue has no entries</strong>
      <span>
        It is read from the folder of <code>--catalog.path</code>: one folder for each entry.
      </span>
    </div>
  )
}
