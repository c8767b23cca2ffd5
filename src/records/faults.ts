/** Errors of the databases, told apart: those that pass, and mistakes of ours. */
import { messageOf, NarthexError } from '../base/error.ts'

/** SQLite: busy, locked, read-only, input and output, damaged, full, not to be opened, no database. */
const SQLITE_CODES: ReadonlySet<number> = new Set([5, 6, 8, 10, 11, 13, 14, 26])

/** Classes of SQLSTATE: connection, roll-back, resources, operator, system; logins; read-only. */
const POSTGRES_CODES = /^(?:08|28|40|53|57|58|25006|3D000|55P03)/

/** The names of errors of sockets and of the resolver. */
const SOCKET_CODES = /^E[A-Z]+$/

/** Messages of `pg` that come without a code. */
const CONNECTION_MESSAGES = /timeout|connection|terminated|not queryable|SSL|password must be/i

/** Runs a question and says `busy` where the database is away. */
export type Asking = <T>(run: () => Promise<T>) => Promise<T>

/** Runs a question; what it throws is `busy` where the database is to blame. */
export async function asking<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof NarthexError || !isAway(error)) throw error
    throw new NarthexError('busy', `cannot reach the database: ${reasonOf(error)}`, error)
  }
}

/** Whether the database, and not what it was asked, is the reason. */
function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway)
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown } & Error
  if (typeof errcode === 'number') return SQLITE_CODES.has(errcode & 0xff)
  if (typeof code !== 'string') return CONNECTION_MESSAGES.test(message)
  return POSTGRES_CODES.test(code) || SOCKET_CODES.test(code)
}

/** An attempt at several addresses has a reason for each, and none of its own. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof AggregateError ? error.errors[0] : error)
}
