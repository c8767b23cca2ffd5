/** One entry: what it is, how far it was verified, and its content by tabs. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { ShownEntry } from '../../src/model/interest.ts'
import { usePolled } from '../api/polled.ts'
import { FileBar } from '../edits/filebar.tsx'
import { FileView } from '../edits/fileview.tsx'
import { parsePlace } from '../edits/place.ts'
import { useRights } from '../edits/rights.ts'
import { Markdown } from '../markdown/markdown.tsx'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { followLink, hrefOf, navigate, searchBelow, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { Tabs } from '../shell/tabs.tsx'
import { DashboardTab } from './dashboardtab.tsx'
import { EntryHead } from './entryhead.tsx'
import { loadFavourites, markFailure, toggleFavourite } from './favourites.ts'
import { loadEntry } from './load.ts'
import { MetricsTab } from './metricstab.tsx'
import { RulesTab } from './rulestab.tsx'
import { chosenTab, filesOfTab, type TabName, tabsOf } from './tabs.ts'

export function EntryPage({ name }: { readonly name: string }): JSX.Element {
  const [changes, setChanges] = useState(0)
  // Asked anew after each change of our own.
  const load = useCallback(
    async (abort: AbortSignal) => ({ entry: await loadEntry(name, abort), changes }),
    [name, changes],
  )
  const onChanged = (): void => setChanges(changes + 1)
  const { data, failure } = usePolled(load, 0)
  usePolled(loadFavourites, 0)
  const title = data?.entry?.title ?? name
  useEffect(() => {
    document.title = `${title} · narthex`
    return addShortcuts([
      { keys: ['u'], run: () => navigate(hrefOf('catalogue')) },
      { keys: ['f'], run: () => void toggleFavourite(name) },
    ])
  }, [name, title])

  return (
    <div class="entry">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('catalogue')} onClick={followLink}>
          Catalogue
        </a>
        <span aria-hidden="true">/</span>
        <span class="mono">{name}</span>
      </nav>
      <Alert text={failure} />
      <Alert text={markFailure.value} />
      {data === undefined && failure === '' && <Waiting look="catalogue-skeleton" />}
      {data !== undefined && data.entry === undefined && (
        <NoEntry name={name} onWritten={onChanged} />
      )}
      {data?.entry !== undefined && (
        <Entry entry={data.entry} changes={data.changes} onChanged={onChanged} />
      )}
    </div>
  )
}

interface NoEntryProps {
  readonly name: string
  readonly onWritten: () => void
}

/** There is none, or it is being written. */
function NoEntry({ name, onWritten }: NoEntryProps): JSX.Element {
  const rights = useRights()
  const place = parsePlace(searchBelow.value)
  if (rights.isEditable && place.view === 'edit') {
    return <FileView entry={name} tab="" place={place} rights={rights} onChanged={onWritten} />
  }
  return (
    <div class="card empty">
      <Icon name="search" />
      <h1>{`The catalogue has no entry named ${name}`}</h1>
      <a class="button" href={hrefOf('catalogue')} onClick={followLink}>
        To the catalogue
      </a>
    </div>
  )
}

interface EntryProps {
  readonly entry: ShownEntry
  /** How often it was changed here. */
  readonly changes: number
  readonly onChanged: () => void
}

function Entry({ entry, changes, onChanged }: EntryProps): JSX.Element {
  const rights = useRights()
  const place = parsePlace(searchBelow.value)
  const tabs = tabsOf(entry)
  const chosen = chosenTab(searchBelow.value, tabs)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const tab = box.current?.querySelector('[aria-selected="true"]')
    tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [chosen])
  const choose = (tab: TabName): void => setSearch('catalogue', `tab=${tab}`, false)
  return (
    <>
      <EntryHead entry={entry} />
      {chosen !== undefined && (
        <div class="entry-tabs" ref={box}>
          <Tabs name="Content" tabs={tabs} chosen={chosen} onChoose={choose} />
        </div>
      )}
      <div
        class="entry-parts"
        role="tabpanel"
        aria-label={tabs.find(([tab]) => tab === chosen)?.[1] ?? 'Content'}
      >
        <FileBar
          entry={entry}
          tab={chosen ?? ''}
          files={filesOfTab(chosen)}
          place={place}
          rights={rights}
        />
        {place.view !== 'read' && (
          <FileView
            key={changes}
            entry={entry.name}
            tab={chosen ?? ''}
            place={place}
            rights={rights}
            onChanged={onChanged}
          />
        )}
        {place.view === 'read' && chosen !== undefined && <Content entry={entry} tab={chosen} />}
      </div>
    </>
  )
}

function Content({ entry, tab }: { entry: ShownEntry; tab: TabName }): JSX.Element {
  switch (tab) {
    case 'exporter':
      return (
        <div class="card entry-text">
          <Markdown text={entry.files.readme} />
        </div>
      )
    case 'iac':
      return <CodeBox title="helm.yaml" text={entry.files.helm} look="numbered" />
    case 'rules':
      return <RulesTab entry={entry} />
    case 'dashboard':
      return <DashboardTab entry={entry} />
    case 'metrics':
      return <MetricsTab entry={entry} />
  }
}
