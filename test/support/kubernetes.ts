/** A simulated API server of Kubernetes: lists in pages, watches with history, faults on demand. */
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

interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly version: number
  readonly plural: string
  readonly object: FakeObject
}

interface Watch {
  readonly plural: string
  readonly namespace: string
  readonly label: string
  readonly response: http.ServerResponse
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
  #history: Event[] = []
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
    const known = this.#of(plural).has(key)
    const stamped = this.#stamp(object)
    this.#of(plural).set(key, stamped)
    this.#tell({
      type: known ? 'MODIFIED' : 'ADDED',
      version: this.#version,
      plural,
      object: stamped,
    })
  }

  remove(plural: string, key: string): void {
    const object = this.#of(plural).get(key)
    if (object === undefined) throw new Error(`no ${plural} ${key}`)
    this.#of(plural).delete(key)
    const stamped = this.#stamp(object)
    this.#tell({ type: 'DELETED', version: this.#version, plural, object: stamped })
  }

  /** Forgets all history: a watch from an older version is 410. */
  compact(): void {
    this.#version++
    this.#compacted = this.#version
    this.#history = []
  }

  /** Tells all watches how far they are. */
  bookmark(): void {
    this.#version++
    for (const { response } of this.#watches) {
      const metadata = { resourceVersion: String(this.#version) }
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`)
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

  #stamp(object: FakeObject): FakeObject {
    this.#version++
    const resourceVersion = String(this.#version)
    return { ...object, metadata: { ...object.metadata, resourceVersion } }
  }

  #tell(event: Event): void {
    this.#history.push(event)
    for (const watch of this.#watches) sendEvent(watch, event)
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
    if (parts === null) refuse(response, 404, 'the server could not find the requested resource')
    else if (isWatch(url)) this.#watch(url, parts[2], parts[1] ?? '', response)
    else this.#list(url, parts[2], parts[1] ?? '', response)
  }

  #list(url: URL, plural: string, namespace: string, response: http.ServerResponse): void {
    const label = url.searchParams.get('labelSelector') ?? ''
    const fits = [...this.#of(plural).values()].filter((object) => isIn(object, namespace, label))
    const limit = Number(url.searchParams.get('limit') ?? 0) || fits.length
    const [version, from] = (url.searchParams.get('continue') ?? `${this.#version}:0`)
      .split(':')
      .map(Number)
    if (version < this.#compacted) {
      refuse(response, 410, 'The provided continue parameter is too old', 'Expired')
      return
    }
    const to = from + limit
    const next = to < fits.length ? { continue: `${version}:${to}` } : {}
    const metadata = { resourceVersion: String(version), ...next }
    send(response, 200, { kind: 'List', apiVersion: 'v1', metadata, items: fits.slice(from, to) })
  }

  #watch(url: URL, plural: string, namespace: string, response: http.ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' })
    response.flushHeaders()
    if (from < this.#compacted) {
      const message = `too old resource version: ${from} (${this.#compacted})`
      const object = { kind: 'Status', status: 'Failure', message, reason: 'Expired', code: 410 }
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
      return
    }
    const label = url.searchParams.get('labelSelector') ?? ''
    const watch = { plural, namespace, label, response }
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    for (const event of this.#history) if (event.version > from) sendEvent(watch, event)
  }
}

function isWatch(url: URL): boolean {
  return /^(1|true)$/.test(url.searchParams.get('watch') ?? '')
}

function keyOf({ metadata }: FakeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

function isIn({ metadata }: FakeObject, namespace: string, label: string): boolean {
  if (namespace !== '' && metadata.namespace !== namespace) return false
  const [name, value] = label.split('=')
  return label === '' || metadata.labels?.[name] === value
}

function sendEvent({ plural, namespace, label, response }: Watch, event: Event): void {
  if (event.plural !== plural || !isIn(event.object, namespace, label)) return
  response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`)
}

function send(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

/** Answers as the server does when it will not. */
export function refuse(
  response: http.ServerResponse,
  code: number,
  message: string,
  reason = '',
): void {
  send(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    reason,
    code,
  })
}
