/** Where the database is: a file in a folder, or a PostgreSQL server. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { NarthexError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'

const FILE = 'records.db'

/** Parts of an address that say who asks, and not which database. */
const NOT_THE_PLACE = /^(?:user|\w*password|application_name|ssl\w*)$/i

/** The file in a storage folder. */
export function recordsFile(folder: string): string {
  return join(folder, FILE)
}

/** @throws NarthexError `bad_data` for an address of another kind, without the address */
export function requirePostgresUrl(url: Secret): void {
  if (/^postgres(?:ql)?:\/\/./.test(url.reveal()) && URL.canParse(url.reveal())) return
  throw new NarthexError(
    'bad_data',
    'cannot use --database.url: wanted postgres://user:password@host:port/database',
  )
}

/**
 * A digest that tells databases apart, equal whoever asks and with which password.
 *
 * @param url of PostgreSQL
 * @param environment with what stands in the place of what the address leaves out
 */
export function databaseName(
  url: Secret,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { host, pathname, searchParams } = new URL(url.reveal())
  const params = [...searchParams].filter(([name]) => !NOT_THE_PLACE.test(name))
  const outside = ['PGHOST', 'PGPORT', 'PGDATABASE'].map((name) => environment[name] ?? '')
  const text = JSON.stringify([host, pathname, params, outside])
  return createHash('sha256').update(text).digest('hex')
}
