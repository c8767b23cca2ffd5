/** Targets: who is scraped, how that goes, and what they looked like before relabelling. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { usePolled } from '../api/polled.ts'
import { Icon } from '../shell/icon.tsx'
import {
  Alert,
  Choices,
  choicesOf,
  FilterField,
  ListPage,
  NoneMatches,
  useFilter,
  Waiting,
} from '../shell/listpage.tsx'
import { filterPools, formatFilter, parseFilter, type TargetFilter } from './filter.ts'
import { loadTargets } from './load.ts'
import { PoolView } from './pool.tsx'
import { FailedSources } from './sources.tsx'
import type { Health, Pool, Targets } from './target.ts'
import './targets.css'

const REFRESH_MS = 5000
const HEALTHS: readonly (readonly [Health, string])[] = [
  ['up', 'good'],
  ['down', 'bad'],
  ['unknown', 'warn'],
]
const filter: Signal<TargetFilter> = signal(parseFilter(''))

export function TargetsPage(): JSX.Element {
  const { data, failure } = usePolled(loadTargets, REFRESH_MS)
  const field = useFilter('targets', filter, { parse: parseFilter, format: formatFilter })

  const pools = data === undefined ? [] : filterPools(data.pools, filter.value)
  return (
    <ListPage look="targets">
      <header class="page-head">
        <h1>Targets</h1>
        {data !== undefined && <Totals data={data} />}
        <div class="target-filter">
          <FilterField
            field={field}
            what="targets"
            by="address, label or error"
            text={filter.value.text}
            onText={(text) => {
              filter.value = { ...filter.value, text }
            }}
          />
          <FoldButton pools={pools} />
        </div>
      </header>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="targets-skeleton" />}
      {data !== undefined && pools.length === 0 && <NothingShown data={data} />}
      {data !== undefined && <FailedSources sources={data.failedSources} />}
      {pools.map((pool) => (
        <PoolView
          key={pool.name}
          pool={pool}
          samples={data?.samples ?? new Map()}
          isFolded={filter.value.folded.has(pool.name)}
          onFold={(isFolded) => fold([pool.name], isFolded)}
        />
      ))}
    </ListPage>
  )
}

function fold(names: readonly string[], isFolded: boolean): void {
  const folded = new Set(filter.value.folded)
  for (const name of names) {
    if (isFolded) folded.add(name)
    else folded.delete(name)
  }
  filter.value = { ...filter.value, folded }
}

function FoldButton({ pools }: { pools: readonly Pool[] }): JSX.Element {
  const areAllFolded = pools.length > 0 && pools.every((p) => filter.value.folded.has(p.name))
  const names = pools.map((p) => p.name)
  return (
    <button type="button" class="button" onClick={() => fold(names, !areAllFolded)}>
      {areAllFolded ? 'Unfold all' : 'Fold all'}
    </button>
  )
}

/** Counts by health; each is a switch of the filter. */
function Totals({ data }: { data: Targets }): JSX.Element {
  const targets = data.pools.flatMap((pool) => pool.targets)
  const choices = choicesOf(
    HEALTHS,
    (health) => targets.filter((each) => each.health === health).length,
    filter.value.health,
    (health) => {
      filter.value = { ...filter.value, health }
    },
  )
  return <Choices legend="Show by health" choices={choices} />
}

function NothingShown({ data }: { data: Targets }): JSX.Element {
  if (data.pools.length > 0) {
    return (
      <NoneMatches
        what="target"
        onShowAll={() => {
          filter.value = { ...filter.value, text: '', health: new Set() }
        }}
      />
    )
  }
  return (
    <div class="card empty">
      <Icon name="target" />
      <strong>No targets yet</strong>
      <span>
        Name some under <code>scrape_configs</code> in the configuration file, then reload it.
      </span>
    </div>
  )
}
