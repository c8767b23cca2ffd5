/** The registry of targets in its tables. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type {
  Consumer,
  DocumentHead,
  DocumentKey,
  DocumentVersion,
  Lease,
  PastDocument,
} from '../model/registry.ts'
import type {
  DocumentEdit,
  RegistryBounds,
  RegistryImage,
  RegistryRecords,
} from '../model/registryrecords.ts'
import type { ConsumersTable, DocumentsTable, LeasesTable, Schema } from './schema.ts'

/** Versions of all documents, those of deleted ones among them; the oldest go first. */
export const VERSIONS_MAX = 100_000

const HEAD = [
  ...(['kind', 'name', 'targets', 'version'] as const),
  ...(['revision', 'changed_ms', 'changed_by'] as const),
] as const

/** Runs a question and says `busy` where the database is away. */
type Asking = <T>(run: () => Promise<T>) => Promise<T>

/** `RegistryRecords` on either database. */
export class StoredRegistry implements RegistryRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  revision(): Promise<number> {
    return this.#asking(() => readRevision(this.#db))
  }

  read(since: number): Promise<RegistryImage> {
    return this.#atOnce(async (db) => {
      const revision = await readRevision(db)
      // The oldest deletions are forgotten: who is so far behind reads all anew.
      const isWhole = since === 0 || since < (await oldestRevision(db))
      const changed = await db
        .selectFrom('sd_documents')
        .selectAll()
        .where('revision', '>', isWhole ? 0 : since)
        .execute()
      const gone = isWhole ? [] : await readGone(db, since)
      const leases = await db.selectFrom('sd_leases').selectAll().orderBy('key').execute()
      return {
        revision,
        isWhole,
        changed: changed.map((row) => ({ ...headOf(row), body: row.body })),
        gone,
        leases: leases.map(leaseOf),
      }
    })
  }

  leases(nowMs: number): Promise<readonly Lease[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('sd_leases')
        .selectAll()
        .where('expires_ms', '>', nowMs)
        .orderBy('key')
        .execute()
      return rows.map(leaseOf)
    })
  }

  change(
    by: string,
    atMs: number,
    edits: readonly DocumentEdit[],
    bounds: RegistryBounds,
  ): Promise<readonly (DocumentHead | undefined)[]> {
    return this.#changing(async (db) => {
      const revision = await nextRevision(db)
      const heads: (DocumentHead | undefined)[] = []
      for (const edit of edits) {
        heads.push(await applyEdit(db, edit, { by, atMs, revision, bounds }))
      }
      await requireRoom(db, bounds)
      await dropOldVersions(db)
      return heads
    })
  }

  versions({ kind, name }: DocumentKey): Promise<readonly DocumentVersion[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('sd_versions')
        .select([...HEAD, 'action'])
        .where('kind', '=', kind)
        .where('name', '=', name)
        .orderBy('version', 'desc')
        .execute()
      return rows.map((row) => ({ ...headOf(row), action: row.action }))
    })
  }

  version({ kind, name }: DocumentKey, version: number): Promise<PastDocument | undefined> {
    return this.#asking(async () => {
      const row = await this.#db
        .selectFrom('sd_versions')
        .selectAll()
        .where('kind', '=', kind)
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst()
      return row && { ...headOf(row), action: row.action, body: row.body ?? undefined }
    })
  }

  async hold(lease: Lease, nowMs: number, bounds: RegistryBounds): Promise<void> {
    const { key, ttlMs, expiresMs, changedBy } = lease
    const content = { group_name: lease.group, target: lease.target, labels: lease.labels }
    const times = { ttl_ms: ttlMs, expires_ms: expiresMs, changed_by: changedBy }
    const renewed = await this.#asking(() =>
      this.#db
        .updateTable('sd_leases')
        .set(times)
        .where('key', '=', key)
        .where('group_name', '=', content.group_name)
        .where('target', '=', content.target)
        .where('labels', '=', content.labels)
        .where('expires_ms', '>', nowMs)
        .executeTakeFirst(),
    )
    if (renewed.numUpdatedRows > 0n) return
    await this.#changing(async (db) => {
      await nextRevision(db)
      await db.deleteFrom('sd_leases').where('expires_ms', '<=', nowMs).execute()
      await db
        .insertInto('sd_leases')
        .values({ key, ...content, ...times })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ ...content, ...times }))
        .execute()
      const { count } = await db
        .selectFrom('sd_leases')
        .select((each) => each.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count > bounds.leasesMax) {
        throw new NarthexError(
          'limit',
          `cannot hold lease: there are ${bounds.leasesMax}, which is the bound (--hub.leases)`,
        )
      }
    })
  }

  release(key: string): Promise<boolean> {
    return this.#changing(async (db) => {
      await nextRevision(db)
      const { numDeletedRows } = await db
        .deleteFrom('sd_leases')
        .where('key', '=', key)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    })
  }

  async sweep(nowMs: number, consumerMs: number): Promise<void> {
    await this.#asking(async () => {
      await this.#db.deleteFrom('sd_leases').where('expires_ms', '<=', nowMs).execute()
      await this.#db
        .deleteFrom('sd_consumers')
        .where('seen_ms', '<', nowMs - consumerMs)
        .execute()
    })
  }

  saveConsumers(consumers: readonly Consumer[], consumersMax: number): Promise<void> {
    return this.#changing(async (db) => {
      // Always in the same order, so that two hubs do not wait for each other.
      for (const row of consumers.map(consumerRow).sort(byKey)) {
        const { polls, name, address, path, agent, ...last } = row
        await db
          .insertInto('sd_consumers')
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(['name', 'address', 'path', 'agent']).doUpdateSet({
              ...last,
              polls: sql<number>`sd_consumers.polls + ${polls}`,
            }),
          )
          .execute()
      }
      const tooOld = db
        .selectFrom('sd_consumers')
        .select('seen_ms')
        .orderBy('seen_ms', 'desc')
        .limit(1)
        .offset(consumersMax)
      await db.deleteFrom('sd_consumers').where('seen_ms', '<=', tooOld).execute()
    })
  }

  consumers(): Promise<readonly Consumer[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('sd_consumers')
        .selectAll()
        .orderBy('name')
        .orderBy('address')
        .orderBy('path')
        .orderBy('agent')
        .execute()
      return rows.map(consumerOf)
    })
  }

  /** Reads that see one moment. */
  #atOnce<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() =>
      this.#db
        .transaction()
        .setAccessMode('read only')
        .setIsolationLevel('repeatable read')
        .execute(run),
    )
  }

  #changing<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() => this.#db.transaction().execute(run))
  }
}

/** What all edits of one change share. */
interface Change {
  readonly by: string
  readonly atMs: number
  readonly revision: number
  readonly bounds: RegistryBounds
}

async function readRevision(db: Kysely<Schema>): Promise<number> {
  const { revision } = await db.selectFrom('sd_state').select('revision').executeTakeFirstOrThrow()
  return revision
}

/** Of the versions that are kept; 0 without any. */
async function oldestRevision(db: Transaction<Schema>): Promise<number> {
  const row = await db
    .selectFrom('sd_versions')
    .select((each) => each.fn.min('revision').as('revision'))
    .executeTakeFirst()
  return row?.revision ?? 0
}

async function readGone(db: Transaction<Schema>, since: number): Promise<DocumentKey[]> {
  return await db
    .selectFrom('sd_versions as old')
    .leftJoin('sd_documents as now', (join) =>
      join.onRef('now.kind', '=', 'old.kind').onRef('now.name', '=', 'old.name'),
    )
    .select(['old.kind', 'old.name'])
    .distinct()
    .where('old.revision', '>', since)
    .where('old.body', 'is', null)
    .where('now.name', 'is', null)
    .execute()
}

/** Its row is the lock: who changes the registry waits here for who does so already. */
async function nextRevision(db: Transaction<Schema>): Promise<number> {
  const { revision } = await db
    .updateTable('sd_state')
    .set((each) => ({ revision: each('revision', '+', 1) }))
    .returning('revision')
    .executeTakeFirstOrThrow()
  return revision
}

async function applyEdit(
  db: Transaction<Schema>,
  edit: DocumentEdit,
  { by, atMs, revision, bounds }: Change,
): Promise<DocumentHead | undefined> {
  const { kind, name, body, targets, action } = edit
  const before = await db
    .selectFrom('sd_documents')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst()
  requireSeen(edit, before)
  if (before?.body === body) return before === undefined ? undefined : headOf(before)

  const version = (await lastVersion(db, edit)) + 1
  const change = { version, revision, changed_ms: atMs, changed_by: by, targets }
  if (body === undefined) {
    await db.deleteFrom('sd_documents').where('kind', '=', kind).where('name', '=', name).execute()
  } else {
    await db
      .insertInto('sd_documents')
      .values({ kind, name, body, ...change })
      .onConflict((conflict) => conflict.columns(['kind', 'name']).doUpdateSet({ body, ...change }))
      .execute()
  }
  await db
    .insertInto('sd_versions')
    .values({ kind, name, action, body: body ?? null, ...change })
    .execute()
  await db
    .deleteFrom('sd_versions')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('version', '<=', version - bounds.versionsMax)
    .execute()
  return headOf({ kind, name, ...change })
}

/** @throws NarthexError `conflict` when somebody else was quicker */
function requireSeen({ seenVersion, kind, name }: DocumentEdit, before?: DocumentsTable): void {
  const present = before?.version ?? 0
  if (seenVersion === undefined || seenVersion === present) return
  throw new NarthexError(
    'conflict',
    `cannot change ${kind} ${JSON.stringify(name)}: it is version ${present}, you have seen ${seenVersion}`,
  )
}

async function lastVersion(db: Transaction<Schema>, { kind, name }: DocumentKey): Promise<number> {
  const row = await db
    .selectFrom('sd_versions')
    .select((each) => each.fn.max('version').as('version'))
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.version ?? 0
}

async function requireRoom(db: Transaction<Schema>, bounds: RegistryBounds): Promise<void> {
  const { documents, targets } = await db
    .selectFrom('sd_documents')
    .select((each) => [
      each.fn.countAll<number>().as('documents'),
      each.fn.coalesce(each.fn.sum<number>('targets'), sql<number>`0`).as('targets'),
    ])
    .executeTakeFirstOrThrow()
  for (const [what, count, max, flag] of [
    ['groups and services', documents, bounds.documentsMax, 'hub.groups'],
    ['targets', targets, bounds.targetsMax, 'hub.targets'],
  ] as const) {
    if (Number(count) <= max) continue
    throw new NarthexError(
      'limit',
      `cannot change the registry: it would have ${count} ${what}, the bound is ${max} (--${flag})`,
    )
  }
}

async function dropOldVersions(db: Transaction<Schema>): Promise<void> {
  const { count } = await db
    .selectFrom('sd_versions')
    .select((each) => each.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count <= VERSIONS_MAX) return
  const oldest = db
    .selectFrom('sd_versions')
    .select('revision')
    .orderBy('revision')
    .limit(1)
    .offset(count - VERSIONS_MAX)
  await db.deleteFrom('sd_versions').where('revision', '<', oldest).execute()
}

function headOf(row: Omit<DocumentsTable, 'body'>): DocumentHead {
  const { kind, name, version, targets, revision } = row
  return {
    kind,
    name,
    version,
    targets,
    revision,
    changedMs: row.changed_ms,
    changedBy: row.changed_by,
  }
}

function leaseOf(row: LeasesTable): Lease {
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

function consumerOf(row: ConsumersTable): Consumer {
  const { interval_seconds: intervalSeconds, seen_ms: seenMs, ...same } = row
  return { ...same, intervalSeconds, seenMs }
}

function consumerRow(consumer: Consumer): ConsumersTable {
  const { intervalSeconds, seenMs, ...same } = consumer
  return { ...same, interval_seconds: intervalSeconds, seen_ms: seenMs }
}

function byKey(a: ConsumersTable, b: ConsumersTable): number {
  const [one, other] = [a, b].map((each) =>
    JSON.stringify([each.name, each.address, each.path, each.agent]),
  )
  return one < other ? -1 : one > other ? 1 : 0
}
