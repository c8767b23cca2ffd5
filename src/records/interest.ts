/** How much entries are looked at and used, in their tables: sums by day, and who was counted today. */
import { randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { DayCount, EntryLife, EntryViewer, InterestRecords, Uses } from '../model/interest.ts'
import type { Asking } from './faults.ts'
import type { Schema } from './schema.ts'

/** Rows of one statement. */
const ROWS_MAX = 500

/** Most entries of which it is known since when they are there. */
export const LIVES_MAX = 5000

/** Contents of an entry that are known again: hubs of several versions may differ in theirs. */
const DIGESTS_MAX = 8

const SALT_BYTES = 16

/** `InterestRecords` on either database. */
export class StoredInterest implements InterestRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  salt(day: number): Promise<string> {
    return this.#asking(async () => {
      await this.#db
        .insertInto('hub_salts')
        .values({ day, salt: randomBytes(SALT_BYTES).toString('base64url') })
        .onConflict((conflict) => conflict.column('day').doNothing())
        .execute()
      const { salt } = await this.#db
        .selectFrom('hub_salts')
        .select('salt')
        .where('day', '=', day)
        .executeTakeFirstOrThrow()
      return salt
    })
  }

  count({ day, views, installs }: DayCount, viewersMax: number): Promise<number> {
    return this.#changing(async (db) => {
      const { known } = await db
        .selectFrom('hub_viewers')
        .select((each) => each.fn.countAll<number>().as('known'))
        .where('day', '=', day)
        .executeTakeFirstOrThrow()
      const taken = views.slice(0, Math.max(0, viewersMax - known))
      const counts = await addViewers(db, day, taken)
      for (const entry of new Set([...counts.keys(), ...installs.keys()])) {
        const added = { views: counts.get(entry) ?? 0, installs: installs.get(entry) ?? 0 }
        await db
          .insertInto('hub_uses')
          .values({ entry, day, ...added })
          .onConflict((conflict) =>
            conflict.columns(['entry', 'day']).doUpdateSet({
              views: sql<number>`hub_uses.views + ${added.views}`,
              installs: sql<number>`hub_uses.installs + ${added.installs}`,
            }),
          )
          .execute()
      }
      return views.length - taken.length
    })
  }

  uses(fromDay: number, recentDay: number): Promise<Uses> {
    return this.#asking(async () => {
      const sum = (what: 'views' | 'installs', day: number) =>
        sql<number>`coalesce(sum(case when day >= ${day} then ${sql.ref(what)} else 0 end), 0)`
      const rows = await this.#db
        .selectFrom('hub_uses')
        .select((each) => [
          'entry',
          each.fn.min<number>('day').as('firstDay'),
          sum('views', fromDay).as('views'),
          sum('installs', fromDay).as('installs'),
          sum('views', recentDay).as('recentViews'),
          sum('installs', recentDay).as('recentInstalls'),
        ])
        .where('day', '>=', fromDay)
        .groupBy('entry')
        .execute()
      return {
        entries: rows.map(({ firstDay: _, ...use }) => use),
        firstDay: rows.length === 0 ? undefined : Math.min(...rows.map((row) => row.firstDay)),
      }
    })
  }

  note(contents: ReadonlyMap<string, string>, nowMs: number): Promise<void> {
    return this.#changing(async (db) => {
      const rows = await db.selectFrom('hub_lives').selectAll().execute()
      const known = new Map(rows.map((row) => [row.entry, row]))
      const atMs = rows.length === 0 ? 0 : nowMs
      for (const [entry, digest] of contents) {
        const before = known.get(entry)
        const digests: readonly string[] = JSON.parse(before?.digests ?? '[]')
        if (digests.includes(digest)) continue
        const change = {
          changed_ms: atMs,
          digests: JSON.stringify([digest, ...digests].slice(0, DIGESTS_MAX)),
        }
        const row = { entry, added_ms: before?.added_ms ?? atMs, ...change }
        known.set(entry, row)
        await db
          .insertInto('hub_lives')
          .values(row)
          .onConflict((conflict) => conflict.column('entry').doUpdateSet(change))
          .execute()
      }
      const newest = [...known.values()].toSorted((a, b) => b.changed_ms - a.changed_ms)
      const tooMany = newest.slice(LIVES_MAX).map(({ entry }) => entry)
      if (tooMany.length > 0) {
        await db.deleteFrom('hub_lives').where('entry', 'in', tooMany).execute()
      }
    })
  }

  lives(): Promise<readonly EntryLife[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('hub_lives')
        .select(['entry', 'added_ms', 'changed_ms'])
        .execute()
      return rows.map((row) => ({
        entry: row.entry,
        addedMs: row.added_ms,
        changedMs: row.changed_ms,
      }))
    })
  }

  sweep(viewersFromDay: number, usesFromDay: number): Promise<void> {
    return this.#changing(async (db) => {
      await db.deleteFrom('hub_viewers').where('day', '<', viewersFromDay).execute()
      await db.deleteFrom('hub_salts').where('day', '<', viewersFromDay).execute()
      await db.deleteFrom('hub_uses').where('day', '<', usesFromDay).execute()
    })
  }

  /** The row of the state is the lock: hubs that count do not wait for each other crosswise. */
  #changing<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() =>
      this.#db.transaction().execute(async (db) => {
        await db
          .updateTable('hub_state')
          .set((each) => ({ revision: each.ref('revision') }))
          .execute()
        return await run(db)
      }),
    )
  }
}

/** @returns how many viewers each entry has that it had not yet */
async function addViewers(
  db: Transaction<Schema>,
  day: number,
  views: readonly EntryViewer[],
): Promise<ReadonlyMap<string, number>> {
  const entryOf = new Map(views.map(({ entry, viewer }) => [viewer, entry]))
  const rows = [...entryOf.keys()].map((viewer) => ({ day, viewer }))
  const counts = new Map<string, number>()
  for (let at = 0; at < rows.length; at += ROWS_MAX) {
    const added = await db
      .insertInto('hub_viewers')
      .values(rows.slice(at, at + ROWS_MAX))
      .onConflict((conflict) => conflict.columns(['day', 'viewer']).doNothing())
      .returning('viewer')
      .execute()
    for (const { viewer } of added) {
      const entry = entryOf.get(viewer) ?? ''
      counts.set(entry, (counts.get(entry) ?? 0) + 1)
    }
  }
  return counts
}
