/** Registry: the targets that consumers find here, who keeps them up to date, and who asks. */
import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { usePolled } from '../api/polled.ts'
import { Icon } from '../shell/icon.tsx'
import {
  Alert,
  FilterField,
  ListPage,
  NoneMatches,
  useFilter,
  Waiting,
} from '../shell/listpage.tsx'
import { below, followLink, hrefBelow } from '../shell/router.ts'
import { Tabs } from '../shell/tabs.tsx'
import { BulkBar } from './bulkbar.tsx'
import { ChangesSection } from './changes.tsx'
import { ConsumersSection } from './consumers.tsx'
import { DocumentPage } from './documentpage.tsx'
import { DocumentsTable } from './documents.tsx'
import { ExportButton } from './exportbutton.tsx'
import { ImportPage } from './importpage.tsx'
import { LeasesSection } from './leases.tsx'
import { loadDocuments } from './load.ts'
import { NewDocument } from './newdocument.tsx'
import { ScrapeConfigDialog } from './scrapeconfig.tsx'
import {
  formatState,
  kindOf,
  PAGE_COUNT,
  parseState,
  type RegistryState,
  SECTIONS,
  type SectionName,
} from './state.ts'
import './registry.css'

const REFRESH_MS = 5000
const state: Signal<RegistryState> = signal(parseState(''))

export function RegistryPage(): JSX.Element {
  const [word, name] = below.value
  if (word === undefined) return <RegistryLists />
  if (word === 'import') return <ImportPage />
  const kind = kindOf(word)
  if (kind === undefined) return <RegistryLists />
  return <DocumentPage key={`${kind} ${name}`} kind={kind} name={name} />
}

function RegistryLists(): JSX.Element {
  const field = useFilter('registry', state, { parse: parseState, format: formatState })
  const config = useRef<HTMLDialogElement>(null)
  const { section, text } = state.value
  const kind = kindOf(section)
  const isFiltered = kind !== undefined || section === 'changes'
  const showAll = (): void => {
    state.value = { ...state.value, text: '', from: 0 }
  }
  useEffect(() => {
    document.title = 'Registry · narthex'
  }, [])
  return (
    <ListPage look="registry">
      <header class="page-head">
        <h1>Registry</h1>
        <Tabs
          name="Sections"
          tabs={SECTIONS}
          chosen={section}
          onChoose={(next: SectionName) => {
            state.value = { section: next, text: '', from: 0 }
          }}
        />
        <div class="registry-tools">
          {isFiltered && (
            <FilterField
              field={field}
              what={section}
              by="name"
              text={text}
              onText={(next) => {
                state.value = { section, text: next, from: 0 }
              }}
            />
          )}
          {kind !== undefined && (
            <>
              <NewDocument kind={kind} />
              <a class="button" href={hrefBelow('registry', 'import')} onClick={followLink}>
                Import
              </a>
              <ExportButton kind={kind} />
            </>
          )}
          <button type="button" class="button" onClick={() => config.current?.showModal()}>
            <Icon name="braces" />
            Scrape configuration
          </button>
        </div>
      </header>
      <div role="tabpanel" aria-label={SECTIONS.find(([each]) => each === section)?.[1]}>
        {kind !== undefined && <DocumentsSection key={kind} kind={kind} />}
        {section === 'leases' && <LeasesSection />}
        {section === 'changes' && <ChangesSection text={text} onShowAll={showAll} />}
        {section === 'consumers' && <ConsumersSection />}
      </div>
      <ScrapeConfigDialog dialog={config} />
    </ListPage>
  )
}

function DocumentsSection({ kind }: { readonly kind: DocumentKind }): JSX.Element {
  const { text, from } = state.value
  const [own, setOwn] = useState(0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const load = useCallback(
    (abort: AbortSignal) => loadDocuments(kind, text, from, abort),
    // Asked anew after a change of our own.
    [kind, text, from, own],
  )
  const choose = (name: string, isChosen: boolean): void => {
    const next = new Set(chosen)
    if (isChosen) next.add(name)
    else next.delete(name)
    setChosen(next)
  }
  const done = (): void => {
    setChosen(new Set())
    setOwn(own + 1)
  }
  const { data, failure } = usePolled(load, REFRESH_MS)
  return (
    <div class="registry-section">
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="registry-skeleton" />}
      {data?.total === 0 && text === '' && <NoDocuments kind={kind} />}
      {data?.total === 0 && text !== '' && (
        <NoneMatches
          what={kind}
          onShowAll={() => {
            state.value = { ...state.value, text: '', from: 0 }
          }}
        />
      )}
      {chosen.size > 0 && (
        <BulkBar kind={kind} names={chosen} onClear={() => setChosen(new Set())} onDone={done} />
      )}
      {data !== undefined && data.rows.length > 0 && (
        <DocumentsTable kind={kind} rows={data.rows} chosen={chosen} onChoose={choose} />
      )}
      {data !== undefined && (from > 0 || data.total > PAGE_COUNT) && (
        <Pages total={data.total} count={data.rows.length} />
      )}
    </div>
  )
}

/** Which part of a long list is shown, and steps to its neighbours. */
function Pages({ total, count }: { total: number; count: number }): JSX.Element {
  const { from } = state.value
  const go = (next: number): void => {
    state.value = { ...state.value, from: Math.max(0, next) }
    window.scrollTo(0, 0)
  }
  return (
    <nav class="pages" aria-label="Parts of the list">
      <button
        type="button"
        class="button"
        disabled={from === 0}
        onClick={() => go(from - PAGE_COUNT)}
      >
        Earlier
      </button>
      <span class="soft">{`${from + Math.min(1, count)} to ${from + count} of ${total}`}</span>
      <button
        type="button"
        class="button"
        disabled={from + count >= total}
        onClick={() => go(from + PAGE_COUNT)}
      >
        Later
      </button>
    </nav>
  )
}

const NONE: Readonly<Record<DocumentKind, readonly [string, string]>> = {
  group: [
    'No groups yet',
    'A group is a list of targets with labels, as a discovery document says it.',
  ],
  service: ['No services yet', 'A service is nodes and what runs on each; its targets follow.'],
}

function NoDocuments({ kind }: { readonly kind: DocumentKind }): JSX.Element {
  const [title, text] = NONE[kind]
  return (
    <div class="card empty">
      <Icon name="target" />
      <strong>{title}</strong>
      <span>{text}</span>
      <NewDocument kind={kind} />
    </div>
  )
}
