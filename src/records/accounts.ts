/** Users, tokens and sessions in their tables. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type {
  AccountRecords,
  AccountRules,
  StoredAccounts,
  StoredSession,
  StoredToken,
  StoredUser,
  Use,
} from '../model/accountrecords.ts'
import { rowOfSession, rowOfToken, rowOfUser, sessionOf, tokenOf, userOf } from './accountrows.ts'
import type { Asking } from './faults.ts'
import type { Schema } from './schema.ts'

/** `AccountRecords` on either database. */
export class StoredAccountRecords implements AccountRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  revision(): Promise<number> {
    return this.#asking(() => readRevision(this.#db))
  }

  all(): Promise<StoredAccounts> {
    return this.#asking(() =>
      this.#db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (db) => ({
          revision: await readRevision(db),
          users: (await db.selectFrom('hub_users').selectAll().orderBy('name').execute()).map(
            userOf,
          ),
          tokens: (await db.selectFrom('hub_tokens').selectAll().orderBy('name').execute()).map(
            tokenOf,
          ),
          sessions: (
            await db.selectFrom('hub_sessions').selectAll().orderBy('opened_ms').execute()
          ).map(sessionOf),
        })),
    )
  }

  putUser(
    user: Omit<StoredUser, 'hash'>,
    hash: string | undefined,
    rules: AccountRules,
  ): Promise<void> {
    const { name } = user
    return this.#changing(async (db) => {
      const before = await db
        .selectFrom('hub_users')
        .select(['hash', 'created_ms'])
        .where('name', '=', name)
        .executeTakeFirst()
      const kept = hash ?? before?.hash
      if (kept === undefined) {
        throw new NarthexError('bad_data', `cannot add user ${name}: a password is missing`)
      }
      if (before === undefined) await refuseTaken(db, 'hub_tokens', name)
      const row = { ...rowOfUser({ ...user, hash: kept }) }
      if (before !== undefined) row.created_ms = before.created_ms
      const { name: _, ...rest } = row
      await db
        .insertInto('hub_users')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
        .execute()
      await requireRules(db, rules)
    })
  }

  removeUser(name: string, rules: AccountRules): Promise<boolean> {
    return this.#changing(async (db) => {
      const isGone = await removeFrom(db, 'hub_users', 'name', name)
      await removeFrom(db, 'hub_sessions', 'user_name', name)
      await requireRules(db, rules)
      return isGone
    })
  }

  addToken(token: StoredToken, rules: AccountRules): Promise<void> {
    return this.#changing(async (db) => {
      await refuseTaken(db, 'hub_users', token.name)
      await refuseTaken(db, 'hub_tokens', token.name)
      await db.insertInto('hub_tokens').values(rowOfToken(token)).execute()
      await requireRules(db, rules)
    })
  }

  removeToken(name: string): Promise<boolean> {
    return this.#changing((db) => removeFrom(db, 'hub_tokens', 'name', name))
  }

  addSession(session: StoredSession, sessionsMax: number, ofUserMax: number): Promise<void> {
    return this.#changing(async (db) => {
      await db.insertInto('hub_sessions').values(rowOfSession(session)).execute()
      await keepNewest(db, ofUserMax, session.user)
      await keepNewest(db, sessionsMax, undefined)
    })
  }

  removeSession(id: string): Promise<boolean> {
    return this.#changing((db) => removeFrom(db, 'hub_sessions', 'id', id))
  }

  saveUses(uses: readonly Use[]): Promise<void> {
    return this.#asking(() =>
      this.#db.transaction().execute(async (db) => {
        // Always in the same order, so that two hubs do not wait for each other.
        for (const use of uses.toSorted((a, b) => (a.key < b.key ? -1 : 1))) await saveUse(db, use)
      }),
    )
  }

  sweep(nowMs: number, unusedMs: number): Promise<void> {
    return this.#asking(async () => {
      await this.#db
        .deleteFrom('hub_sessions')
        .where((each) => each.or([each('expires_ms', '<', nowMs), each('used_ms', '<', unusedMs)]))
        .execute()
      await this.#db
        .deleteFrom('hub_tokens')
        .where('expires_ms', '>', 0)
        .where('expires_ms', '<', nowMs)
        .execute()
    })
  }

  /** The row of the counter is the lock: rules are checked against what is there at the end. */
  #changing<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() =>
      this.#db.transaction().execute(async (db) => {
        await db
          .updateTable('hub_counters')
          .set((each) => ({ value: each('value', '+', 1) }))
          .where('name', '=', 'accounts')
          .execute()
        return await run(db)
      }),
    )
  }
}

async function readRevision(db: Kysely<Schema>): Promise<number> {
  const { value } = await db
    .selectFrom('hub_counters')
    .select('value')
    .where('name', '=', 'accounts')
    .executeTakeFirstOrThrow()
  return value
}

/** @throws NarthexError `limit` for a full table, `conflict` when nobody could change accounts */
async function requireRules(db: Transaction<Schema>, rules: AccountRules): Promise<void> {
  const { usersMax, tokensMax, needsAdmin } = rules
  const roles = await db.selectFrom('hub_users').select('role').execute()
  const { tokens } = await db
    .selectFrom('hub_tokens')
    .select((each) => each.fn.countAll<number>().as('tokens'))
    .executeTakeFirstOrThrow()
  if (roles.length > usersMax) {
    throw new NarthexError('limit', `cannot add user: at most ${usersMax} users (--hub.users)`)
  }
  if (tokens > tokensMax) {
    throw new NarthexError('limit', `cannot add token: at most ${tokensMax} tokens (--hub.tokens)`)
  }
  const isEmpty = roles.length === 0 && Number(tokens) === 0
  if (!needsAdmin || isEmpty || roles.some(({ role }) => role === 'admin')) return
  throw new NarthexError(
    'conflict',
    'cannot change accounts: no user would have the role admin, wanted one who has it',
  )
}

async function refuseTaken(
  db: Transaction<Schema>,
  table: 'hub_users' | 'hub_tokens',
  name: string,
): Promise<void> {
  const taken = await db
    .selectFrom(table)
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst()
  if (taken === undefined) return
  const owner = table === 'hub_users' ? 'user' : 'token'
  throw new NarthexError('conflict', `cannot add ${name}: there is a ${owner} of that name already`)
}

async function removeFrom(
  db: Transaction<Schema>,
  table: 'hub_users' | 'hub_tokens' | 'hub_sessions',
  column: 'name' | 'id' | 'user_name',
  value: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom(table)
    .where(sql.ref(column), '=', value)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

/** Forgets the longest unused sessions beyond a bound. @param user of all users when undefined */
async function keepNewest(
  db: Transaction<Schema>,
  sessionsMax: number,
  user: string | undefined,
): Promise<void> {
  let all = db.selectFrom('hub_sessions').select('id')
  if (user !== undefined) all = all.where('user_name', '=', user)
  const kept = await all.orderBy('used_ms', 'desc').orderBy('id').execute()
  const gone = kept.slice(sessionsMax).map(({ id }) => id)
  if (gone.length > 0) await db.deleteFrom('hub_sessions').where('id', 'in', gone).execute()
}

async function saveUse(
  db: Transaction<Schema>,
  { kind, key, usedMs, usedFrom }: Use,
): Promise<void> {
  if (kind === 'token') {
    await db
      .updateTable('hub_tokens')
      .set({ used_ms: usedMs, used_from: usedFrom })
      .where('name', '=', key)
      .where('used_ms', '<', usedMs)
      .execute()
    return
  }
  await db
    .updateTable('hub_sessions')
    .set({ used_ms: usedMs })
    .where('id', '=', key)
    .where('used_ms', '<', usedMs)
    .execute()
}
