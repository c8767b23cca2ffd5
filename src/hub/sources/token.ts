/** The token of a source, from its file or as people gave it. */
import { readFile } from 'node:fs/promises'
import { messageOf, NarthexError } from '../../base/error.ts'
import { isToken, type SourceConfig } from '../../config/source.ts'

/**
 * Read anew for each refresh.
 *
 * @returns '' where there is none
 * @throws NarthexError `io`, `bad_data`
 */
export async function readToken({
  token,
  tokenFile,
}: Pick<SourceConfig, 'token' | 'tokenFile'>): Promise<string> {
  if (token !== undefined) return token.reveal()
  if (tokenFile === '') return ''
  let text: string
  try {
    text = (await readFile(tokenFile, 'utf8')).trim()
  } catch (error) {
    throw new NarthexError('io', `cannot read the token of the source: ${messageOf(error)}`, error)
  }
  if (isToken(text)) return text
  throw new NarthexError('bad_data', `cannot use the token in ${tokenFile}: wanted one word`)
}
