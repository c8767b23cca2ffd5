/** Everything that changed the registry, in one order: documents, and the coming and going of leases. */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ChangeQuery, DocumentVersion, LeaseEvent, RegistryChange } from '../model/registry.ts'
import type { DoneDocument } from '../model/registryrecords.ts'
import { HEAD, headOf, pastOf } from './documents.ts'
import { eventOf } from './leases.ts'
import type { Schema } from './schema.ts'

/** Documents, and leases, that are told of one change. */
export const CHANGE_ITEMS_MAX = 100

/** Newest first. */
export async function readChanges(
  db: Kysely<Schema>,
  { before, count, search }: ChangeQuery,
): Promise<RegistryChange[]> {
  const revisions = await readRevisions(db, { before, count, search })
  if (revisions.length === 0) return []
  const documents = await readVersions(db, revisions)
  const leases = await readEvents(db, revisions)
  return revisions.map((revision) =>
    changeOf(revision, documents.get(revision) ?? [], leases.get(revision) ?? []),
  )
}

/** What a revision made of documents, and what they were before it. */
export async function readDone(
  db: Kysely<Schema>,
  revision: number,
): Promise<readonly DoneDocument[]> {
  const after = await db
    .selectFrom('sd_versions')
    .selectAll()
    .where('revision', '=', revision)
    .orderBy('kind')
    .orderBy('name')
    .execute()
  const before = await db
    .selectFrom('sd_versions as new')
    .innerJoin('sd_versions as old', (join) =>
      join
        .onRef('old.kind', '=', 'new.kind')
        .onRef('old.name', '=', 'new.name')
        .on((each) => each('old.version', '=', each('new.version', '-', 1))),
    )
    .selectAll('old')
    .where('new.revision', '=', revision)
    .execute()
  const known = new Map(before.map((row) => [`${row.kind} ${row.name}`, pastOf(row)]))
  return after.map((row) => ({
    after: pastOf(row),
    before: known.get(`${row.kind} ${row.name}`),
  }))
}

/** Of changes with the text in what they are about, the newest first. */
async function readRevisions(
  db: Kysely<Schema>,
  { before, count, search }: ChangeQuery,
): Promise<number[]> {
  const end = before > 0 ? before : Number.MAX_SAFE_INTEGER
  const ofVersions = await db
    .selectFrom('sd_versions')
    .select('revision')
    .where('revision', '<', end)
    .where(hasText(['name', 'changed_by'], search))
    .groupBy('revision')
    .orderBy('revision', 'desc')
    .limit(count)
    .execute()
  const ofEvents = await db
    .selectFrom('sd_lease_log')
    .select('revision')
    .where('revision', '<', end)
    .where(hasText(['key', 'group_name', 'target', 'by_name'], search))
    .groupBy('revision')
    .orderBy('revision', 'desc')
    .limit(count)
    .execute()
  const all = new Set([...ofVersions, ...ofEvents].map(({ revision }) => revision))
  return [...all].sort((a, b) => b - a).slice(0, count)
}

function hasText(columns: readonly string[], search: string): RawBuilder<SqlBool> {
  if (search === '') return sql`1 = 1`
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  const any = columns.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`)
  return sql`(${sql.join(any, sql` or `)})`
}

/** The first of each revision, and how many there are. */
async function readVersions(
  db: Kysely<Schema>,
  revisions: readonly number[],
): Promise<ReadonlyMap<number, readonly (DocumentVersion & { readonly all: number })[]>> {
  const rows = await db
    .selectFrom((from) =>
      from
        .selectFrom('sd_versions')
        .select([...HEAD, 'action'])
        .select((each) => [
          each.fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('revision').orderBy('kind').orderBy('name'))
            .as('place'),
          each.fn
            .countAll<number>()
            .over((over) => over.partitionBy('revision'))
            .as('all_rows'),
        ])
        .where('revision', 'in', revisions)
        .as('numbered'),
    )
    .selectAll()
    .where('place', '<=', CHANGE_ITEMS_MAX)
    .orderBy('place')
    .execute()
  const versions = rows.map((row) => ({
    ...headOf(row),
    action: row.action,
    all: Number(row.all_rows),
  }))
  return Map.groupBy(versions, ({ revision }) => revision)
}

async function readEvents(
  db: Kysely<Schema>,
  revisions: readonly number[],
): Promise<ReadonlyMap<number, readonly LeaseEvent[]>> {
  const rows = await db
    .selectFrom('sd_lease_log')
    .selectAll()
    .where('revision', 'in', revisions)
    .orderBy('at_ms', 'desc')
    .orderBy('key')
    .execute()
  return Map.groupBy(rows.map(eventOf), ({ revision }) => revision)
}

function changeOf(
  revision: number,
  versions: readonly (DocumentVersion & { readonly all: number })[],
  leases: readonly LeaseEvent[],
): RegistryChange {
  const { atMs, by } =
    versions.map((each) => ({ atMs: each.changedMs, by: each.changedBy })).at(0) ?? leases[0]
  return {
    revision,
    ...{ atMs, by },
    count: (versions.at(0)?.all ?? 0) + leases.length,
    documents: versions.map(({ all, ...version }) => version),
    leases: leases.slice(0, CHANGE_ITEMS_MAX),
  }
}
