/** The exclusive lock of a data folder: one process at a time, freed by the kernel when it dies. */
import fs from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, NarthexError } from '../../base/error.ts'

export interface FolderLock {
  release(): void
}

const LOCK_NAME = 'lock'
const OWNER_NAME = 'lock.pid'
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** Locks of this process: a handle that is garbage-collected would give its lock back. */
const held = new Set<DatabaseSync>()

/**
 * Takes the lock of a data folder (file `lock`, with the owner's pid in `lock.pid`).
 *
 * LMDB lets any process write, and Node has no flock. SQLite has one: an exclusive transaction on an
 * empty database is a kernel lock on its file. So nothing is left behind by a process that died, no
 * pid is ever judged dead or alive, and containers that share a folder exclude each other, too.
 *
 * @throws NarthexError `busy` naming the process that has it; `io` when the folder is not writable
 */
export function lockFolder(dir: string): FolderLock {
  const ownerPath = join(dir, OWNER_NAME)
  let handle: DatabaseSync
  try {
    fs.accessSync(dir, fs.constants.W_OK)
    handle = openLocked(join(dir, LOCK_NAME))
  } catch (error) {
    if (errorCodeOf(error) === SQLITE_BUSY) {
      throw new NarthexError('busy', `cannot open data folder ${dir}: ${ownerOf(ownerPath)} has it`)
    }
    throw new NarthexError('io', `cannot lock data folder ${dir}: ${messageOf(error)}`, error)
  }
  writeOwner(ownerPath)
  held.add(handle)
  return {
    release() {
      fs.rmSync(ownerPath, { force: true })
      handle.close()
      held.delete(handle)
    },
  }
}

/**
 * Opens the lock and takes it. A file with bytes that are no database is emptied: SQLite looks at
 * them only once it has a shared lock, so no other process has the folder then.
 */
function openLocked(path: string): DatabaseSync {
  try {
    return takeLock(path)
  } catch (error) {
    const code = errorCodeOf(error)
    if (code !== SQLITE_NOTADB && code !== SQLITE_CORRUPT) throw error
    fs.truncateSync(path, 0)
    return takeLock(path)
  }
}

function takeLock(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function errorCodeOf(error: unknown): unknown {
  return error instanceof Error && 'errcode' in error ? error.errcode : undefined
}

/** For messages only: the lock itself is the kernel's. */
function writeOwner(path: string): void {
  try {
    fs.writeFileSync(path, `${process.pid}\n`)
  } catch {
    // A full disk must not keep the folder from opening; the next process then cannot name us.
    fs.rmSync(path, { force: true })
  }
}

function ownerOf(path: string): string {
  try {
    const pid = fs.readFileSync(path, 'utf8').trim()
    return pid === '' ? 'another process' : `process ${pid}`
  } catch {
    return 'another process'
  }
}
