/** Files that are there whole or not at all, also after a power cut. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a file is called while it is written; nobody reads such names. */
const UNFINISHED_SUFFIX = '.new'

/**
 * Writes beside the file and then puts that in its place.
 *
 * @throws the file system's error; the file is then what it was
 */
export function writeWholeFile(path: string, text: string): void {
  const unfinished = path + UNFINISHED_SUFFIX
  rmSync(unfinished, { force: true }) // of a process that was killed; a link goes, not what it names
  const descriptor = openSync(unfinished, 'wx', 0o640)
  try {
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(unfinished, path)
  syncFolder(dirname(path))
}

/** Makes what was renamed or removed in a folder last. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
