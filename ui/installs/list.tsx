/** All installations, each with how its targets do. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, ListPage, Waiting } from '../shell/listpage.tsx'
import { followLink, hrefBelow, hrefOf } from '../shell/router.ts'
import { RowsTable } from '../shell/rowstable.tsx'
import { HealthBadges } from './health.tsx'
import { loadInstalls, type RunningInstallation } from './load.ts'
import { UndoButton } from './undo.tsx'

const REFRESH_MS = 5000

const COLUMNS = [
  ...[{ title: 'Name' }, { title: 'Entry' }, { title: 'Targets' }],
  ...[{ title: 'Installed' }, { title: 'By' }, { title: 'Way back', isNumber: true }],
]

export function InstallList(): JSX.Element {
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const { data, failure } = usePolled(loadInstalls, REFRESH_MS)
  useEffect(() => {
    document.title = 'Installed · narthex'
  }, [])
  const installs = data?.filter(({ name }) => !gone.has(name))
  return (
    <ListPage look="installs">
      <div class="page-head">
        <h1>Installed</h1>
      </div>
      <Alert text={failure} />
      {installs === undefined && failure === '' && <Waiting look="installs-skeleton" />}
      {installs?.length === 0 && <None />}
      {installs !== undefined && installs.length > 0 && (
        <RowsTable columns={COLUMNS} rows={installs} look="installs-table">
          {(each) => (
            <Row
              key={each.name}
              installation={each}
              onUndone={() => setGone(new Set([...gone, each.name]))}
            />
          )}
        </RowsTable>
      )}
    </ListPage>
  )
}

function None(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="stack" />
      <strong>Nothing is installed yet</strong>
      <span>An entry of the catalogue and a host are all it takes.</span>
      <a class="button primary" href={hrefOf('catalogue')} onClick={followLink}>
        To the catalogue
      </a>
    </div>
  )
}

interface RowProps {
  readonly installation: RunningInstallation
  readonly onUndone: () => void
}

function Row({ installation, onUndone }: RowProps): JSX.Element {
  const { name, entry, installed, by, fault, health } = installation
  return (
    <tr>
      <th scope="row">
        <a class="row-name" href={hrefBelow('installs', name)} onClick={followLink}>
          {name}
        </a>
        {fault !== '' && <span class="install-fault">{fault}</span>}
      </th>
      <td data-title="Entry">
        <a href={hrefBelow('catalogue', entry)} onClick={followLink}>
          {entry}
        </a>
      </td>
      <td data-title="Targets">
        <HealthBadges health={health} />
      </td>
      <td data-title="Installed">
        <Ago timeMs={Date.parse(installed)} never="" />
      </td>
      <td data-title="By">{by}</td>
      <td class="installs-undo">
        <UndoButton installation={installation} onUndone={onUndone} />
      </td>
    </tr>
  )
}
