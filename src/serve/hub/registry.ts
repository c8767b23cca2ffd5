/** The registry over HTTP: groups and services, their history, and leases. */
import { NarthexError } from '../../base/error.ts'
import type { DocumentHead, DocumentKey, DocumentKind, Registry } from '../../model/registry.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { callerOf } from './caller.ts'
import { answer, parseBody, readSeenVersion } from './taking.ts'

/** Documents of one page of a list. */
export const PAGE_MAX = 1000
const PAGE_DEFAULT = 100

const NO_CONTENT: Reply = { status: 204, type: '', body: '' }

/** A part of the documents of a kind, by name. */
export async function handleList(kind: DocumentKind, ask: Ask, registry: Registry): Promise<Reply> {
  const { params } = ask
  const count = Math.min(readCount(params, 'limit', PAGE_DEFAULT), PAGE_MAX)
  const from = readCount(params, 'offset', 0)
  const page = await registry.list(kind, params.get('search') ?? '', from, count)
  return success({ total: page.total, [`${kind}s`]: page.documents.map(showHead) })
}

/** The document itself, as it was put. */
export async function handleDocument(
  kind: DocumentKind,
  ask: Ask,
  registry: Registry,
): Promise<Reply> {
  const { body, version, changedMs } = await registry.document(keyOf(kind, ask))
  const headers = {
    etag: `"${version}"`,
    'last-modified': new Date(changedMs).toUTCString(),
    'cache-control': 'no-cache',
  }
  return { status: 200, type: 'application/json', body, headers }
}

/** Takes a document, or says everything that is wrong with it. */
export async function handlePut(kind: DocumentKind, ask: Ask, registry: Registry): Promise<Reply> {
  const key = keyOf(kind, ask)
  return await answer(ask.body, `${kind} ${JSON.stringify(key.name)}`, (value) =>
    registry.put(key, value, callerOf(ask), readSeenVersion(ask)),
  )
}

export async function handleRemove(
  kind: DocumentKind,
  ask: Ask,
  registry: Registry,
): Promise<Reply> {
  await registry.remove(keyOf(kind, ask), callerOf(ask))
  return NO_CONTENT
}

/** Every change that is kept; with `version`, what that one did to the targets. */
export async function handleHistory(
  kind: DocumentKind,
  ask: Ask,
  registry: Registry,
): Promise<Reply> {
  const key = keyOf(kind, ask)
  if (ask.params.has('version')) {
    return success(await registry.diff(key, readCount(ask.params, 'version', 0)))
  }
  const versions = await registry.history(key)
  return success({
    name: key.name,
    versions: versions.map((each) => ({
      ...showHead(each),
      ...{ action: each.action, revision: each.revision },
    })),
  })
}

/** Makes a document what it was at a version. */
export async function handleUndo(kind: DocumentKind, ask: Ask, registry: Registry): Promise<Reply> {
  const { version } = (parseBody(ask.body) ?? {}) as { version?: unknown }
  if (!Number.isInteger(version) || (version as number) < 1) {
    throw new NarthexError('bad_data', 'cannot undo: wanted {"version": the one to go back to}')
  }
  const taken = await registry.undo(keyOf(kind, ask), version as number, callerOf(ask))
  return success(taken)
}

/** A target that is there until its time runs out. */
export async function handleHold(ask: Ask, registry: Registry): Promise<Reply> {
  const key = ask.segments.get('key') ?? ''
  return await answer(ask.body, `lease ${JSON.stringify(key)}`, async (value) => {
    const outcome = await registry.hold(key, value, callerOf(ask))
    return 'problems' in outcome ? outcome : { done: showLease(outcome.done) }
  })
}

export async function handleRelease(ask: Ask, registry: Registry): Promise<Reply> {
  await registry.release(ask.segments.get('key') ?? '', callerOf(ask))
  return NO_CONTENT
}

export async function handleLeases(registry: Registry): Promise<Reply> {
  return success({ leases: (await registry.leases()).map(showLease) })
}

/** A document in a list. */
export function showHead(head: DocumentHead): Readonly<Record<string, unknown>> {
  const { name, version, targets, changedMs, changedBy } = head
  return { name, version, targets, changed: new Date(changedMs).toISOString(), by: changedBy }
}

type LeaseOf = Awaited<ReturnType<Registry['leases']>>[number]

function showLease({ labels, ttlMs, expiresMs, changedBy, ...rest }: LeaseOf): object {
  return {
    ...rest,
    labels: JSON.parse(labels),
    ttlSeconds: ttlMs / 1000,
    expires: new Date(expiresMs).toISOString(),
    by: changedBy,
  }
}

function keyOf(kind: DocumentKind, ask: Ask): DocumentKey {
  return { kind, name: ask.segments.get('name') ?? '' }
}

/** A parameter that counts. @throws NarthexError `bad_data` */
export function readCount(params: URLSearchParams, name: string, preset: number): number {
  const text = params.get(name)
  if (text === null) return preset
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new NarthexError('bad_data', `invalid parameter "${name}": wanted a whole number`)
}
