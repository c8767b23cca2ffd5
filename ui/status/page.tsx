/** Status: what runs here, what it holds, and how it was set up. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Polled, usePolled } from '../api/polled.ts'
import type { Store } from '../api/tsdb.ts'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { hasPage, searchOf, setSearch } from '../shell/router.ts'
import { Tabs } from '../shell/tabs.tsx'
import { CardinalitySection } from './cardinality.tsx'
import { ConfigView } from './configview.tsx'
import { loadConfig, loadFlags, loadOverview } from './data.ts'
import { OverviewSection } from './overview.tsx'
import './status.css'

const REFRESH_MS = 10_000

type SectionName = 'overview' | 'cardinality' | 'flags' | 'config'

/** Cardinality is what an engine that answers queries says. */
const SECTIONS: readonly (readonly [SectionName, string])[] = [
  ['overview', 'Overview'],
  ...(hasPage('explore') ? [['cardinality', 'Cardinality'] as const] : []),
  ['flags', 'Flags'],
  ['config', 'Configuration'],
]

/** Prometheus has these sections as pages of their own. */
const SECTION_OF_PATH: Readonly<Record<string, SectionName>> = {
  'tsdb-status': 'cardinality',
  flags: 'flags',
  config: 'config',
}

export function StatusPage(): JSX.Element {
  const [section, setSection] = useState<SectionName>(readSection)
  const overview = usePolled(loadOverview, REFRESH_MS)
  const address = searchOf('status').value

  useEffect(() => setSection(readSection()), [address])

  const choose = (name: SectionName): void => {
    setSection(name)
    setSearch('status', `section=${name}`, false)
  }
  return (
    <div class="status">
      <header class="page-head">
        <h1>Status</h1>
        <Tabs name="Sections" tabs={SECTIONS} chosen={section} onChoose={choose} />
      </header>
      <div role="tabpanel" aria-label={titleOf(section)}>
        {section === 'overview' && (
          <Loaded polled={overview}>{(data) => <OverviewSection data={data} />}</Loaded>
        )}
        {section === 'cardinality' && (
          <Loaded polled={overview}>{({ store }) => <Cardinality store={store} />}</Loaded>
        )}
        {section === 'flags' && <FlagsSection />}
        {section === 'config' && <ConfigSection />}
      </div>
    </div>
  )
}

function titleOf(section: SectionName): string {
  return SECTIONS.find(([name]) => name === section)?.[1] ?? ''
}

function readSection(): SectionName {
  const asked = new URLSearchParams(location.search).get('section')
  const known = SECTIONS.find(([name]) => name === asked)
  if (known !== undefined) return known[0]
  const ofPath = SECTION_OF_PATH[location.pathname.split('/').at(-1) ?? '']
  return SECTIONS.some(([name]) => name === ofPath) ? ofPath : 'overview'
}

/** Where another engine answers, it may not say. */
function Cardinality({ store }: { store: Store | undefined }): JSX.Element {
  if (store !== undefined) return <CardinalitySection store={store} />
  return (
    <div class="card empty">
      <Icon name="info" />
      <strong>The engine that answers does not say where its series come from</strong>
    </div>
  )
}

interface LoadedProps<T> {
  readonly polled: Polled<T>
  readonly children: (data: T) => ComponentChildren
}

/** The data, or why it is not there. */
function Loaded<T>({ polled, children }: LoadedProps<T>): JSX.Element {
  return (
    <div class="status-loaded">
      <Alert text={polled.failure} />
      {polled.data === undefined && polled.failure === '' && <Waiting look="status-skeleton" />}
      {polled.data !== undefined && children(polled.data)}
    </div>
  )
}

function FlagsSection(): JSX.Element {
  const flags = usePolled(loadFlags, 0)
  const [text, setText] = useState('')
  return (
    <Loaded polled={flags}>
      {(list) => (
        <div class="card status-card">
          <input
            class="field"
            type="search"
            aria-label="Filter the flags"
            placeholder="Filter"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <table class="facts-table">
            <tbody>
              {list
                .filter(([name, value]) => `${name} ${value}`.includes(text))
                .map(([name, value]) => (
                  <tr key={name}>
                    <th scope="row" class="mono">
                      --{name}
                    </th>
                    <td class="mono">{value}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </Loaded>
  )
}

function ConfigSection(): JSX.Element {
  const config = usePolled(loadConfig, 0)
  return <Loaded polled={config}>{(yaml) => <ConfigView yaml={yaml} />}</Loaded>
}
