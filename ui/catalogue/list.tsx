/** The list of the catalogue: search, filters, and what is known of each entry. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { NewEntry } from '../edits/newentry.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, FilterField, ListPage, useFilter, Waiting } from '../shell/listpage.tsx'
import { addShortcuts } from '../shell/shortcuts.ts'
import { CatalogueChips } from './chips.tsx'
import { FailingSources } from './failingsources.tsx'
import { favourites, loadFavourites, markFailure, toggleFavourite } from './favourites.ts'
import {
  type CatalogueState,
  formatState,
  orderOf,
  parseState,
  type SortKey,
  shownEntries,
  sortBy,
  sortFirst,
  withoutFilters,
} from './filter.ts'
import { loadCatalogue, loadHosts, useFound } from './load.ts'
import { NoneFound } from './nonefound.tsx'
import { CatalogueTable } from './table.tsx'

const REFRESH_MS = 60_000
const ORDERS: readonly (readonly [SortKey, string])[] = [
  ['name', 'By name'],
  ['popular', 'Popular here'],
  ['trending', 'Trending'],
  ['recent', 'Recently changed'],
  ['verified', 'Best verified first'],
  ['category', 'By category'],
  ['port', 'By port'],
]
const state: Signal<CatalogueState> = signal(parseState(''))

export function CatalogueList(): JSX.Element {
  const { data, failure } = usePolled(loadCatalogue, REFRESH_MS)
  const { data: hosts } = usePolled(loadHosts, REFRESH_MS)
  usePolled(loadFavourites, REFRESH_MS)
  const field = useFilter('catalogue', state, { parse: parseState, format: formatState })
  const found = useFound(state.value.text)
  useEffect(() => {
    document.title = 'Catalogue · narthex'
    return addShortcuts([{ keys: ['f'], run: markFocused }])
  }, [])

  const all = data?.entries ?? []
  const here = new Set(hosts?.counts.keys())
  const isHereSure = hosts?.by === 'metrics'
  const around = { found, favourites: favourites.value, here, isHereSure }
  const shown = shownEntries(all, state.value, around)
  const isSearching = state.value.text.trim() !== '' && found?.text !== state.value.text
  return (
    <ListPage look="catalogue">
      <header class="page-head">
        <h1>Catalogue</h1>
        <NewEntry />
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
      {all.length > 0 && <CatalogueChips entries={all} state={state} around={around} />}
      <Alert text={failure} />
      <Alert text={markFailure.value} />
      <Faults faults={data?.faults ?? []} />
      <FailingSources />
      {data === undefined && failure === '' && <Waiting look="catalogue-skeleton" />}
      {data !== undefined && all.length === 0 && <NoEntries />}
      {all.length > 0 && shown.length === 0 && !isSearching && (
        <NoneFound
          state={state.value}
          onShowAll={() => {
            state.value = withoutFilters(state.value)
          }}
        />
      )}
      {shown.length > 0 && (
        <CatalogueTable
          entries={shown}
          state={state.value}
          hosts={hosts}
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

/** Marks the entry in whose row the focus is. */
function markFocused(): void {
  const row = document.activeElement?.closest<HTMLElement>('tr[data-entry]')
  const name = row?.dataset.entry
  if (name !== undefined) void toggleFavourite(name)
}

/** All orders, those of the heads among them: a phone has no heads. */
function OrderField(): JSX.Element {
  return (
    <select
      class="field"
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
