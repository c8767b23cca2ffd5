/** What stands in the place of a tab's content while a file is edited or compared. */
import type { JSX } from 'preact'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { setSearch } from '../shell/router.ts'
import { EditView } from './editview.tsx'
import { type FilePlace, formatPlace } from './place.ts'
import type { Rights } from './rights.ts'
import { VersionsView } from './versionsview.tsx'
import './edits.css'

interface FileViewProps {
  readonly entry: string
  readonly tab: string
  readonly place: Exclude<FilePlace, { view: 'read' }>
  readonly rights: Rights
  /** The entry is another one now. */
  readonly onChanged: () => void
}

export function FileView({ entry, tab, place, rights, onChanged }: FileViewProps): JSX.Element {
  const go = (next: FilePlace, push: boolean): void =>
    setSearch('catalogue', formatPlace(tab, next), push)
  const { file } = place
  if (place.view === 'edit' && !rights.isEditable) return <NotEditable rights={rights} />
  if (place.view === 'edit') {
    return (
      <EditView
        entry={entry}
        file={file}
        onSaved={() => {
          go({ view: 'versions', file, from: '', to: '' }, true)
          onChanged()
        }}
        onLeave={() => go({ view: 'read' }, true)}
      />
    )
  }
  return (
    <VersionsView
      entry={entry}
      file={file}
      from={place.from}
      to={place.to}
      isEditable={rights.isEditable}
      onChoose={(from, to) => go({ view: 'versions', file, from, to }, false)}
      onChanged={onChanged}
    />
  )
}

function NotEditable({ rights }: { readonly rights: Rights }): JSX.Element {
  if (!rights.isKnown) return <Waiting look="edit-skeleton" />
  const reason = rights.reason === '' ? 'it wants the role admin' : rights.reason
  return <Alert text={`Content cannot be changed here: ${reason}.`} />
}
