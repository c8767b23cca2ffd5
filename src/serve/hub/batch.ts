/** Changes of several documents over HTTP: files, bulk changes, what they would do, and what was done. */
import { NarthexError } from '../../base/error.ts'
import type {
  BulkEdit,
  DocumentKey,
  DocumentKind,
  LeaseEvent,
  Registry,
  RegistryChange,
} from '../../model/registry.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { callerOf } from './caller.ts'
import { readCount, showHead } from './registry.ts'
import { decodeText, parseBody, refuse } from './taking.ts'

/** Changes of one page. */
export const CHANGES_MAX = 200
const CHANGES_DEFAULT = 50

const FORMATS: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  csv: 'text/csv',
}

/** All documents of a file, or none of them. */
export async function handleImport(ask: Ask, registry: Registry): Promise<Reply> {
  const type = (ask.header('content-type') ?? '').split(';', 1)[0].trim().toLowerCase()
  const kind = readKind(ask.params)
  const isWhole = readSwitch(ask.params, 'whole')
  const text = decodeText(ask.body)
  const edit = { action: 'import', kind, type, text, isWhole } as const
  return await handleEdit(ask, registry, edit, 'file', `${kind}s`)
}

/** One change of several documents: all of it or none. */
export async function handleBulk(ask: Ask, registry: Registry): Promise<Reply> {
  return await handleEdit(ask, registry, readEdit(parseBody(ask.body)), 'change', 'documents')
}

/** Every document of a kind, in a file that an import takes. */
export async function handleExport({ params }: Ask, registry: Registry): Promise<Reply> {
  const kind = readKind(params)
  const format = params.get('format') ?? 'json'
  if (!Object.hasOwn(FORMATS, format)) {
    const wanted = Object.keys(FORMATS).join(', ')
    throw new NarthexError('bad_data', `invalid parameter "format": wanted one of ${wanted}`)
  }
  const type = FORMATS[format]
  const body = await registry.dump(kind, type)
  const headers = {
    'cache-control': 'no-cache',
    'content-disposition': `attachment; filename="${kind}s.${format}"`,
  }
  return { status: 200, type: format === 'json' ? type : `${type}; charset=utf-8`, body, headers }
}

/** What was changed, newest first: documents, and the coming and going of leases. */
export async function handleChanges({ params }: Ask, registry: Registry): Promise<Reply> {
  const changes = await registry.changes({
    before: readCount(params, 'before', 0),
    count: Math.min(readCount(params, 'limit', CHANGES_DEFAULT), CHANGES_MAX),
    search: params.get('search') ?? '',
  })
  return success({ changes: changes.map(showChange) })
}

/** Does it, or with `dry_run` tells what it would do; If-Match wants documents as they were then. */
async function handleEdit(
  ask: Ask,
  registry: Registry,
  edit: BulkEdit,
  what: string,
  listName: string,
): Promise<Reply> {
  if (readSwitch(ask.params, 'dry_run')) {
    const planned = await registry.plan(edit)
    if ('problems' in planned) return refuse(what, planned.problems)
    return { ...success(planned.done), headers: { etag: planned.done.tag } }
  }
  const outcome = await registry.carryOut(edit, callerOf(ask), ask.header('if-match'))
  return 'problems' in outcome
    ? refuse(what, outcome.problems)
    : success({ [listName]: outcome.done })
}

/** @throws NarthexError `bad_data` */
function readEdit(value: unknown): BulkEdit {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  const { action, revision, documents, set = {}, remove = [] } = fields
  if (action === 'undo' && Number.isInteger(revision)) {
    return { action, revision: revision as number }
  }
  const isList = Array.isArray(documents) && documents.length > 0 && documents.every(isKey)
  if (action === 'delete' && isList) return { action, documents }
  const isSet = typeof set === 'object' && set !== null && !Array.isArray(set)
  const isRemove = Array.isArray(remove) && remove.every((each) => typeof each === 'string')
  if (action === 'relabel' && isList && isSet && isRemove) {
    return { action, documents, set: set as Readonly<Record<string, string>>, remove }
  }
  throw new NarthexError(
    'bad_data',
    'cannot change: wanted {"action": "delete", "documents": [{"kind", "name"}]}, the same with ' +
      '"relabel", "set" and "remove", or {"action": "undo", "revision"}',
  )
}

function isKey(value: unknown): value is DocumentKey {
  const { kind, name } = (value ?? {}) as Readonly<Record<string, unknown>>
  return (kind === 'group' || kind === 'service') && typeof name === 'string'
}

/** @throws NarthexError `bad_data` */
function readKind(params: URLSearchParams): DocumentKind {
  const kind = params.get('kind') ?? 'group'
  if (kind === 'group' || kind === 'service') return kind
  throw new NarthexError('bad_data', 'invalid parameter "kind": wanted group or service')
}

/** @throws NarthexError `bad_data` */
function readSwitch(params: URLSearchParams, name: string): boolean {
  const text = params.get(name) ?? 'false'
  if (text === 'true' || text === 'false') return text === 'true'
  throw new NarthexError('bad_data', `invalid parameter "${name}": wanted true or false`)
}

function showChange({ revision, atMs, by, count, documents, leases }: RegistryChange): object {
  return {
    ...{ revision, at: new Date(atMs).toISOString(), by, count },
    documents: documents.map((each) => ({
      ...showHead(each),
      ...{ kind: each.kind, action: each.action },
    })),
    leases: leases.map(showEvent),
  }
}

function showEvent({ key, action, group, target, labels, atMs, by }: LeaseEvent): object {
  const at = new Date(atMs).toISOString()
  return { key, action, group, target, labels: JSON.parse(labels), at, by }
}
