/** Status: what runs here, what it holds, and how it was set up. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Polled, usePolled } from '../api/polled.ts'
import { Icon } from '../shell/icon.tsx'
import { search, setSearch } from '../shell/router.ts'
import { CardinalitySection } from './cardinality.tsx'
import { ConfigView } from './configview.tsx'
import { loadConfig, loadFlags, loadOverview } from './data.ts'
import { OverviewSection } from './overview.tsx'
import './status.css'

const REFRESH_MS = 10_000

type SectionName = 'overview' | 'cardinality' | 'flags' | 'config'

const SECTIONS: readonly (readonly [SectionName, string])[] = [
  ['overview', 'Overview'],
  ['cardinality', 'Cardinality'],
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
  const address = search.value

  useEffect(() => setSection(readSection()), [address])

  const choose = (name: SectionName): void => {
    setSection(name)
    setSearch(`section=${name}`, false)
  }
  return (
    <div class="status">
      <header class="page-head">
        <h1>Status</h1>
        <div class="tabs" role="tablist" aria-label="Sections">
          {SECTIONS.map(([name, title]) => (
            <button
              key={name}
              type="button"
              class="tab"
              role="tab"
              id={`tab-${name}`}
              aria-selected={section === name}
              aria-controls="status-section"
              onClick={() => choose(name)}
            >
              {title}
            </button>
          ))}
        </div>
      </header>
      <div id="status-section" role="tabpanel" aria-labelledby={`tab-${section}`}>
        {section === 'overview' && (
          <Loaded polled={overview}>{(data) => <OverviewSection data={data} />}</Loaded>
        )}
        {section === 'cardinality' && (
          <Loaded polled={overview}>{(data) => <CardinalitySection store={data.store} />}</Loaded>
        )}
        {section === 'flags' && <FlagsSection />}
        {section === 'config' && <ConfigSection />}
      </div>
    </div>
  )
}

function readSection(): SectionName {
  const asked = new URLSearchParams(location.search).get('section')
  const known = SECTIONS.find(([name]) => name === asked)
  if (known !== undefined) return known[0]
  return SECTION_OF_PATH[location.pathname.split('/').at(-1) ?? ''] ?? 'overview'
}

interface LoadedProps<T> {
  readonly polled: Polled<T>
  readonly children: (data: T) => ComponentChildren
}

/** The data, or why it is not there. */
function Loaded<T>({ polled, children }: LoadedProps<T>): JSX.Element {
  return (
    <div class="status-loaded">
      {polled.failure !== '' && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>{polled.failure}</span>
        </p>
      )}
      {polled.data === undefined && polled.failure === '' && (
        <div class="skeleton status-skeleton" />
      )}
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
