/** Documents in their table, and the versions of each. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type { DocumentHead, DocumentKey, DocumentVersion, PastDocument } from '../model/registry.ts'
import type { DocumentEdit, RegistryBounds } from '../model/registryrecords.ts'
import { nextRevision } from './revision.ts'
import type { DocumentsTable, Schema, VersionsTable } from './schema.ts'

/** Versions of all documents, those of deleted ones among them; the oldest go first. */
export const VERSIONS_MAX = 100_000

/** The columns of a head. */
export const HEAD = [
  'kind',
  'name',
  'targets',
  'version',
  'revision',
  'changed_ms',
  'changed_by',
] as const

/** Makes all edits. @throws NarthexError `limit` at a bound, `conflict` for what was seen otherwise */
export async function changeDocuments(
  db: Transaction<Schema>,
  edits: readonly DocumentEdit[],
  who: Pick<Change, 'by' | 'atMs' | 'bounds'>,
): Promise<(DocumentHead | undefined)[]> {
  const change = { ...who, revision: await nextRevision(db) }
  const heads: (DocumentHead | undefined)[] = []
  for (const edit of edits) heads.push(await applyEdit(db, edit, change))
  await requireRoom(db, who.bounds)
  await dropOldVersions(db)
  return heads
}

/** Newest first. */
export async function readHistory(
  db: Kysely<Schema>,
  { kind, name }: DocumentKey,
): Promise<DocumentVersion[]> {
  const rows = await db
    .selectFrom('sd_versions')
    .select([...HEAD, 'action'])
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .execute()
  return rows.map((row) => ({ ...headOf(row), action: row.action }))
}

export async function readVersion(
  db: Kysely<Schema>,
  { kind, name }: DocumentKey,
  version: number,
): Promise<PastDocument | undefined> {
  const row = await db
    .selectFrom('sd_versions')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst()
  return row && pastOf(row)
}

/** Of the versions that are kept; 0 without any. */
export async function oldestRevision(db: Transaction<Schema>): Promise<number> {
  const row = await db
    .selectFrom('sd_versions')
    .select((each) => each.fn.min('revision').as('revision'))
    .executeTakeFirst()
  return row?.revision ?? 0
}

/** Deleted since, and not there again. */
export async function readGone(db: Transaction<Schema>, since: number): Promise<DocumentKey[]> {
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

/** What all edits of one change share. */
interface Change {
  readonly by: string
  readonly atMs: number
  readonly revision: number
  readonly bounds: RegistryBounds
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

export function pastOf(row: VersionsTable): PastDocument {
  return { ...headOf(row), action: row.action, body: row.body ?? undefined }
}

export function headOf(row: Omit<DocumentsTable, 'body'>): DocumentHead {
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
