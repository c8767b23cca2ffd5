/** The files of one entry: those that an entry may have, each within its bound, none outside of the folder. */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import { nearestName } from '../../config/nearest.ts'
import { formatProblem } from '../../config/report.ts'

/** What an entry may have, with the most bytes of each. */
export const ENTRY_FILE_BYTES_MAX = {
  'entry.yaml': 65_536,
  'README.md': 262_144,
  'helm.yaml': 262_144,
  'alerts.yaml': 524_288,
  'alerts_test.yaml': 1_048_576,
  'dashboard.json': 2_097_152,
  'sample.prom': 4_194_304,
} as const

export type EntryFileName = keyof typeof ENTRY_FILE_BYTES_MAX

/** Most files that a folder is looked through for. */
export const FOLDER_FILES_MAX = 1000

/** The texts of an entry, and what could not be taken. */
export interface EntryTexts {
  readonly texts: ReadonlyMap<EntryFileName, string>
  readonly faults: readonly string[]
}

const NAMES = Object.keys(ENTRY_FILE_BYTES_MAX) as readonly EntryFileName[]

/**
 * Reads the files of the entry `name` below `root`.
 *
 * @param root the folder of all entries, without symbolic links in its path
 * @throws NarthexError `io` when the folder cannot be read or leads out of `root`
 */
export async function readEntryFolder(root: string, name: string): Promise<EntryTexts> {
  const folder = join(root, name)
  const texts = new Map<EntryFileName, string>()
  const faults: string[] = []
  const fault = (file: string, message: string): void => {
    faults.push(formatProblem({ file: `${name}/${file}`, line: 1, column: 1, message }))
  }
  const found = await listFolder(root, folder)
  for (const file of found) {
    if (!isEntryFile(file)) {
      const near = nearestName(file, NAMES)
      const hint = near === undefined ? `one of ${NAMES.join(', ')}` : `${near}?`
      fault(file, `cannot use ${file}: an entry has no such file, wanted ${hint}`)
      continue
    }
    try {
      texts.set(file, await readText(root, join(folder, file), ENTRY_FILE_BYTES_MAX[file]))
    } catch (error) {
      fault(file, messageOf(error))
    }
  }
  return { texts, faults }
}

function isEntryFile(name: string): name is EntryFileName {
  return Object.hasOwn(ENTRY_FILE_BYTES_MAX, name)
}

async function listFolder(root: string, folder: string): Promise<readonly string[]> {
  let names: string[]
  try {
    await requireInside(root, folder)
    names = await readdir(folder)
  } catch (error) {
    if (error instanceof NarthexError) throw error
    throw new NarthexError('io', `cannot read ${folder}: ${messageOf(error)}`, error)
  }
  if (names.length > FOLDER_FILES_MAX) {
    const message = `${names.length} files, at most ${FOLDER_FILES_MAX} are taken`
    throw new NarthexError('io', `cannot read ${folder}: ${message}`)
  }
  return names.sort()
}

/** @throws NarthexError `io` for a path that a symbolic link leads out of `root` */
async function requireInside(root: string, path: string): Promise<string> {
  const real = await realpath(path)
  if (real.startsWith(root + sep)) return real
  throw new NarthexError('io', `cannot read ${path}: it leads out of the folder of the catalogue`)
}

/** @throws NarthexError or the file system's error */
async function readText(root: string, path: string, bytesMax: number): Promise<string> {
  const real = await requireInside(root, path)
  if (!(await lstat(real)).isFile()) throw refused('no file', 'wanted a plain one')
  // What is opened is no link even if somebody has put one there meanwhile.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return decode(await readBounded(file, bytesMax))
  } finally {
    await file.close()
  }
}

async function readBounded(file: FileHandle, bytesMax: number): Promise<Uint8Array> {
  const { size } = await file.stat()
  if (size > bytesMax) throw refused(`${size} bytes`, `at most ${bytesMax} are taken`)
  // One more than there should be, so that a file that grows meanwhile is noticed.
  const bytes = new Uint8Array(size + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length)
    if (bytesRead === 0) return bytes.subarray(0, length)
    length += bytesRead
  }
  throw refused('it grows while it is read', 'wanted a file at rest')
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw refused('bytes that are no text', 'wanted UTF-8')
  }
}

function refused(seen: string, wanted: string): NarthexError {
  return new NarthexError('bad_data', `cannot read file: ${seen}, ${wanted}`)
}
