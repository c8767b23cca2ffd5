/** Documents in their table, and the versions of each. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type {
  DocumentHead,
  DocumentKey,
  DocumentKind,
  DocumentVersion,
  PastDocument,
} from '../model/registry.ts'
import type { DocumentEdit, RegistryBounds } from '../model/registryrecords.ts'
import { nextRevision } from './revision.ts'
import type { DocumentsTable, Schema, VersionsTable } from './schema.ts'

/** Versions of all documents, those of deleted ones among them; the oldest go first. */
export const VERSIONS_MAX = 100_000

/** Documents that are changed by one question, and bytes of them. */
const PART_DOCUMENTS_MAX = 100
const PART_LENGTH_MAX = 1024 * 1024

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
  for (const part of partsOf(edits)) heads.push(...(await applyPart(db, part, change)))
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

/** Edits of one kind in their order, none of a document that is in the same part already. */
interface Part {
  readonly kind: DocumentKind
  readonly edits: Map<string, DocumentEdit>
}

function partsOf(edits: readonly DocumentEdit[]): Part[] {
  const parts: Part[] = []
  let length = 0
  for (const edit of edits) {
    const last = parts.at(-1)
    const isFull = last?.edits.size === PART_DOCUMENTS_MAX || length > PART_LENGTH_MAX
    const isNext = last !== undefined && last.kind === edit.kind && !last.edits.has(edit.name)
    length = (isNext && !isFull ? length : 0) + (edit.body?.length ?? 0)
    if (isNext && !isFull) last.edits.set(edit.name, edit)
    else parts.push({ kind: edit.kind, edits: new Map([[edit.name, edit]]) })
  }
  return parts
}

async function applyPart(
  db: Transaction<Schema>,
  { kind, edits }: Part,
  { by, atMs, revision, bounds }: Change,
): Promise<(DocumentHead | undefined)[]> {
  const present = await readPresent(db, kind, [...edits.keys()])
  for (const edit of edits.values()) requireSeen(edit, present.get(edit.name))
  const changed = [...edits.values()].filter(({ name, body }) => present.get(name)?.body !== body)
  const names = changed.map(({ name }) => name)
  const versions = await lastVersions(db, kind, names)
  const rows = new Map(
    changed.map(({ name, body, targets, action }) => {
      const version = (versions.get(name) ?? 0) + 1
      const change = { version, revision, changed_ms: atMs, changed_by: by, targets }
      return [name, { kind, name, action, body: body ?? null, ...change }]
    }),
  )
  await writeDocuments(db, kind, [...rows.values()])
  await writeVersions(db, kind, [...rows.values()], bounds.versionsMax)
  return [...edits.keys()].map((name) => {
    const row = rows.get(name) ?? present.get(name)
    return row && headOf(row)
  })
}

async function readPresent(
  db: Transaction<Schema>,
  kind: DocumentKind,
  names: readonly string[],
): Promise<ReadonlyMap<string, DocumentsTable>> {
  const rows = await db
    .selectFrom('sd_documents')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', 'in', names)
    .execute()
  return new Map(rows.map((row) => [row.name, row]))
}

async function writeDocuments(
  db: Transaction<Schema>,
  kind: DocumentKind,
  rows: readonly VersionsTable[],
): Promise<void> {
  const gone = rows.filter(({ body }) => body === null).map(({ name }) => name)
  if (gone.length > 0) {
    await db.deleteFrom('sd_documents').where('kind', '=', kind).where('name', 'in', gone).execute()
  }
  const kept = rows.flatMap(({ action, body, ...row }) => (body === null ? [] : { ...row, body }))
  if (kept.length === 0) return
  await db
    .insertInto('sd_documents')
    .values(kept)
    .onConflict((conflict) =>
      conflict.columns(['kind', 'name']).doUpdateSet((each) => ({
        body: each.ref('excluded.body'),
        targets: each.ref('excluded.targets'),
        version: each.ref('excluded.version'),
        revision: each.ref('excluded.revision'),
        changed_ms: each.ref('excluded.changed_ms'),
        changed_by: each.ref('excluded.changed_by'),
      })),
    )
    .execute()
}

/** Adds versions; the oldest ones of the same documents go. */
async function writeVersions(
  db: Transaction<Schema>,
  kind: DocumentKind,
  rows: readonly VersionsTable[],
  versionsMax: number,
): Promise<void> {
  if (rows.length === 0) return
  await db.insertInto('sd_versions').values(rows).execute()
  const old = rows.filter(({ version }) => version > versionsMax)
  if (old.length === 0) return
  await db
    .deleteFrom('sd_versions')
    .where('kind', '=', kind)
    .where((each) =>
      each.or(
        old.map(({ name, version }) =>
          each.and([each('name', '=', name), each('version', '<=', version - versionsMax)]),
        ),
      ),
    )
    .execute()
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

async function lastVersions(
  db: Transaction<Schema>,
  kind: DocumentKind,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map()
  const rows = await db
    .selectFrom('sd_versions')
    .select((each) => ['name', each.fn.max('version').as('version')])
    .where('kind', '=', kind)
    .where('name', 'in', names)
    .groupBy('name')
    .execute()
  return new Map(rows.map(({ name, version }) => [name, version]))
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
