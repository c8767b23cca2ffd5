/** The table of sources: how each does, what it has, and when it is asked again. */
import type { JSX } from 'preact'
import type { SourceStatus } from '../../src/model/sources.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { useNow } from '../shell/now.ts'
import { followLink, hrefBelow } from '../shell/router.ts'
import { type Column, RowsTable } from '../shell/rowstable.tsx'
import { Progress, RefreshButton, useRefresh } from './refresh.tsx'
import { mayChange } from './rights.ts'
import { nextWords, placeWords, standingOf, typeWord } from './source.ts'

const COLUMNS: readonly Column[] = [
  { title: 'Source' },
  { title: 'State' },
  { title: 'Entries', isNumber: true },
  { title: 'Last good', isNumber: true },
  { title: 'Next', isNumber: true },
  { title: 'Action' },
]

export function SourcesTable({
  sources,
}: {
  readonly sources: readonly SourceStatus[]
}): JSX.Element {
  return (
    <RowsTable columns={COLUMNS} rows={sources} look="sources-table">
      {(source) => <Row key={source.name} source={source} />}
    </RowsTable>
  )
}

function Row({ source }: { readonly source: SourceStatus }): JSX.Element {
  const nowMs = useNow()
  const refresh = useRefresh(source.name)
  const { name, origin, entries, goodMs, progress, nextMs, isRefreshing } = source
  const { word, look } = standingOf(source, nowMs)
  return (
    <tr>
      <th scope="row">
        <a class="row-name" href={hrefBelow('sources', name)} onClick={followLink}>
          {name}
        </a>
        <span class="source-origin">
          <span class="chip">{typeWord(source)}</span>
          <span class="soft">{placeWords(source)}</span>
          <span class="mono faint">{origin}</span>
        </span>
        <Warning source={source} />
      </th>
      <td data-title="State">
        <span class={`badge ${look}`}>{word}</span>
        {progress !== null && <Progress progress={progress} />}
      </td>
      <td class="number" data-title="Entries">
        {formatCount(entries)}
      </td>
      <td class="number" data-title="Last good">
        <Ago timeMs={goodMs === 0 ? undefined : goodMs} never="never" />
      </td>
      <td class="number" data-title="Next">
        {nextWords(source, nowMs)}
      </td>
      <td data-title="">
        {nextMs > 0 && mayChange() && (
          <RefreshButton refresh={refresh} isRunning={isRefreshing}>
            Refresh<span class="sr-only">{` ${name}`}</span>
          </RefreshButton>
        )}
        {refresh.failure !== '' && <span class="soft">{refresh.failure}</span>}
      </td>
    </tr>
  )
}

/** Why a source fails; that nothing is lost by it is said, too. */
export function Warning({ source }: { readonly source: SourceStatus }): JSX.Element | null {
  const { error, entries } = source
  if (error === '') return null
  return (
    <p class="note warn">
      <Icon name="warn" />
      <span>
        {error}
        {entries > 0 && '. What it had before is shown on.'}
      </span>
    </p>
  )
}
