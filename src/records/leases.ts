/** Leases in their table, and the log of their coming and going. */
import type { Kysely, Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type { Lease, LeaseAction, LeaseEvent } from '../model/registry.ts'
import type { RegistryBounds } from '../model/registryrecords.ts'
import { nextRevision } from './revision.ts'
import type { LeaseLogTable, LeasesTable, Schema } from './schema.ts'

/** Comings and goings that are kept; the oldest go first. */
export const LEASE_EVENTS_MAX = 20_000

/** When and by whom something became of a lease. */
interface Moment {
  readonly revision: number
  readonly atMs: number
  readonly by: string
}

/** Leases that have not run out, by key. */
export async function readLeases(db: Kysely<Schema>, nowMs: number): Promise<Lease[]> {
  const rows = await db
    .selectFrom('sd_leases')
    .selectAll()
    .where('expires_ms', '>', nowMs)
    .orderBy('key')
    .execute()
  return rows.map(leaseOf)
}

/** A heartbeat: only the time of the lease changes. @returns whether there is that very lease */
export async function renewLease(
  db: Kysely<Schema>,
  lease: Lease,
  nowMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sd_leases')
    .set({ ttl_ms: lease.ttlMs, expires_ms: lease.expiresMs, changed_by: lease.changedBy })
    .where('key', '=', lease.key)
    .where('group_name', '=', lease.group)
    .where('target', '=', lease.target)
    .where('labels', '=', lease.labels)
    .where('expires_ms', '>', nowMs)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** A lease that is new, or that is another target's now. @throws NarthexError `limit` */
export async function holdLease(
  db: Transaction<Schema>,
  lease: Lease,
  nowMs: number,
  { leasesMax }: RegistryBounds,
): Promise<void> {
  const revision = await nextRevision(db)
  await expireLeases(db, nowMs, revision)
  const row = rowOf(lease)
  const { key, ...content } = row
  const before = await db
    .selectFrom('sd_leases')
    .select('key')
    .where('key', '=', key)
    .executeTakeFirst()
  await db
    .insertInto('sd_leases')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(content))
    .execute()
  const { count } = await db
    .selectFrom('sd_leases')
    .select((each) => each.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count > leasesMax) {
    throw new NarthexError(
      'limit',
      `cannot hold lease: there are ${leasesMax}, which is the bound (--hub.leases)`,
    )
  }
  const moment = { revision, atMs: nowMs, by: lease.changedBy }
  await note(db, [eventRow(row, before === undefined ? 'hold' : 'change', moment)])
}

/** @returns whether there was one */
export async function releaseLease(
  db: Transaction<Schema>,
  key: string,
  atMs: number,
  by: string,
): Promise<boolean> {
  const revision = await nextRevision(db)
  const gone = await db.deleteFrom('sd_leases').where('key', '=', key).returningAll().execute()
  await note(
    db,
    gone.map((row) => eventRow(row, 'release', { revision, atMs, by })),
  )
  return gone.length > 0
}

/** Takes leases away that ran out, and notes when that was. @returns their keys */
export async function sweepLeases(db: Transaction<Schema>, nowMs: number): Promise<string[]> {
  const first = await db
    .selectFrom('sd_leases')
    .select('key')
    .where('expires_ms', '<=', nowMs)
    .limit(1)
    .executeTakeFirst()
  return first === undefined ? [] : await expireLeases(db, nowMs, await nextRevision(db))
}

async function expireLeases(
  db: Transaction<Schema>,
  nowMs: number,
  revision: number,
): Promise<string[]> {
  const gone = await db
    .deleteFrom('sd_leases')
    .where('expires_ms', '<=', nowMs)
    .returningAll()
    .execute()
  await note(
    db,
    gone.map((row) => {
      const moment = { revision, atMs: row.expires_ms, by: row.changed_by }
      return eventRow(row, 'expire', moment)
    }),
  )
  return gone.map(({ key }) => key)
}

/** Rows of one statement; each has eight values. */
const ROWS_MAX = 1000

async function note(db: Transaction<Schema>, rows: readonly LeaseLogTable[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_MAX) {
    await db
      .insertInto('sd_lease_log')
      .values(rows.slice(from, from + ROWS_MAX))
      .execute()
  }
  const oldest = db
    .selectFrom('sd_lease_log')
    .select('revision')
    .orderBy('revision', 'desc')
    .limit(1)
    .offset(LEASE_EVENTS_MAX)
  await db.deleteFrom('sd_lease_log').where('revision', '<=', oldest).execute()
}

function eventRow(row: LeasesTable, action: LeaseAction, moment: Moment): LeaseLogTable {
  const { key, group_name, target, labels } = row
  const { revision, atMs, by } = moment
  return { revision, at_ms: atMs, by_name: by, action, key, group_name, target, labels }
}

export function eventOf({ at_ms, by_name, group_name, ...row }: LeaseLogTable): LeaseEvent {
  return { ...row, group: group_name, atMs: at_ms, by: by_name }
}

export function leaseOf(row: LeasesTable): Lease {
  return {
    key: row.key,
    group: row.group_name,
    target: row.target,
    labels: row.labels,
    ttlMs: row.ttl_ms,
    expiresMs: row.expires_ms,
    changedBy: row.changed_by,
  }
}

function rowOf(lease: Lease): LeasesTable {
  return {
    key: lease.key,
    group_name: lease.group,
    target: lease.target,
    labels: lease.labels,
    ttl_ms: lease.ttlMs,
    expires_ms: lease.expiresMs,
    changed_by: lease.changedBy,
  }
}
