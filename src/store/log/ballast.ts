/** A file that holds room on the disk, so that a full one can still be repaired. */
import { join } from 'node:path'
import type { FileSystem } from './files.ts'

/** Room kept by default. */
export const BALLAST_BYTES: number = 16 * 1024 * 1024

const NAME = 'ballast'

/** The room of one data folder. */
export interface Ballast {
  /** Whether the file is there in full size. */
  readonly held: boolean
  /** Gives the room back to the disk; false when there was none. */
  release(): boolean
  /** Takes the room again; false when the disk has too little. */
  restore(): boolean
}

/** Finds or makes the ballast of a folder; a disk too full for it is no error. */
export function openBallast(files: FileSystem, dir: string, sizeBytes: number): Ballast {
  const path = join(dir, NAME)
  let held = false

  function release(): boolean {
    if (!files.list(dir).includes(NAME)) return false
    files.remove(path)
    held = false
    return true
  }

  function restore(): boolean {
    if (held) return true
    try {
      if (!files.list(dir).includes(NAME) || files.size(path) !== sizeBytes) {
        // Not zeros: a file system that stores those as a hole would give no room back.
        files.write(path, new Uint8Array(sizeBytes).fill(0x6e))
      }
      held = true
    } catch {
      // A half-written ballast takes the last room without being of use: out with it.
      release()
    }
    return held
  }

  restore()
  return {
    get held() {
      return held
    },
    release,
    restore,
  }
}
