/** What a file was: its versions, the difference of any two, and the way back to one. */
import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import type { FileVersion, VersionText } from '../../src/model/edits.ts'
import { usePolled } from '../api/polled.ts'
import { Ago } from '../shell/ago.tsx'
import { CodeBox } from '../shell/codebox.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { DiffView } from './diffview.tsx'
import { GoBack } from './goback.tsx'
import { loadVersion, loadVersions } from './load.ts'
import { OfFile } from './offile.tsx'

interface VersionsViewProps {
  readonly entry: string
  readonly file: string
  /** Ids; '' for the last change. */
  readonly from: string
  readonly to: string
  /** Whether who looks may go back to a version. */
  readonly isEditable: boolean
  readonly onChoose: (from: string, to: string) => void
  readonly onChanged: () => void
}

export function VersionsView(props: VersionsViewProps): JSX.Element {
  return (
    <OfFile entry={props.entry} file={props.file} load={loadVersions}>
      {(versions) => <Versions {...props} versions={versions} />}
    </OfFile>
  )
}

interface VersionsProps extends VersionsViewProps {
  readonly versions: readonly FileVersion[]
}

function Versions(props: VersionsProps): JSX.Element {
  const { entry, file, versions, onChoose, isEditable, onChanged } = props
  const to = versions.find(({ id }) => id === props.to) ?? versions.at(0)
  const before = to === undefined ? undefined : versions.at(versions.indexOf(to) + 1)
  const from = versions.find(({ id }) => id === props.from) ?? before ?? to
  return (
    <div class="versions-view">
      <header class="edit-head">
        <h2>{`Versions of ${file}`}</h2>
        <span class="soft">
          {versions.length === 1 ? 'never changed here' : `${versions.length}, the newest first`}
        </span>
      </header>
      {to === undefined && <p class="card diff-none soft">There is no such file, and never was.</p>}
      {to !== undefined && from !== undefined && (
        <>
          <ol class="card versions" aria-label="Versions">
            {versions.map((version, index) => (
              <VersionRow
                key={version.id}
                version={version}
                isShown={index === 0}
                isChosen={version.id === to.id}
                onChoose={() => onChoose(versions.at(index + 1)?.id ?? version.id, version.id)}
              />
            ))}
          </ol>
          {versions.length > 1 && (
            <div class="versions-choice">
              <VersionField
                title="From"
                versions={versions}
                chosen={from.id}
                onChoose={(id) => onChoose(id, to.id)}
              />
              <VersionField
                title="to"
                versions={versions}
                chosen={to.id}
                onChoose={(id) => onChoose(from.id, id)}
              />
              {isEditable && to !== versions[0] && (
                <GoBack entry={entry} file={file} version={to} onChanged={onChanged} />
              )}
            </div>
          )}
          <Compared entry={entry} file={file} from={from.id} to={to.id} />
        </>
      )}
    </div>
  )
}

interface VersionRowProps {
  readonly version: FileVersion
  /** Whether it is the one of now. */
  readonly isShown: boolean
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function VersionRow({ version, isShown, isChosen, onChoose }: VersionRowProps): JSX.Element {
  const { id, by, timeMs, summary, isRemoval } = version
  return (
    <li>
      <button type="button" class="version" aria-pressed={isChosen} onClick={onChoose}>
        <strong>{summary}</strong>
        {isShown && <span class="badge good">shown now</span>}
        {isRemoval && <span class="badge">taken back</span>}
        <span class="version-by soft">
          {by}
          {timeMs > 0 && (
            <>
              {by === '' ? '' : ', '}
              <Ago timeMs={timeMs} never="" />
            </>
          )}
          {timeMs > 0 && <code>{shortId(id)}</code>}
        </span>
      </button>
    </li>
  )
}

interface VersionFieldProps {
  readonly title: string
  readonly versions: readonly FileVersion[]
  readonly chosen: string
  readonly onChoose: (id: string) => void
}

function VersionField({ title, versions, chosen, onChoose }: VersionFieldProps): JSX.Element {
  return (
    <label>
      <span>{title}</span>
      <select
        class="field"
        value={chosen}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {versions.map(({ id, summary, timeMs }) => (
          <option key={id} value={id}>
            {timeMs > 0 ? `${shortId(id)} ${summary}` : summary}
          </option>
        ))}
      </select>
    </label>
  )
}

interface ComparedProps {
  readonly entry: string
  readonly file: string
  readonly from: string
  readonly to: string
}

function Compared({ entry, file, from, to }: ComparedProps): JSX.Element {
  const load = useCallback(
    async (abort: AbortSignal): Promise<readonly [VersionText, VersionText]> =>
      Promise.all([loadVersion(entry, file, from, abort), loadVersion(entry, file, to, abort)]),
    [entry, file, from, to],
  )
  const { data, failure } = usePolled(load, 0)
  if (failure !== '') return <Alert text={failure} />
  if (data === undefined) return <Waiting look="edit-skeleton" />
  const [a, b] = data
  if (from === to) return <CodeBox title={file} text={b.text} look="numbered" />
  return <DiffView a={a.text} b={b.text} name={`Difference of two versions of ${file}`} />
}

/** As much of a commit as people say. */
function shortId(id: string): string {
  return id.slice(0, 8)
}
