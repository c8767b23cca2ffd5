/** Asks for the registry, and changes it. */
import type {
  ConsumerStatus,
  DocumentAction,
  DocumentDiff,
  DocumentKind,
  LeaseAction,
  Taken,
} from '../../src/model/registry.ts'
import { ApiError, ask, askDocument, askText, change } from '../api/client.ts'
import { PAGE_COUNT } from './state.ts'

/** A document as lists show it. */
export interface DocumentRow {
  readonly name: string
  readonly version: number
  readonly targets: number
  /** RFC 3339 */
  readonly changed: string
  readonly by: string
}

export interface DocumentRows {
  readonly total: number
  readonly rows: readonly DocumentRow[]
}

export interface VersionRow extends DocumentRow {
  readonly action: DocumentAction
}

/** All that was changed at once. */
export interface ChangeRow {
  readonly revision: number
  /** RFC 3339 */
  readonly at: string
  readonly by: string
  /** Of documents and leases, listed or not. */
  readonly count: number
  readonly documents: readonly (VersionRow & { readonly kind: DocumentKind })[]
  readonly leases: readonly {
    readonly key: string
    readonly action: LeaseAction
    readonly group: string
    readonly target: string
    readonly labels: Readonly<Record<string, string>>
  }[]
}

/** A target that is there as long as somebody says so. */
export interface LeaseRow {
  readonly key: string
  readonly group: string
  readonly target: string
  readonly labels: Readonly<Record<string, string>>
  readonly ttlSeconds: number
  /** RFC 3339 */
  readonly expires: string
  readonly by: string
}

/** A consumer as the API says it. */
export interface ConsumerRow extends Omit<ConsumerStatus, 'seenMs'> {
  /** RFC 3339 */
  readonly lastSeen: string
}

/** A document with the version that an editor has seen. */
export interface EditedDocument {
  readonly text: string
  readonly etag: string
}

type ListData = Readonly<Record<string, readonly DocumentRow[]>> & { readonly total: number }

/** One page of the documents whose names have a text in them. */
export async function loadDocuments(
  kind: DocumentKind,
  text: string,
  from: number,
  abort: AbortSignal,
): Promise<DocumentRows> {
  const params = { search: text, offset: String(from), limit: String(PAGE_COUNT) }
  const { data } = await ask<ListData>(`sd/${kind}s`, params, abort)
  return { total: data.total, rows: data[`${kind}s`] }
}

export async function loadConsumers(abort: AbortSignal): Promise<readonly ConsumerRow[]> {
  const { data } = await ask<{ consumers: readonly ConsumerRow[] }>('sd/consumers', {}, abort)
  return data.consumers
}

/** Targets that have registered themselves. */
export async function loadLeases(abort: AbortSignal): Promise<readonly LeaseRow[]> {
  const { data } = await ask<{ leases: readonly LeaseRow[] }>('sd/leases', {}, abort)
  return data.leases
}

/** The newest changes with a text in what they are about. */
export async function loadChanges(
  text: string,
  limit: number,
  abort: AbortSignal,
): Promise<readonly ChangeRow[]> {
  const params = { search: text, limit: String(limit) }
  const { data } = await ask<{ changes: readonly ChangeRow[] }>('sd/changes', params, abort)
  return data.changes
}

/** The document; undefined when there is none. */
export async function loadDocument(
  kind: DocumentKind,
  name: string,
  abort: AbortSignal,
): Promise<EditedDocument | undefined> {
  return await unlessAbsent(() => askDocument(pathOf(kind, name), abort))
}

/** Every change that is kept, newest first; [] where there never was such a document. */
export async function loadHistory(
  kind: DocumentKind,
  name: string,
  abort: AbortSignal,
): Promise<readonly VersionRow[]> {
  const path = `${pathOf(kind, name)}/history`
  const reply = await unlessAbsent(() => ask<{ versions: readonly VersionRow[] }>(path, {}, abort))
  return reply?.data.versions ?? []
}

/** What a version changed. */
export async function loadDiff(
  kind: DocumentKind,
  name: string,
  version: number,
  abort: AbortSignal,
): Promise<DocumentDiff> {
  const path = `${pathOf(kind, name)}/history`
  return (await ask<DocumentDiff>(path, { version: String(version) }, abort)).data
}

/** Puts a document in place of the one that was seen, or where none was. */
export function saveDocument(
  kind: DocumentKind,
  name: string,
  text: string,
  seen: EditedDocument | undefined,
): Promise<Taken> {
  const condition: Readonly<Record<string, string>> =
    seen === undefined ? { 'if-none-match': '*' } : { 'if-match': seen.etag }
  return change<Taken>('PUT', pathOf(kind, name), text, condition)
}

export function removeDocument(kind: DocumentKind, name: string): Promise<void> {
  return change('DELETE', pathOf(kind, name), '')
}

/** Makes a document what it was at a version. */
export function undoTo(kind: DocumentKind, name: string, version: number): Promise<Taken> {
  return change<Taken>('POST', `${pathOf(kind, name)}/undo`, JSON.stringify({ version }))
}

export type ScrapeConfigFor = 'prometheus' | 'vmagent' | 'narthex'

/** What a consumer is to be configured with. @param job '' for all */
export function loadScrapeConfig(
  consumer: ScrapeConfigFor,
  job: string,
  abort: AbortSignal,
): Promise<string> {
  const params = new URLSearchParams({ for: consumer, ...(job === '' ? {} : { job }) })
  return askText(`api/v1/sd/scrape-config?${params}`, abort)
}

function pathOf(kind: DocumentKind, name: string): string {
  return `sd/${kind}s/${encodeURIComponent(name)}`
}

async function unlessAbsent<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not_found') return undefined
    throw error
  }
}
