/** One group or service: what it lists, its text to be edited, and its history. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { usePolled } from '../api/polled.ts'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { followLink, hrefOf, navigate, searchBelow, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { Tabs } from '../shell/tabs.tsx'
import { DocumentForm } from './documentform.tsx'
import { DocumentTargets } from './documenttargets.tsx'
import { HistorySection } from './history.tsx'
import { type EditedDocument, loadDocument, loadHistory, type VersionRow } from './load.ts'

type TabName = 'targets' | 'edit' | 'history'

const TABS: readonly (readonly [TabName, string])[] = [
  ['targets', 'Targets'],
  ['edit', 'Edit'],
  ['history', 'History'],
]

interface DocumentPageProps {
  readonly kind: DocumentKind
  readonly name: string
}

interface Loaded {
  /** Undefined when there is none now. */
  readonly document: EditedDocument | undefined
  readonly versions: readonly VersionRow[]
}

export function DocumentPage({ kind, name }: DocumentPageProps): JSX.Element {
  const [changes, setChanges] = useState(0)
  // Asked anew after each change of our own; what others change meanwhile is found when saving.
  const load = useCallback(
    async (abort: AbortSignal): Promise<Loaded & { readonly changes: number }> => {
      const [document, versions] = await Promise.all([
        loadDocument(kind, name, abort),
        loadHistory(kind, name, abort),
      ])
      return { document, versions, changes }
    },
    [kind, name, changes],
  )
  const { data, failure } = usePolled(load, 0)
  const onChanged = (): void => setChanges(changes + 1)
  useEffect(() => {
    document.title = `${name} · narthex`
    return addShortcuts([{ keys: ['u'], run: () => navigate(hrefOf('registry')) }])
  }, [name])

  return (
    <div class="registry">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('registry')} onClick={followLink}>
          Registry
        </a>
        <span aria-hidden="true">/</span>
        <span>{kind === 'group' ? 'group' : 'service'}</span>
      </nav>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="registry-skeleton" />}
      {data !== undefined && (
        <Document key={data.changes} kind={kind} name={name} loaded={data} onChanged={onChanged} />
      )}
    </div>
  )
}

interface DocumentProps extends DocumentPageProps {
  readonly loaded: Loaded
  readonly onChanged: () => void
}

function Document({ kind, name, loaded, onChanged }: DocumentProps): JSX.Element {
  const { document, versions } = loaded
  const tabs = TABS.filter(
    ([tab]) =>
      (tab !== 'targets' || document !== undefined) && (tab !== 'history' || versions.length > 0),
  )
  const asked = new URLSearchParams(searchBelow.value).get('tab')
  const [chosen] = tabs.find(([tab]) => tab === asked) ?? tabs[0]
  const choose = (tab: TabName): void => setSearch('registry', `tab=${tab}`, false)
  const onSaved = (): void => {
    choose('targets')
    onChanged()
  }
  return (
    <>
      <header class="page-head document-head">
        <h1>{name}</h1>
        {document === undefined && (
          <span class="badge warn">{versions.length === 0 ? 'not there yet' : 'deleted'}</span>
        )}
        <Tabs name={`Parts of the ${kind}`} tabs={tabs} chosen={chosen} onChoose={choose} />
      </header>
      <div role="tabpanel" aria-label={tabs.find(([tab]) => tab === chosen)?.[1]}>
        {chosen === 'targets' && document !== undefined && (
          <DocumentTargets kind={kind} text={document.text} />
        )}
        {chosen === 'edit' && (
          <DocumentForm kind={kind} name={name} document={document} onSaved={onSaved} />
        )}
        {chosen === 'history' && (
          <HistorySection kind={kind} name={name} versions={versions} onChanged={onChanged} />
        )}
      </div>
    </>
  )
}
