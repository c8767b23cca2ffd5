/**
 * A simulated API server of Kubernetes: lists in pages, watches with history, faults on demand. What
 * it says has the shape that real ones have, save what no client looks at.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeObject {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

/** Kind and version of the objects of a resource. */
const KINDS: Readonly<Record<string, readonly [kind: string, apiVersion: string]>> = {
  nodes: ['Node', 'v1'],
  namespaces: ['Namespace', 'v1'],
  pods: ['Pod', 'v1'],
  services: ['Service', 'v1'],
  endpoints: ['Endpoints', 'v1'],
  endpointslices: ['EndpointSlice', 'discovery.k8s.io/v1'],
  ingresses: ['Ingress', 'networking.k8s.io/v1'],
}

/** What every answer has. */
const HEADERS = {
  'Audit-Id': '6b2ad1f0-7c3e-4f77-9a55-0d6f7f5f2b11',
  'Cache-Control': 'no-cache, private',
  'X-Kubernetes-Pf-Flowschema-Uid': '1f6f8b52-53a8-4f33-8b1e-1d0a4ad0c0de',
  'X-Kubernetes-Pf-Prioritylevel-Uid': '3cb6f1b7-6dc6-4a73-8a0d-52f9e2f5a911',
} as const

/** A change: an object that was there before, one that is there after it, or both. */
interface Change {
  readonly version: number
  readonly plural: string
  readonly before: FakeObject | undefined
  readonly after: FakeObject | undefined
}

/** Which objects a request is about. */
interface Wanted {
  readonly plural: string
  readonly namespace: string
  readonly label: string
  readonly field: string
}

interface Watch {
  readonly wanted: Wanted
  readonly wantsBookmarks: boolean
  readonly response: http.ServerResponse
}

/** The rest of a list as it was when its first page was asked for. */
interface Page {
  readonly version: number
  readonly rest: readonly FakeObject[]
}

/** Answers a request in place of the server; false to leave it to the server. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse) => boolean

/** Speaks the protocol of lists and watches as the real one does. */
export class FakeApiServer {
  readonly requests: http.IncomingMessage[] = []
  /** Asked for each request, in order, until one takes it. */
  readonly faults: Fault[] = []
  /** Tokens that are good; everybody is let in while it is empty. */
  readonly tokens: Set<string> = new Set()
  readonly #server: http.Server
  readonly #objects = new Map<string, Map<string, FakeObject>>()
  readonly #watches = new Set<Watch>()
  readonly #pages = new Map<string, Page>()
  #history: Change[] = []
  #version = 100
  #compacted = 0

  private constructor(server: http.Server) {
    this.#server = server
  }

  static async open(): Promise<FakeApiServer> {
    const server = http.createServer()
    const fake = new FakeApiServer(server)
    server.on('request', (request, response) => fake.#handle(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get watchCount(): number {
    return this.#watches.size
  }

  /** Paths that were asked for as watches, oldest first. */
  get watched(): URL[] {
    return this.requests.map((one) => new URL(one.url ?? '/', this.url)).filter(isWatch)
  }

  /** Paths that were asked for as lists, oldest first. */
  get listed(): URL[] {
    return this.requests
      .map((one) => new URL(one.url ?? '/', this.url))
      .filter((url) => !isWatch(url))
  }

  /** Makes or changes an object. */
  put(plural: string, object: FakeObject): void {
    const key = keyOf(object)
    const before = this.#of(plural).get(key)
    const after = this.#stamp(plural, object)
    this.#of(plural).set(key, after)
    this.#tell({ version: this.#version, plural, before, after })
  }

  remove(plural: string, key: string): void {
    const before = this.#of(plural).get(key)
    if (before === undefined) throw new Error(`no ${plural} ${key}`)
    this.#of(plural).delete(key)
    this.#version++
    this.#tell({ version: this.#version, plural, before, after: undefined })
  }

  /** Forgets all history: a watch from an older version is 410. */
  compact(): void {
    this.#version++
    this.#compacted = this.#version
    this.#history = []
  }

  /** Tells all watches that want it how far they are. */
  bookmark(): void {
    this.#version++
    for (const { response, wanted, wantsBookmarks } of this.#watches) {
      if (!wantsBookmarks) continue
      const [kind, apiVersion] = KINDS[wanted.plural]
      const metadata = { resourceVersion: String(this.#version), creationTimestamp: null }
      // An empty object of the kind, with what it cannot leave out.
      const more = kind === 'Pod' ? { spec: { containers: null }, status: {} } : {}
      writeEvent(response, 'BOOKMARK', { kind, apiVersion, metadata, ...more })
    }
  }

  /** Sends text to all watches as it is. */
  say(text: string): void {
    for (const { response } of this.#watches) response.write(text)
  }

  /** Ends all watches: by the rules, or by closing their sockets. */
  cut(how: 'cleanly' | 'abruptly'): void {
    for (const watch of [...this.#watches]) {
      this.#watches.delete(watch)
      if (how === 'cleanly') watch.response.end()
      else watch.response.socket?.destroy()
    }
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #of(plural: string): Map<string, FakeObject> {
    const known = this.#objects.get(plural) ?? new Map<string, FakeObject>()
    this.#objects.set(plural, known)
    return known
  }

  /** The object as the server keeps it: typed, with a version, and with who changed what. */
  #stamp(plural: string, object: FakeObject): FakeObject {
    this.#version++
    const [kind, apiVersion] = KINDS[plural]
    const time = '2026-03-02T07:11:09Z'
    const metadata = {
      ...object.metadata,
      uid: object.metadata.uid ?? `5f3c0b9e-0000-4000-8000-${keyOf(object).length}`,
      resourceVersion: String(this.#version),
      creationTimestamp: time,
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion,
          time,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } } },
          subresource: 'status',
        },
      ],
    }
    return { ...object, kind, apiVersion, metadata }
  }

  #tell(change: Change): void {
    this.#history.push(change)
    for (const watch of this.#watches) sendChange(watch, change)
  }

  #handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests.push(request)
    response.on('error', () => {})
    if (this.faults.some((fault) => fault(request, response))) return
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    if (this.tokens.size > 0 && !this.tokens.has(token)) {
      refuse(response, 401, 'Unauthorized')
      return
    }
    const url = new URL(request.url ?? '/', this.url)
    const parts = /^\/(?:api|apis\/[^/]+)\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(
      url.pathname,
    )
    if (parts === null || KINDS[parts[2]] === undefined) {
      refuse(response, 404, 'the server could not find the requested resource', 'NotFound')
      return
    }
    const wanted = {
      plural: parts[2],
      namespace: parts[1] ?? '',
      label: url.searchParams.get('labelSelector') ?? '',
      field: url.searchParams.get('fieldSelector') ?? '',
    }
    if (isWatch(url)) this.#watch(url, wanted, response)
    else this.#list(url, wanted, response)
  }

  /** Pages of one list are of one moment, in the order of their keys; items do not say their kind. */
  #list(url: URL, wanted: Wanted, response: http.ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? 0) || Infinity
    const token = url.searchParams.get('continue')
    const page = token === null ? this.#firstPage(wanted) : this.#pages.get(token)
    if (page === undefined || (token !== null && page.version < this.#compacted)) {
      refuse(response, 410, 'The provided continue parameter is too old', 'Expired')
      return
    }
    const rest = page.rest.slice(limit)
    const resourceVersion = String(page.version)
    const metadata =
      rest.length === 0
        ? { resourceVersion }
        : { resourceVersion, continue: this.#keep(page, rest), ...remaining(wanted, rest) }
    const [kind, apiVersion] = KINDS[wanted.plural]
    const items = page.rest.slice(0, limit).map(({ kind: _, apiVersion: __, ...item }) => item)
    send(response, 200, { kind: `${kind}List`, apiVersion, metadata, items })
  }

  #firstPage(wanted: Wanted): Page {
    const rest = [...this.#of(wanted.plural)]
      .filter(([, object]) => fits(object, wanted))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
    return { version: this.#version, rest }
  }

  /** The token of the next page. */
  #keep({ version }: Page, rest: readonly FakeObject[]): string {
    const start = `${keyOf(rest[0])}\u0000`
    const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })
    const text = Buffer.from(token).toString('base64url')
    this.#pages.set(text, { version, rest })
    return text
  }

  #watch(url: URL, wanted: Wanted, response: http.ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, {
      ...HEADERS,
      'Content-Type': 'application/json',
      'Transfer-Encoding': 'chunked',
    })
    response.flushHeaders()
    if (from < this.#compacted) {
      const message = `too old resource version: ${from} (${this.#compacted})`
      writeEvent(response, 'ERROR', statusOf(410, message, 'Expired'))
      response.end()
      return
    }
    const wantsBookmarks = url.searchParams.get('allowWatchBookmarks') === 'true'
    const watch = { wanted, wantsBookmarks, response }
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    for (const change of this.#history) if (change.version > from) sendChange(watch, change)
  }
}

function isWatch(url: URL): boolean {
  return /^(1|true)$/.test(url.searchParams.get('watch') ?? '')
}

function keyOf({ metadata }: FakeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** Told only where no selector hides objects that the server would have to count. */
function remaining(
  { label, field }: Wanted,
  rest: readonly FakeObject[],
): { readonly remainingItemCount?: number } {
  return label === '' && field === '' ? { remainingItemCount: rest.length } : {}
}

function fits(object: FakeObject, { namespace, label, field }: Wanted): boolean {
  if (namespace !== '' && object.metadata.namespace !== namespace) return false
  return (
    selects(label, (name) => object.metadata.labels?.[name]) &&
    selects(field, (path) => path.split('.').reduce(step, object))
  )
}

/** Whether each `name=value` of a selector holds. */
function selects(selector: string, find: (name: string) => unknown): boolean {
  if (selector === '') return true
  return selector.split(',').every((term) => {
    const [name, value] = term.split('=')
    return find(name) === value
  })
}

function step(object: unknown, key: string): unknown {
  return (object as Readonly<Record<string, unknown>> | undefined)?.[key]
}

/** What a change is to a watch: an object that a selector no longer fits is gone for it. */
function sendChange({ wanted, response }: Watch, change: Change): void {
  const { plural, before, after, version } = change
  if (plural !== wanted.plural) return
  const was = before !== undefined && fits(before, wanted)
  const is = after !== undefined && fits(after, wanted)
  if (is) writeEvent(response, was ? 'MODIFIED' : 'ADDED', after)
  else if (was) {
    const metadata = { ...before.metadata, resourceVersion: String(version) }
    writeEvent(response, 'DELETED', { ...before, metadata })
  }
}

function writeEvent(response: http.ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`)
}

function send(response: http.ServerResponse, status: number, body: object): void {
  const headers = { ...HEADERS, 'Content-Type': 'application/json' }
  response.writeHead(status, headers).end(JSON.stringify(body))
}

function statusOf(code: number, message: string, reason: string): object {
  const failure = { status: 'Failure', message, reason, code }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, ...failure }
}

/** Answers as the server does when it will not. */
export function refuse(
  response: http.ServerResponse,
  code: number,
  message: string,
  reason = '',
): void {
  send(response, code, statusOf(code, message, reason))
}
