/** One installation: whether its targets answer, what is live now, and what waits for later. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { InstalledTarget } from '../../src/model/install.ts'
import { usePolled } from '../api/polled.ts'
import { urlOf } from '../api/root.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { followLink, hrefBelow, hrefOf, navigate } from '../shell/router.ts'
import { RowsTable } from '../shell/rowstable.tsx'
import { addShortcuts } from '../shell/shortcuts.ts'
import { HealthBadge, HealthBadges } from './health.tsx'
import { loadInstall, type RunningInstallation, type WatchedInstallation } from './load.ts'
import { UndoButton } from './undo.tsx'

/** While targets wait for their first scrape somebody looks on; later it is enough to keep up. */
const WAITING_MS = 1000
const SETTLED_MS = 5000

export function InstallationPage({ name }: { readonly name: string }): JSX.Element {
  const [everyMs, setEveryMs] = useState(WAITING_MS)
  const load = useCallback(
    async (abort: AbortSignal) => ({ watched: await loadInstall(name, abort) }),
    [name],
  )
  const { data, failure } = usePolled(load, everyMs)
  const watched = data?.watched
  const isWaiting = watched === undefined || watched.installation.health.unknown > 0
  useEffect(() => setEveryMs(isWaiting ? WAITING_MS : SETTLED_MS), [isWaiting])
  useEffect(() => {
    document.title = `${name} · narthex`
    return addShortcuts([{ keys: ['u'], run: () => navigate(hrefOf('installs')) }])
  }, [name])
  return (
    <div class="installation">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('installs')} onClick={followLink}>
          Installed
        </a>
        <span aria-hidden="true">/</span>
        <span class="mono">{name}</span>
      </nav>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="installs-skeleton" />}
      {data !== undefined && watched === undefined && <NotThere name={name} />}
      {watched !== undefined && <Watched watched={watched} />}
    </div>
  )
}

function NotThere({ name }: { readonly name: string }): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <h1>{`Nothing is installed under the name ${name}`}</h1>
      <a class="button" href={hrefOf('installs')} onClick={followLink}>
        To what is
      </a>
    </div>
  )
}

function Watched({ watched }: { readonly watched: WatchedInstallation }): JSX.Element {
  const { installation, targets } = watched
  const { name, entry, version, installed, by, fault } = installation
  return (
    <>
      <div class="page-head">
        <h1>{name}</h1>
        <span class="soft">
          <a href={hrefBelow('catalogue', entry)} onClick={followLink}>
            {entry}
          </a>
          {` ${version}, installed `}
          <Ago timeMs={Date.parse(installed)} never="" />
          {by === '' ? '' : ` by ${by}`}
        </span>
        <span class="installation-acts">
          <a class="button" href={graphOf(name)} onClick={followLink}>
            Graph of up
          </a>
          <UndoButton installation={installation} onUndone={() => navigate(hrefOf('installs'))} />
        </span>
      </div>
      <Alert text={fault} />
      <Progress installation={installation} />
      <RowsTable
        columns={[{ title: 'Target' }, { title: 'State' }, { title: 'Last scrape' }]}
        rows={targets}
      >
        {(target) => <Target key={target.address} target={target} />}
      </RowsTable>
      <Parts installation={installation} />
    </>
  )
}

function Progress({ installation }: { readonly installation: RunningInstallation }): JSX.Element {
  const { up, down, unknown } = installation.health
  const all = up + down + unknown
  return (
    <div class="card installation-progress" role="status">
      <strong>{describe(up, down, unknown)}</strong>
      {unknown > 0 || all === 0 ? (
        <progress value={up + down} max={Math.max(all, 1)} aria-label="Targets scraped once" />
      ) : (
        <HealthBadges health={installation.health} />
      )}
    </div>
  )
}

function describe(up: number, down: number, unknown: number): string {
  const all = up + down + unknown
  if (all === 0) return 'The job is being taken over …'
  if (unknown > 0) return `Waiting for the first scrape of ${unknown} of ${all} …`
  if (down === 0) return all === 1 ? 'The target is up' : `All ${all} targets are up`
  return `${up} of ${all} targets are up`
}

function Target({ target }: { readonly target: InstalledTarget }): JSX.Element {
  const { address, health, error, lastScrapeMs } = target
  return (
    <tr>
      <th scope="row">
        <span class="mono">{address}</span>
        {error !== '' && <span class="install-fault">{error}</span>}
      </th>
      <td data-title="State">
        <HealthBadge health={health} />
      </td>
      <td data-title="Last scrape">
        <Ago timeMs={lastScrapeMs === 0 ? undefined : lastScrapeMs} never="none yet" />
      </td>
    </tr>
  )
}

/** What there is of it, and what of that does something now. */
function Parts({ installation }: { readonly installation: RunningInstallation }): JSX.Element {
  return (
    <section class="card installation-parts" aria-label="What was added">
      <ul>
        {installation.files.map((file) => {
          const [isLive, use] = useOf(file)
          return (
            <li key={file}>
              <span class={`badge ${isLive ? 'good' : ''}`}>{isLive ? 'live' : 'placed'}</span>
              <span class="mono">{`config.d/${file}`}</span>
              <span class="soft">{use}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function useOf(file: string): readonly [isLive: boolean, use: string] {
  if (file.startsWith('rules/')) {
    return [false, 'rules, for Prometheus: nothing in narthex evaluates rules yet']
  }
  if (file.startsWith('dashboards/')) {
    return [false, 'a dashboard, for Grafana: narthex shows no dashboards yet']
  }
  return [true, 'the scrape job']
}

function graphOf(job: string): string {
  const params = { 'g0.expr': `up{job=${JSON.stringify(job)}}`, 'g0.tab': 'graph' }
  return urlOf(`query?${new URLSearchParams(params)}`).href
}
