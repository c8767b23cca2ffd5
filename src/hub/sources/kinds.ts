/** The kinds of sources. */
import { readFolder } from './folder.ts'
import { readGit } from './git.ts'
import type { ReadSource } from './source.ts'

/** Reads a source by its kind. */
export const readSource: ReadSource = (config, knownCommit, signal) => {
  const read = config.type === 'git' ? readGit : readFolder
  return read(config, knownCommit, signal)
}
