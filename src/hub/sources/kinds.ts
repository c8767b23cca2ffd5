/** The kinds of sources. */
import { readFolder } from './folder.ts'
import { readGit } from './git.ts'
import { type GitHubDeps, openReadGitHub } from './github.ts'
import type { ReadSource } from './source.ts'

/** Makes the function that reads a source by its kind. */
export function openReadSource(deps: GitHubDeps): ReadSource {
  const read = { folder: readFolder, git: readGit, github: openReadGitHub(deps) }
  return (config, known, watch) => read[config.type](config, known, watch)
}
