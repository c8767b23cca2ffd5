/** Targets: who is scraped, how that goes, and what they looked like before relabelling. */
import { effect, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { searchOf, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { filterPools, formatFilter, parseFilter, type TargetFilter } from './filter.ts'
import { loadTargets } from './load.ts'
import { PoolView } from './pool.tsx'
import type { Health, Pool, Targets } from './target.ts'
import './targets.css'

const REFRESH_MS = 5000
const filter: Signal<TargetFilter> = signal(parseFilter(''))

export function TargetsPage(): JSX.Element {
  const { data, failure } = usePolled(loadTargets, REFRESH_MS)
  const field = useRef<HTMLInputElement>(null)

  useEffect(() => {
    const stops = [
      effect(() => {
        filter.value = parseFilter(searchOf('targets').value)
      }),
      effect(() => setSearch('targets', formatFilter(filter.value), false)),
      addShortcuts('Targets', [
        { keys: ['/'], does: 'to the filter', run: () => field.current?.focus() },
      ]),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])

  const pools = data === undefined ? [] : filterPools(data.pools, filter.value)
  return (
    <div class="targets">
      <header class="page-head">
        <h1>Targets</h1>
        {data !== undefined && <Totals data={data} />}
        <div class="target-filter">
          <input
            ref={field}
            class="field"
            type="search"
            aria-label="Filter the targets"
            placeholder="Filter by address, label or error"
            value={filter.value.text}
            onInput={(event) => {
              filter.value = { ...filter.value, text: event.currentTarget.value }
            }}
          />
          <FoldButton pools={pools} />
        </div>
      </header>
      {failure !== '' && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>{failure}</span>
        </p>
      )}
      {data === undefined && failure === '' && <div class="skeleton targets-skeleton" />}
      {data !== undefined && pools.length === 0 && <NothingShown data={data} />}
      {pools.map((pool) => (
        <PoolView
          key={pool.name}
          pool={pool}
          samples={data?.samples ?? new Map()}
          isFolded={filter.value.folded.has(pool.name)}
          onFold={(isFolded) => fold([pool.name], isFolded)}
        />
      ))}
    </div>
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
  const choices: readonly (readonly [Health, string])[] = [
    ['up', 'good'],
    ['down', 'bad'],
    ['unknown', 'warn'],
  ]
  const toggle = (health: Health): void => {
    const next = new Set(filter.value.health)
    if (!next.delete(health)) next.add(health)
    filter.value = { ...filter.value, health: next }
  }
  return (
    <fieldset class="totals">
      <legend class="sr-only">Show by health</legend>
      {choices.map(([health, look]) => {
        const count = targets.filter((t) => t.health === health).length
        const isOn = filter.value.health.has(health)
        if (count === 0 && !isOn) return null
        return (
          <button
            key={health}
            type="button"
            class={`badge ${look}`}
            aria-pressed={isOn}
            onClick={() => toggle(health)}
          >
            {`${formatCount(count)} ${health}`}
          </button>
        )
      })}
    </fieldset>
  )
}

function NothingShown({ data }: { data: Targets }): JSX.Element {
  if (data.pools.length > 0) {
    return (
      <div class="card empty">
        <Icon name="search" />
        <strong>No target matches</strong>
        <button
          type="button"
          class="button"
          onClick={() => {
            filter.value = { ...filter.value, text: '', health: new Set() }
          }}
        >
          Show all
        </button>
      </div>
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
