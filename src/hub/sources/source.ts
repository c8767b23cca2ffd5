/** What a source brings, and within which bounds. */
import { NarthexError } from '../../base/error.ts'
import type { SourceConfig } from '../../config/hubshape.ts'
import type { SourceFile } from './layout.ts'

/** Most files of one source, and most bytes of them all. */
export const SOURCE_FILES_MAX = 5000
export const SOURCE_BYTES_MAX = 67_108_864

/** The files of a source at one moment. */
export interface Brought {
  readonly commit: string
  readonly files: readonly SourceFile[]
}

/** Reads a source; undefined when nothing is newer than the known commit. */
export type ReadSource = (
  config: SourceConfig,
  knownCommit: string,
  signal: AbortSignal,
) => Promise<Brought | undefined>

/** Where a source is, for people. */
export function originOf({ type, url, branch, path }: SourceConfig): string {
  if (type === 'folder') return path
  return `${url}${branch === '' ? '' : `#${branch}`}${path === '' ? '' : ` ${path}`}`
}

/** @throws NarthexError `limit` */
export function requireRoom(files: readonly { readonly bytes: number }[]): void {
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0)
  if (files.length <= SOURCE_FILES_MAX && bytes <= SOURCE_BYTES_MAX) return
  const wanted = `at most ${SOURCE_FILES_MAX} of ${SOURCE_BYTES_MAX} bytes`
  throw new NarthexError(
    'limit',
    `cannot take the source: ${files.length} files of ${bytes} bytes, ${wanted}`,
  )
}
