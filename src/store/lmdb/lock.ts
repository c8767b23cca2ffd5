/** The exclusive lock of a data folder: one process at a time, freed by the kernel when it dies. */

export interface FolderLock {
  release(): void
}

/**
 * Takes the lock of a data folder (file `lock`, with the owner's pid in `lock.pid`).
 *
 * @throws NarthexError `busy` naming the process that has it; `io` when the folder is not writable
 */
export declare function lockFolder(dir: string): FolderLock
