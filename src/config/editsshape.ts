/** `narthex.hub.edits`: the repository that content goes to which people change on the pages. */
import { filePath, text } from './scalars.ts'
import { mapOf, type Shape } from './shape.ts'
import { checkPlace, takesToken } from './source.ts'

/** A repository that hubs share. */
export interface EditsConfig {
  /** '' for one of this hub's own, in its storage folder. */
  readonly url: string
  readonly branch: string
  /** Absolute path, or ''. */
  readonly tokenFile: string
}

interface RawEdits {
  readonly url: string
  readonly branch: string
  readonly token_file: string
}

export const editsShape: Shape<EditsConfig> = mapOf<RawEdits, EditsConfig>(
  'narthex.plain',
  { url: text, branch: text, token_file: filePath },
  ({ url, branch, token_file }) => ({ url, branch: branch || 'main', tokenFile: token_file }),
  ({ url, branch, token_file }, place) => {
    const fault = (key: string, message: string): void => place.report.error(place.at(key), message)
    if (url === '') {
      if (branch !== '' || token_file !== '') fault('branch', 'edits have no url')
      return
    }
    checkPlace({ type: 'git', url, repository: '', branch, path: '' }, false, fault)
    if (token_file !== '' && !takesToken({ type: 'git', url })) {
      fault('token_file', 'token_file is only for https:// and http://')
    }
  },
)
