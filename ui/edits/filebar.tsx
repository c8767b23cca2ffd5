/** The files behind a tab: where each is edited and compared, and those that could be written. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import { Icon } from '../shell/icon.tsx'
import { Popover } from '../shell/popover.tsx'
import { followLink, hrefBelow } from '../shell/router.ts'
import { draftOf } from './drafts.ts'
import { EDITABLE_FILES, type FilePlace, formatPlace } from './place.ts'
import type { Rights } from './rights.ts'
import './edits.css'

interface FileBarProps {
  readonly entry: EntryDetail
  /** The tab, and the files that are behind it. */
  readonly tab: string
  readonly files: readonly string[]
  readonly place: FilePlace
  readonly rights: Rights
}

export function FileBar({ entry, tab, files, place, rights }: FileBarProps): JSX.Element {
  const { isEditable, reason } = rights
  const there = useMemo(() => filesOf(entry), [entry])
  const chosen = place.view === 'read' ? '' : place.file
  const shown = chosen === '' || files.includes(chosen) ? files : [chosen]
  return (
    <nav class="file-bar" aria-label="Files">
      {shown
        .filter((file) => there.has(file) || file === chosen)
        .map((file) => (
          <FileLinks
            key={file}
            entry={entry}
            tab={tab}
            file={file}
            view={file === chosen ? place.view : 'read'}
            isEditable={isEditable}
          />
        ))}
      {reason !== '' && <span class="soft">{`Not to be changed here: ${reason}`}</span>}
      {isEditable && <MoreFiles entry={entry} tab={tab} there={there} />}
    </nav>
  )
}

interface FileLinksProps {
  readonly entry: EntryDetail
  readonly tab: string
  readonly file: string
  readonly view: FilePlace['view']
  readonly isEditable: boolean
}

function FileLinks({ entry, tab, file, view, isEditable }: FileLinksProps): JSX.Element {
  const source = entry.sources[file]
  return (
    <span class="file-links">
      <code>{file}</code>
      {source !== undefined && (
        <span class="badge">{source === 'edits' ? 'edited' : `from ${source}`}</span>
      )}
      {view !== 'read' && (
        <PlaceLink entry={entry} tab={tab} place={{ view: 'read' }} title="Read" />
      )}
      {isEditable && view !== 'edit' && (
        <PlaceLink
          entry={entry}
          tab={tab}
          place={{ view: 'edit', file }}
          title={draftOf(entry.name, file) === undefined ? 'Edit' : 'Edit, unsaved'}
          of={file}
        />
      )}
      {view !== 'versions' && (
        <PlaceLink
          entry={entry}
          tab={tab}
          place={{ view: 'versions', file, from: '', to: '' }}
          title="Versions"
          of={file}
        />
      )}
    </span>
  )
}

interface PlaceLinkProps {
  readonly entry: EntryDetail
  readonly tab: string
  readonly place: FilePlace
  readonly title: string
  /** The file, for those who do not see which it stands beside. */
  readonly of?: string
}

function PlaceLink({ entry, tab, place, title, of }: PlaceLinkProps): JSX.Element {
  return (
    <a class="button" href={hrefOf(entry.name, tab, place)} onClick={followLink}>
      {title}
      {of !== undefined && <span class="sr-only">{` ${of}`}</span>}
    </a>
  )
}

/** Files that no tab shows, and those that are not there yet. */
function MoreFiles(props: {
  readonly entry: EntryDetail
  readonly tab: string
  readonly there: ReadonlySet<string>
}): JSX.Element {
  const { entry, tab, there } = props
  const others = EDITABLE_FILES.filter(({ file }) => file === 'entry.yaml' || !there.has(file))
  return (
    <Popover
      name="More files"
      face={
        <>
          <Icon name="add" />
          More files
        </>
      }
    >
      {(close) => (
        <ul class="more-files">
          {others.map(({ file, title }) => (
            <li key={file}>
              <a
                class="menu-item"
                href={hrefOf(entry.name, tab, { view: 'edit', file })}
                onClick={(event) => {
                  close()
                  followLink(event)
                }}
              >
                <strong>{file}</strong>
                <span class="soft">{there.has(file) ? title : `${title}, not there yet`}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  )
}

function hrefOf(entry: string, tab: string, place: FilePlace): string {
  return `${hrefBelow('catalogue', entry)}?${formatPlace(tab, place)}`
}

/** What an entry has; each has facts, its own or those of nobody. */
function filesOf({ files }: EntryDetail): ReadonlySet<string> {
  const texts: readonly (readonly [string, string])[] = [
    ['README.md', files.readme],
    ['helm.yaml', files.helm],
    ['alerts.yaml', files.alerts],
    ['alerts_test.yaml', files.alertTests],
    ['dashboard.json', files.dashboard],
    ['sample.prom', files.sample],
  ]
  return new Set(['entry.yaml', ...texts.filter(([, text]) => text !== '').map(([file]) => file)])
}
