/** Headers that carry credentials and extras, with what is in files read anew for each request. */
import { readFile } from 'node:fs/promises'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Secret } from '../../base/secret.ts'
import type { HttpClientConfig } from '../../config/http.ts'

/** A header line without its end. */
export type HeaderLine = readonly [name: string, value: string]

/** Whether the headers are the same for every request. */
export function hasFixedHeaders(config: HttpClientConfig): boolean {
  const { basicAuth, authorization, oauth2, headers } = config
  if (oauth2 !== undefined) return false
  if (basicAuth !== undefined && basicAuth.usernameFile + basicAuth.passwordFile !== '')
    return false
  if (authorization !== undefined && authorization.credentialsFile !== '') return false
  return headers.every((header) => header.files.length === 0)
}

/**
 * The headers that a configuration adds to a request.
 *
 * @param token bearer token of OAuth 2; '' for none
 * @throws NarthexError `io` when a file cannot be read
 */
export async function credentialHeaders(
  config: HttpClientConfig,
  token: string,
): Promise<HeaderLine[]> {
  const lines: HeaderLine[] = []
  const { basicAuth, authorization } = config
  if (basicAuth !== undefined) {
    const user =
      basicAuth.usernameFile === '' ? basicAuth.username : await readSecret(basicAuth.usernameFile)
    const password = await secretOf(basicAuth.password, basicAuth.passwordFile)
    const pair = Buffer.from(`${user}:${password}`, 'utf8').toString('base64')
    lines.push(['Authorization', `Basic ${pair}`])
  } else if (authorization !== undefined) {
    const secret = await secretOf(authorization.credentials, authorization.credentialsFile)
    lines.push(['Authorization', `${authorization.type} ${secret}`])
  } else if (token !== '') lines.push(['Authorization', `Bearer ${token}`])
  for (const header of config.headers) {
    for (const value of header.values) lines.push([header.name, value])
    for (const secret of header.secrets) lines.push([header.name, secret.reveal()])
    for (const file of header.files) lines.push([header.name, await readSecret(file)])
  }
  return lines
}

/** A secret as it stands in the configuration or in a file. */
export async function secretOf(secret: Secret | undefined, file: string): Promise<string> {
  return file === '' ? (secret?.reveal() ?? '') : readSecret(file)
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new NarthexError('io', `cannot read credentials ${file}: ${messageOf(error)}`, error)
  }
}
