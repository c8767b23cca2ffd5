/** The registry of a hub that runs, over its API. */
import type {
  BulkEdit,
  ChangeQuery,
  DocumentDiff,
  DocumentHead,
  DocumentKey,
  DocumentKind,
  DocumentPage,
  DocumentVersion,
  Lease,
  LeaseEvent,
  Outcome,
  Registry,
  RegistryChange,
  RegistryPlan,
  StoredDocument,
  Taken,
} from '../../model/registry.ts'
import { type Asking, type HubClient, RefusedError } from './client.ts'

/** What tools do with it; who does it is known to the hub by the token. */
export type ToolRegistry = Omit<Registry, 'targets' | 'seen' | 'consumers'>

const SD = 'api/v1/sd'

const FORMATS: Readonly<Record<string, string>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'text/csv': 'csv',
}

/** As documents stand in answers. */
interface ShownHead {
  readonly name: string
  readonly version: number
  readonly targets: number
  readonly changed: string
  readonly by: string
}

interface ShownLease extends Pick<Lease, 'key' | 'group' | 'target'> {
  readonly labels: object
  readonly ttlSeconds: number
  readonly expires: string
  readonly by: string
}

interface ShownChange extends Pick<RegistryChange, 'revision' | 'by' | 'count'> {
  readonly at: string
  readonly documents: readonly (ShownHead & Pick<DocumentVersion, 'kind' | 'action'>)[]
  readonly leases: readonly (Pick<LeaseEvent, 'key' | 'action' | 'group' | 'target' | 'by'> & {
    readonly labels: object
    readonly at: string
  })[]
}

export class RemoteRegistry implements ToolRegistry {
  readonly #client: HubClient

  constructor(client: HubClient) {
    this.#client = client
  }

  async list(
    kind: DocumentKind,
    search: string,
    from: number,
    count: number,
  ): Promise<DocumentPage> {
    const params = { search, offset: String(from), limit: String(count) }
    const page = await this.#client.call<Record<string, unknown>>('GET', `${SD}/${kind}s`, {
      params,
    })
    const documents = page[`${kind}s`] as readonly ShownHead[]
    return { total: Number(page.total), documents: documents.map((each) => headOf(kind, each)) }
  }

  async document(key: DocumentKey): Promise<StoredDocument> {
    const { text, headers } = await this.#client.ask('GET', pathOf(key))
    const version = Number((headers.get('etag') ?? '').replaceAll('"', ''))
    const changedMs = Date.parse(headers.get('last-modified') ?? '')
    const unknown = { targets: 0, changedBy: '', revision: 0 }
    return { ...key, body: text, version, changedMs, ...unknown }
  }

  put(
    key: DocumentKey,
    value: unknown,
    _by: string,
    seenVersion?: number,
  ): Promise<Outcome<Taken>> {
    const headers: Record<string, string> = {}
    if (seenVersion === 0) headers['if-none-match'] = '*'
    else if (seenVersion !== undefined) headers['if-match'] = `"${seenVersion}"`
    return this.#take('PUT', pathOf(key), { body: value, headers })
  }

  async remove(key: DocumentKey): Promise<void> {
    await this.#client.call('DELETE', pathOf(key))
  }

  async history(key: DocumentKey): Promise<readonly DocumentVersion[]> {
    const { versions } = await this.#client.call<{
      versions: readonly (ShownHead & Pick<DocumentVersion, 'action' | 'revision'>)[]
    }>('GET', `${pathOf(key)}/history`)
    return versions.map((each) => ({
      ...headOf(key.kind, each),
      ...{ action: each.action, revision: each.revision },
    }))
  }

  diff(key: DocumentKey, version: number): Promise<DocumentDiff> {
    const params = { version: String(version) }
    return this.#client.call('GET', `${pathOf(key)}/history`, { params })
  }

  undo(key: DocumentKey, version: number): Promise<Taken> {
    return this.#client.call('POST', `${pathOf(key)}/undo`, { body: { version } })
  }

  plan(edit: BulkEdit): Promise<Outcome<RegistryPlan>> {
    const { path, asking } = requestOf(edit)
    const params = { ...asking.params, dry_run: 'true' }
    return this.#take('POST', path, { ...asking, params })
  }

  async carryOut(edit: BulkEdit): Promise<Outcome<readonly Taken[]>> {
    const { path, asking } = requestOf(edit)
    const outcome = await this.#take<Record<string, readonly Taken[]>>('POST', path, asking)
    return 'problems' in outcome ? outcome : { done: Object.values(outcome.done).flat() }
  }

  async dump(kind: DocumentKind, type: string): Promise<string> {
    const params = { kind, format: FORMATS[type] }
    return (await this.#client.ask('GET', `${SD}/export`, { params })).text
  }

  async changes({ before, count, search }: ChangeQuery): Promise<readonly RegistryChange[]> {
    const params = { before: String(before), limit: String(count), search }
    const { changes } = await this.#client.call<{ changes: readonly ShownChange[] }>(
      'GET',
      `${SD}/changes`,
      { params },
    )
    return changes.map(changeOf)
  }

  async hold(key: string, value: unknown): Promise<Outcome<Lease>> {
    const path = `${SD}/leases/${encodeURIComponent(key)}`
    const outcome = await this.#take<ShownLease>('PUT', path, { body: value })
    return 'problems' in outcome ? outcome : { done: leaseOf(outcome.done) }
  }

  async release(key: string): Promise<void> {
    await this.#client.call('DELETE', `${SD}/leases/${encodeURIComponent(key)}`)
  }

  async leases(): Promise<readonly Lease[]> {
    const { leases } = await this.#client.call<{ leases: readonly ShownLease[] }>(
      'GET',
      `${SD}/leases`,
    )
    return leases.map(leaseOf)
  }

  /** What was taken, or every reason why not. */
  async #take<T>(method: string, path: string, asking: Asking): Promise<Outcome<T>> {
    try {
      return { done: await this.#client.call<T>(method, path, asking) }
    } catch (error) {
      if (error instanceof RefusedError) return { problems: error.problems }
      throw error
    }
  }
}

function pathOf({ kind, name }: DocumentKey): string {
  return `${SD}/${kind}s/${encodeURIComponent(name)}`
}

function requestOf(edit: BulkEdit): { path: string; asking: Asking } {
  if (edit.action !== 'import') return { path: `${SD}/bulk`, asking: { body: edit } }
  const { kind, type, text, isWhole } = edit
  const params = { kind, whole: String(isWhole) }
  return { path: `${SD}/import`, asking: { params, type, body: text } }
}

function headOf(kind: DocumentKind, { changed, by, ...rest }: ShownHead): DocumentHead {
  return { kind, revision: 0, changedMs: Date.parse(changed), changedBy: by, ...rest }
}

function leaseOf({ labels, ttlSeconds, expires, by, ...rest }: ShownLease): Lease {
  return {
    ...rest,
    labels: JSON.stringify(labels),
    ttlMs: ttlSeconds * 1000,
    expiresMs: Date.parse(expires),
    changedBy: by,
  }
}

function changeOf({ at, documents, leases, ...rest }: ShownChange): RegistryChange {
  return {
    ...rest,
    atMs: Date.parse(at),
    documents: documents.map((each) => ({ ...headOf(each.kind, each), action: each.action })),
    leases: leases.map(({ labels, at: time, ...event }) => ({
      ...{ ...event, labels: JSON.stringify(labels) },
      ...{ atMs: Date.parse(time), revision: rest.revision },
    })),
  }
}
