/** What a source brings, and within which bounds. */
import { NarthexError } from '../../base/error.ts'
import type { SourceConfig } from '../../config/source.ts'
import type { SourceProgress } from '../../model/sources.ts'
import { ENTRY_FILE_BYTES_MAX } from '../catalogue/folder.ts'
import { isContentPath, type SourceFile } from './layout.ts'

/** Most files of one source, and most bytes of them all. */
export const SOURCE_FILES_MAX = 5000
export const SOURCE_BYTES_MAX = 67_108_864
/** Largest file that any entry takes; larger ones are not even read. */
export const FILE_BYTES_MAX: number = Math.max(...Object.values(ENTRY_FILE_BYTES_MAX))

/** The files of a source at one moment. */
export interface Brought {
  readonly commit: string
  /** What the next question may name instead of asking for all of it; '' where there is none. */
  readonly tag: string
  readonly files: readonly SourceFile[]
  /** Files that were not even read. */
  readonly faults: readonly string[]
}

/** What is known of a source already. */
export interface Known {
  readonly commit: string
  readonly tag: string
  /** Its files, as far as they were of use. */
  texts(): Iterable<string>
}

export const NOTHING_KNOWN: Known = { commit: '', tag: '', texts: () => [] }

/** Who waits for a source. */
export interface Watch {
  readonly signal: AbortSignal
  progress(progress: SourceProgress): void
}

/** Reads a source; undefined when nothing is newer than what is known. */
export type ReadSource = (
  config: SourceConfig,
  known: Known,
  watch: Watch,
) => Promise<Brought | undefined>

/** A source that says itself when it wants to be asked again. */
export class Postponed extends NarthexError {
  readonly untilMs: number

  constructor(message: string, untilMs: number) {
    super('share', `${message}, waits until ${new Date(untilMs).toISOString()}`)
    this.untilMs = untilMs
  }
}

/** Where a source is, for people. */
export function originOf({ type, url, repository, branch, path }: SourceConfig): string {
  if (type === 'folder') return path
  const place =
    type === 'git' ? url : `${url === '' ? 'https://github.com/' : `${url} `}${repository}`
  return `${place}${branch === '' ? '' : `#${branch}`}${path === '' ? '' : ` ${path}`}`
}

/** A file that a source has, before it is read. */
export interface FoundFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Those that may be content.
 *
 * @throws NarthexError `limit` for more than a source may have
 */
export function chooseFiles<F extends FoundFile>(
  found: Iterable<F>,
): { readonly chosen: readonly F[]; readonly faults: readonly string[] } {
  const chosen: F[] = []
  const faults: string[] = []
  for (const file of found) {
    if (!isContentPath(file.path)) continue
    if (file.bytes <= FILE_BYTES_MAX) chosen.push(file)
    else
      faults.push(
        `cannot use ${file.path}: ${file.bytes} bytes, at most ${FILE_BYTES_MAX} are read`,
      )
  }
  const bytes = chosen.reduce((sum, each) => sum + each.bytes, 0)
  if (chosen.length <= SOURCE_FILES_MAX && bytes <= SOURCE_BYTES_MAX) return { chosen, faults }
  const wanted = `at most ${SOURCE_FILES_MAX} of ${SOURCE_BYTES_MAX} bytes`
  throw new NarthexError(
    'limit',
    `cannot take the source: ${chosen.length} files of ${bytes} bytes, ${wanted}`,
  )
}
