/** A local folder: its plain files, some folders deep; links are not followed. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { SourceConfig } from '../../config/source.ts'
import { isContentPath, type SourceFile } from './layout.ts'
import { type Brought, chooseFiles, type FoundFile, type Known, type Watch } from './source.ts'

/** How deep folders are looked into, and most names that are looked at. */
const DEPTH_MAX = 6
const NAMES_MAX = 50_000

/**
 * The files of a folder.
 *
 * @returns undefined when what is known is what is there
 * @throws NarthexError `io` for a folder that cannot be read, `limit` at the bounds
 */
export async function readFolder(
  { path: root }: SourceConfig,
  known: Known,
  { signal, progress }: Watch,
): Promise<Brought | undefined> {
  try {
    const { chosen, faults } = chooseFiles(await listFiles(root, signal))
    const files: SourceFile[] = []
    const hash = createHash('sha256')
    for (const { path, bytes: wanted } of chosen) {
      signal.throwIfAborted()
      const bytes = await readPlain(join(root, path), wanted)
      hash.update(`${path}\0${bytes.length}\0`).update(bytes)
      files.push({ path, bytes })
      progress({ step: 'reading', done: files.length, all: chosen.length })
    }
    const commit = hash.digest('hex').slice(0, 40)
    return commit === known.commit ? undefined : { commit, tag: '', files, faults }
  } catch (error) {
    if (error instanceof NarthexError) throw error
    throw new NarthexError('io', `cannot read folder ${root}: ${messageOf(error)}`, error)
  }
}

async function listFiles(root: string, signal: AbortSignal): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = []
  let names = 0
  const look = async (folder: string, depth: number): Promise<void> => {
    const found = await readdir(join(root, folder), { withFileTypes: true })
    names += found.length
    if (names > NAMES_MAX) {
      throw new NarthexError('limit', `cannot read folder ${root}: more than ${NAMES_MAX} names`)
    }
    for (const each of found) {
      signal.throwIfAborted()
      const path = `${folder}${each.name}`
      if (each.isDirectory() && depth < DEPTH_MAX && !each.name.startsWith('.')) {
        await look(`${path}/`, depth + 1)
      } else if (each.isFile() && isContentPath(path)) {
        files.push({ path, bytes: (await lstat(join(root, path))).size })
      }
    }
  }
  await look('', 0)
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What is opened is no link even if somebody has put one there meanwhile. */
async function readPlain(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = new Uint8Array(bytesMax)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}
