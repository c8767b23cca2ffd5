/** The number of the registry that rises with each change. */
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

export async function readRevision(db: Kysely<Schema>): Promise<number> {
  const { revision } = await db.selectFrom('sd_state').select('revision').executeTakeFirstOrThrow()
  return revision
}

/** Its row is the lock: who changes the registry waits here for who does so already. */
export async function nextRevision(db: Transaction<Schema>): Promise<number> {
  const { revision } = await db
    .updateTable('sd_state')
    .set((each) => ({ revision: each('revision', '+', 1) }))
    .returning('revision')
    .executeTakeFirstOrThrow()
  return revision
}
