/** The list of content sources, and the form for another one. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, ListPage, useFilter, Waiting } from '../shell/listpage.tsx'
import { hrefBelow, navigate } from '../shell/router.ts'
import { SourceForm } from './form.tsx'
import { useSources } from './load.ts'
import { RefreshButton, useRefresh } from './refresh.tsx'
import { mayChange } from './rights.ts'
import { formatState, isNamed, type ListState, parseState } from './source.ts'
import { SourcesTable } from './table.tsx'

const state: Signal<ListState> = signal(parseState(''))
const EXAMPLE = `narthex:
  hub:
    sources:
      - name: team
        type: github
        repository: acme/monitoring
        token_file: team.token
`

export function SourceList(): JSX.Element {
  const { data, failure } = useSources()
  useFilter('sources', state, { parse: parseState, format: formatState })
  const all = useRefresh('')
  useEffect(() => {
    document.title = 'Sources · narthex'
  }, [])
  const isAdmin = mayChange()
  const isAdding = state.value.isAdding && isAdmin
  const hasOthers = data?.some(isNamed) === true
  const show = (next: boolean): void => {
    state.value = { isAdding: next }
  }
  return (
    <ListPage look="sources">
      <header class="page-head">
        <h1>Sources</h1>
        <span class="soft">Where the catalogue has its content from</span>
        <div class="sources-tools">
          {hasOthers && isAdmin && (
            <RefreshButton refresh={all} isRunning={false}>
              Refresh all
            </RefreshButton>
          )}
          {isAdmin && (
            <button
              type="button"
              class="button"
              aria-expanded={isAdding}
              onClick={() => show(!isAdding)}
            >
              <Icon name="add" />
              Add a source
            </button>
          )}
        </div>
      </header>
      <Alert text={failure} />
      <Alert text={all.failure} />
      {isAdding && (
        <SourceForm
          source={undefined}
          onSaved={(name) => {
            show(false)
            navigate(hrefBelow('sources', name))
          }}
          onLeave={() => show(false)}
        />
      )}
      {data === undefined && failure === '' && <Waiting look="sources-skeleton" />}
      {data !== undefined && <SourcesTable sources={data} />}
      {data !== undefined && !hasOthers && !isAdding && (
        <NoOthers isAdmin={isAdmin} onAdd={() => show(true)} />
      )}
    </ListPage>
  )
}

interface NoOthersProps {
  readonly isAdmin: boolean
  readonly onAdd: () => void
}

function NoOthers({ isAdmin, onAdd }: NoOthersProps): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="stack" />
      <strong>Nothing else is needed</strong>
      <span>
        What comes with the program needs no token and no network. A repository of your own adds
        entries, rules and dashboards to it; it never hides any.
      </span>
      <div class="empty-ways">
        {isAdmin && (
          <button type="button" class="button primary" onClick={onAdd}>
            Add a repository
          </button>
        )}
        <CodeBox title="Or in the file of --config.file" text={EXAMPLE} />
      </div>
    </div>
  )
}
