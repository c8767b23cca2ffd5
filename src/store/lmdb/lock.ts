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
  let database: DatabaseSync | undefined
  try {
    fs.accessSync(dir, fs.constants.W_OK)
    database = new DatabaseSync(join(dir, LOCK_NAME), { timeout: 0 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (isLocked(error)) {
      throw new NarthexError('busy', `cannot open data folder ${dir}: ${ownerOf(ownerPath)} has it`)
    }
    throw new NarthexError('io', `cannot lock data folder ${dir}: ${messageOf(error)}`, error)
  }
  writeOwner(ownerPath)
  const handle = database
  held.add(handle)
  return {
    release() {
      fs.rmSync(ownerPath, { force: true })
      handle.close()
      held.delete(handle)
    },
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
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
