/** Changes of several documents: the edits that they come to, and what those would do. */
import { createHash } from 'node:crypto'
import { NarthexError } from '../../base/error.ts'
import type {
  BulkEdit,
  DocumentKey,
  DocumentKind,
  ImportEdit,
  Outcome,
  PlannedDocument,
  RegistryPlan,
  TargetEntry,
} from '../../model/registry.ts'
import type { DocumentEdit, DoneDocument } from '../../model/registryrecords.ts'
import { DIFF_TARGETS_MAX, diffEntries } from './diff.ts'
import { type LabelRecord, Problems, readDocument } from './document.ts'
import { readGroups, readServices } from './load.ts'
import { entriesOfService, expandService, readService, relabelService } from './service.ts'
import { refuseLabel } from './target.ts'

/** Documents of one change, unless it is an import. */
export const BULK_DOCUMENTS_MAX = 10_000

/** An edit, and what was found out while it was made. */
export interface PreparedEdit extends DocumentEdit {
  readonly repeated: readonly string[]
}

/** An edit with all that has to be asked for before it is made. */
export type ReadyEdit = Exclude<BulkEdit, { action: 'undo' }> | ReadyUndo

interface ReadyUndo {
  readonly action: 'undo'
  readonly revision: number
  /** What the revision did. */
  readonly done: readonly DoneDocument[]
}

/** A document without its text, as far as edits look at it. */
export interface EditedHead extends DocumentKey {
  readonly version: number
}

/** The documents that an edit is made to. */
export interface EditedDocuments {
  head(key: DocumentKey): EditedHead | undefined
  /** JSON */
  body(key: DocumentKey): string | undefined
  ofKind(kind: DocumentKind): readonly DocumentKey[]
}

type Prepared = Outcome<readonly PreparedEdit[]>

/** What an edit makes of the documents that are there. @throws NarthexError `bad_data`, `not_found`, `conflict` */
export function prepareEdit(edit: ReadyEdit, present: EditedDocuments): Prepared {
  if (edit.action === 'import') return prepareImport(edit, present)
  if (edit.action === 'undo') return { done: prepareUndo(edit, present) }
  if (edit.documents.length > BULK_DOCUMENTS_MAX) {
    const count = edit.documents.length
    throw new NarthexError(
      'bad_data',
      `cannot change ${count} documents, the bound is ${BULK_DOCUMENTS_MAX}`,
    )
  }
  const documents = edit.documents.map((key) => presentOf(key, present))
  if (edit.action === 'delete') return { done: documents.map(deletionOf) }
  const problems = refuseLabels(edit.set, edit.remove)
  const done =
    problems.list.length > 0
      ? []
      : documents.map((each) => relabel(each, present.body(each), edit, problems))
  return problems.list.length > 0 ? { problems: problems.list } : { done }
}

/** What an edit would do. @throws as `prepareEdit` */
export function planEdit(edit: ReadyEdit, present: EditedDocuments): Outcome<RegistryPlan> {
  const prepared = prepareEdit(edit, present)
  return 'problems' in prepared ? prepared : { done: planOf(prepared.done, present) }
}

/** Edits that make what a revision changed what it was before. @throws NarthexError `not_found`, `conflict` */
function prepareUndo({ revision, done }: ReadyUndo, documents: EditedDocuments): PreparedEdit[] {
  if (done.length === 0) {
    throw new NarthexError(
      'not_found',
      `cannot undo change ${revision}: it changed no group and no service, or is no longer kept`,
    )
  }
  return done.map(({ after, before }) => {
    const { kind, name, version } = after
    const present = documents.head({ kind, name })
    const isPresent = after.body === undefined ? !present : present?.version === version
    const what = `cannot undo change ${revision}: ${kind} ${JSON.stringify(name)}`
    if (!isPresent) throw new NarthexError('conflict', `${what} was changed since`)
    if (before === undefined && version > 1) {
      throw new NarthexError('not_found', `${what} as it was before is no longer kept`)
    }
    const { body, targets = 0 } = before ?? {}
    const seenVersion = present?.version ?? 0
    return { kind, name, action: 'undo', body, targets, seenVersion, repeated: [] }
  })
}

/** What edits will do to the documents that are there. */
function planOf(edits: readonly PreparedEdit[], present: EditedDocuments): RegistryPlan {
  let listed = 0
  const documents = edits.map(({ kind, name, body, targets, repeated }): PlannedDocument => {
    const before = present.body({ kind, name })
    const max = Math.max(0, DIFF_TARGETS_MAX - listed)
    const diff = diffEntries(entriesOf(kind, before), entriesOf(kind, body), max)
    listed += diff.added.length + diff.removed.length
    const version = present.head({ kind, name })?.version ?? 0
    return { kind, name, action: actionOf(before, body), version, targets, repeated, ...diff }
  })
  return { tag: tagOf(edits, present), documents }
}

/** The same as long as none of the documents is changed. */
export function tagOf(edits: readonly DocumentKey[], present: EditedDocuments): string {
  const versions = edits.map(({ kind, name }) => [
    ...[kind, name],
    present.head({ kind, name })?.version ?? 0,
  ])
  return `"${createHash('sha256').update(JSON.stringify(versions)).digest('base64url').slice(0, 27)}"`
}

/** The targets of a document. @param body JSON; undefined where there is none */
export function entriesOf(
  kind: DocumentKey['kind'],
  body: string | undefined,
): readonly TargetEntry[] {
  if (body === undefined) return []
  const value: unknown = JSON.parse(body)
  return kind === 'service' ? entriesOfService(value) : (value as readonly TargetEntry[])
}

function prepareImport(
  { kind, type, text, isWhole }: ImportEdit,
  present: EditedDocuments,
): Prepared {
  const problems = new Problems()
  const read = kind === 'group' ? readGroups : readServices
  const documents = read(type, text, problems)
  if (problems.list.length > 0) return { problems: problems.list }
  const edits = [...documents].map(([name, { body, targets, repeated }]) => ({
    ...{ kind, name, action: 'import' as const, body: JSON.stringify(body), targets, repeated },
  }))
  const gone = isWhole ? present.ofKind(kind).filter(({ name }) => !documents.has(name)) : []
  return {
    done: [...edits, ...gone.map((each) => ({ ...deletionOf(each), action: 'import' as const }))],
  }
}

function presentOf({ kind, name }: DocumentKey, present: EditedDocuments): EditedHead {
  const found = present.head({ kind, name })
  if (found !== undefined) return found
  throw missingDocument({ kind, name })
}

export function missingDocument({ kind, name }: DocumentKey): NarthexError {
  return new NarthexError(
    'not_found',
    `cannot find ${kind} ${JSON.stringify(name)}: it is not there`,
  )
}

function deletionOf({ kind, name }: DocumentKey): PreparedEdit {
  return { kind, name, action: 'delete', body: undefined, targets: 0, repeated: [] }
}

function refuseLabels(set: Readonly<LabelRecord>, remove: readonly string[]): Problems {
  const problems = new Problems()
  for (const [name, value] of Object.entries(set)) {
    const reason = refuseLabel(name, value)
    if (reason !== undefined) problems.add(-1, `set.${name.slice(0, 80)}`, reason)
  }
  for (const [index, name] of remove.entries()) {
    const reason = refuseLabel(name, '')
    if (reason !== undefined) problems.add(-1, `remove[${index}]`, reason)
  }
  return problems
}

function relabel(
  { kind, name, version }: EditedHead,
  body: string | undefined,
  { set, remove }: { readonly set: Readonly<LabelRecord>; readonly remove: readonly string[] },
  problems: Problems,
): PreparedEdit {
  const own = new Problems()
  const value: unknown = JSON.parse(body ?? '[]')
  const changed =
    kind === 'service'
      ? relabelService(readService(value, own), set, remove)
      : (value as readonly TargetEntry[]).map(({ targets, labels = {} }) => ({
          targets,
          labels: relabelled(labels, set, remove),
        }))
  const entries = Array.isArray(changed) ? changed : expandService(changed)
  const document = readDocument(entries, own)
  for (const { index, field, reason } of own.list) problems.add(index, `${name}.${field}`, reason)
  const stored = JSON.stringify(Array.isArray(changed) ? document.entries : changed)
  const { targets, repeated } = document
  return { kind, name, action: 'relabel', body: stored, targets, repeated, seenVersion: version }
}

function relabelled(
  labels: Readonly<LabelRecord>,
  set: Readonly<LabelRecord>,
  remove: readonly string[],
): LabelRecord {
  const kept = Object.entries(labels).filter(([name]) => !remove.includes(name))
  return Object.assign(Object.create(null), Object.fromEntries(kept), set)
}

function actionOf(
  before: string | undefined,
  after: string | undefined,
): PlannedDocument['action'] {
  if (after === undefined) return 'delete'
  if (before === undefined) return 'add'
  return before === after ? 'keep' : 'change'
}
