/** Brings a database to the newest version of the schema: forwards only, all steps or none. */
import { type Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type { Schema } from './schema.ts'

/** One step, inside the transaction of all. */
export type Migration = (db: Transaction<Schema>) => Promise<void>

/** Any number; what holds it makes other programs of ours wait. */
const LOCK = 6_277_101

/**
 * @param steps the n-th makes version n
 * @returns the version that the database had
 * @throws NarthexError `bad_data` for a database of a newer program
 */
export async function migrate(
  db: Kysely<Schema>,
  steps: readonly Migration[],
  nowMs: number,
): Promise<number> {
  return await db.transaction().execute(async (transaction) => {
    if (transaction.getExecutor().adapter instanceof PostgresAdapter) {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction)
    }
    await transaction.schema
      .createTable('narthex_schema')
      .ifNotExists()
      .addColumn('version', 'integer', (column) => column.primaryKey())
      .addColumn('applied_ms', 'bigint', (column) => column.notNull())
      .execute()
    const { version } = await transaction
      .selectFrom('narthex_schema')
      .select((each) => each.fn.coalesce(each.fn.max('version'), sql<number>`0`).as('version'))
      .executeTakeFirstOrThrow()
    if (version > steps.length) {
      throw new NarthexError(
        'bad_data',
        `cannot open the database: its schema is version ${version}, this program knows ${steps.length}`,
      )
    }
    for (const [index, step] of steps.entries()) {
      if (index < version) continue
      await step(transaction)
      await transaction
        .insertInto('narthex_schema')
        .values({ version: index + 1, applied_ms: nowMs })
        .execute()
    }
    return version
  })
}
