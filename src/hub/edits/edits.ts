/** Content changed on the pages: checked, compared with what its author has seen, and committed. */
import { createHash } from 'node:crypto'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Family, Metrics } from '../../base/metrics.ts'
import { Turns } from '../../base/turns.ts'
import {
  BASE_VERSION,
  EDITS_SOURCE,
  type EditConflict,
  type EditedFile,
  type EditOutcome,
  type EditPlace,
  type EditSign,
  type EditsState,
  type EditsView,
  type FileProblem,
  type FileVersion,
  type VersionText,
} from '../../model/edits.ts'
import { checkEntryFile } from '../catalogue/check.ts'
import { isEntryName } from '../catalogue/entryshape.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from '../catalogue/folder.ts'
import type { LaidFiles, ShelfFile } from '../catalogue/shelf.ts'
import type { Commit, Repository, StoredFile } from './repository.ts'
import { signatureOf } from './sign.ts'

/** Most changes that wait for the one before; more are told to come back. */
export const EDITS_WAITING_MAX = 20
/** How often a change is put on top of what others have changed elsewhere meanwhile. */
const TRIES_MAX = 5

export interface EditsDeps {
  /** The one of the configuration as it is now. */
  readonly repository: () => Repository
  /** Whether anything can be changed, and where it goes. */
  readonly state: () => Promise<EditsState>
  /** The files of an entry as they are shown; undefined where there is no such entry. */
  readonly files: (entry: string) => LaidFiles | undefined
  /** What comes with the program is called, as a version. */
  readonly program: string
  /** Has shown what is in the repository when it resolves. */
  readonly show: () => Promise<void>
  readonly log: Log
  readonly metrics: Metrics
}

/** One file of one entry. */
interface Named {
  readonly entry: string
  readonly file: EntryFileName
  /** In the repository. */
  readonly path: string
}

/** Changes one after the other; who only reads waits for nobody. */
export class Edits implements EditsView {
  readonly #deps: EditsDeps
  readonly #counter: Family
  readonly #turns = new Turns({ verb: 'save', things: 'changes' }, EDITS_WAITING_MAX)

  constructor(deps: EditsDeps) {
    this.#deps = deps
    this.#counter = deps.metrics.counter(
      'narthex_catalogue_edits_total',
      'Changes of content on the pages: saved, refused for what is wrong with them, or too late.',
      ['result'],
    )
  }

  state(): Promise<EditsState> {
    return this.#deps.state()
  }

  /** All edits, for the source that they are; undefined when they are at a known commit. */
  async bring(
    knownCommit: string,
  ): Promise<{ readonly commit: string; readonly files: readonly StoredFile[] } | undefined> {
    const repository = this.#deps.repository()
    const commit = await repository.newest()
    if (commit === knownCommit) return undefined
    if (commit === '') {
      throw new NarthexError(
        'io',
        'cannot read the edits: their repository is gone, or has nothing in it',
      )
    }
    const files = await repository.files(commit)
    return { commit, files: files.filter(({ path }) => isEntryPath(path)) }
  }

  async file(entry: string, file: string): Promise<EditedFile> {
    const named = nameOf(entry, file)
    const { reason } = await this.#deps.state()
    // Without a repository there is only what is shown, and what others have changed with it.
    const now =
      reason === ''
        ? await this.#now(await this.#deps.repository().head(), named)
        : this.#deps.files(entry)?.get(named.file)
    if (now !== undefined) return { text: now.text, source: now.source, tag: tagOf(now) }
    throw new NarthexError('not_found', `cannot read ${named.path}: the entry has no such file`)
  }

  async versions(entry: string, file: string): Promise<readonly FileVersion[]> {
    const named = nameOf(entry, file)
    const base = this.#baseOf(named)
    const commits = await this.#deps.repository().log(named.path)
    return [...commits.map(versionOf), ...(base === undefined ? [] : [this.#baseVersion(base)])]
  }

  async version(entry: string, file: string, id: string): Promise<VersionText> {
    const named = nameOf(entry, file)
    const base = this.#baseOf(named)
    if (id === BASE_VERSION && base !== undefined) {
      return { ...this.#baseVersion(base), text: base.text }
    }
    const repository = this.#deps.repository()
    const commit = (await repository.log(named.path)).find((each) => each.id === id)
    if (commit === undefined) {
      throw new NarthexError(
        'not_found',
        `cannot find version ${JSON.stringify(id)} of ${named.path}`,
      )
    }
    const text = await repository.read(id, named.path, ENTRY_FILE_BYTES_MAX[named.file])
    return { ...versionOf(commit), text: text ?? base?.text ?? '' }
  }

  check(entry: string, file: string, text: string): readonly FileProblem[] {
    const named = nameOf(entry, file)
    return checkEntryFile(named.entry, named.file, text)
  }

  async save(place: EditPlace, text: string, sign: EditSign): Promise<EditOutcome> {
    const named = nameOf(place.entry, place.file)
    if (this.#deps.files(named.entry) === undefined && named.file !== 'entry.yaml') {
      const wanted = 'begin with its entry.yaml'
      throw new NarthexError('not_found', `cannot save ${named.path}: no such entry, ${wanted}`)
    }
    const problems = checkEntryFile(named.entry, named.file, text)
    if (problems.some(({ isFault }) => isFault)) return this.#count('refused', { problems })
    return await this.#change(named, place.seenTag, text, sign)
  }

  async takeBack(place: EditPlace, sign: EditSign): Promise<EditOutcome> {
    return await this.#change(nameOf(place.entry, place.file), place.seenTag, undefined, sign)
  }

  /** @param text undefined to take the edit back */
  async #change(
    named: Named,
    seenTag: string,
    text: string | undefined,
    sign: EditSign,
  ): Promise<EditOutcome> {
    const { reason } = await this.#deps.state()
    if (reason !== '') throw new NarthexError('forbidden', `cannot change ${named.path}: ${reason}`)
    const outcome = await this.#turns.take(() => this.#write(named, seenTag, text, sign))
    if (!('saved' in outcome)) return this.#count('conflict', outcome)
    try {
      await this.#deps.show()
    } catch (error) {
      // It is in the repository, and shown as soon as the records answer again.
      this.#deps.log.warn('an edit is not shown yet', { error: messageOf(error) })
    }
    return this.#count('saved', outcome)
  }

  /** What others have changed meanwhile counts only where it is the same file. */
  async #write(
    named: Named,
    seenTag: string,
    text: string | undefined,
    sign: EditSign,
  ): Promise<EditOutcome> {
    const repository = this.#deps.repository()
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const parent = await repository.newest()
      const now = await this.#now(parent, named)
      const isEdited = now?.source === EDITS_SOURCE
      // Said again, because the answer was lost: it is as it was wanted.
      if (text === undefined ? !isEdited : isEdited && now.text === text) {
        return { saved: { ...(await this.#newestVersion(named)), tag: tagOf(now) } }
      }
      if (tagOf(now) !== seenTag) return { conflict: await this.#conflict(named, now) }
      const signature = signatureOf(sign, presetOf(named, text, now))
      const id = await repository.commit(parent, { path: named.path, text, ...signature })
      if (id === undefined) continue
      this.#deps.log.info('content changed', { file: named.path, by: signature.author, commit: id })
      const shown = text === undefined ? this.#baseOf(named) : { text, source: EDITS_SOURCE }
      return { saved: { ...(await this.#newestVersion(named)), tag: tagOf(shown) } }
    }
    throw new NarthexError('busy', `cannot save ${named.path}: others save all the time`)
  }

  async #conflict(named: Named, now: ShelfFile | undefined): Promise<EditConflict> {
    if (now === undefined) return { theirs: undefined }
    const version = await this.#newestVersion(named)
    return { theirs: { ...version, text: now.text, tag: tagOf(now) } }
  }

  async #newestVersion(named: Named): Promise<FileVersion> {
    const [newest] = await this.versions(named.entry, named.file)
    return newest ?? { ...UNNAMED, id: BASE_VERSION }
  }

  /** A file with a commit; what it stands in the place of where there is none. */
  async #now(commit: string, named: Named): Promise<ShelfFile | undefined> {
    const repository = this.#deps.repository()
    const text = await repository.read(commit, named.path, ENTRY_FILE_BYTES_MAX[named.file])
    return text === undefined ? this.#baseOf(named) : { text, source: EDITS_SOURCE }
  }

  #baseOf({ entry, file }: Named): ShelfFile | undefined {
    const laid = this.#deps.files(entry)?.get(file)
    const base = laid?.source === EDITS_SOURCE ? laid.under : laid
    return base === undefined ? undefined : { text: base.text, source: base.source }
  }

  #baseVersion({ source }: ShelfFile): FileVersion {
    const summary =
      source === 'bundled' ? `Comes with ${this.#deps.program}` : `From the source ${source}`
    return { ...UNNAMED, id: BASE_VERSION, source, summary }
  }

  #count(result: string, outcome: EditOutcome): EditOutcome {
    this.#counter.with(result).inc()
    return outcome
  }
}

const UNNAMED = { source: '', timeMs: 0, by: '', summary: '', isRemoval: false }

/** Names that no entry or file may have lead nowhere. */
function nameOf(entry: string, file: string): Named {
  if (isEntryName(entry) && isEntryFile(file)) return { entry, file, path: `${entry}/${file}` }
  const seen = JSON.stringify(`${entry}/${file}`.slice(0, 200))
  throw new NarthexError('not_found', `cannot find ${seen}: no entry has such a file`)
}

/** Other files, such as a README of the repository, are nobody's content. */
function isEntryPath(path: string): boolean {
  const [entry, file, ...more] = path.split('/')
  return more.length === 0 && isEntryName(entry) && isEntryFile(file ?? '')
}

function isEntryFile(file: string): file is EntryFileName {
  return Object.hasOwn(ENTRY_FILE_BYTES_MAX, file)
}

function versionOf(commit: Commit): FileVersion {
  return { ...commit, source: EDITS_SOURCE }
}

/** '' for a file that is not there. */
function tagOf(file: Pick<ShelfFile, 'text'> | undefined): string {
  if (file === undefined) return ''
  return createHash('sha256').update(file.text).digest('base64url').slice(0, 22)
}

function presetOf({ entry, file }: Named, text: string | undefined, now: unknown): string {
  if (text === undefined) return `Take the edit of ${file} of ${entry} back`
  return `${now === undefined ? 'Add' : 'Change'} ${file} of ${entry}`
}
