/** A simulated agent of Consul that speaks blocking queries. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers a request in place of the agent; false to leave it to the agent. */
export type ConsulFault = (url: URL, response: http.ServerResponse) => boolean

interface Waiting {
  readonly index: number
  answer(): void
}

export class FakeConsul {
  readonly requests: http.IncomingMessage[] = []
  readonly faults: ConsulFault[] = []
  readonly #server: http.Server
  readonly #instances = new Map<
    string,
    { tags: readonly string[]; list: readonly object[]; index: number }
  >()
  readonly #waiting = new Set<Waiting>()
  #index = 10
  #catalogIndex = 10

  private constructor(server: http.Server) {
    this.#server = server
  }

  static async open(
    listen: { port: number; host: string } | { path: string } = { port: 0, host: '127.0.0.1' },
  ): Promise<FakeConsul> {
    const server = http.createServer()
    const consul = new FakeConsul(server)
    server.on('request', (request, response) => consul.#handle(request, response))
    server.listen(listen)
    await once(server, 'listening')
    return consul
  }

  /** `host:port` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Paths and parameters, oldest first. */
  get asked(): URL[] {
    return this.requests.map((request) => new URL(request.url ?? '/', 'http://consul'))
  }

  /** Registers a service, or changes its instances. */
  set(name: string, list: readonly object[], tags: readonly string[] = []): void {
    this.#index++
    this.#catalogIndex = this.#index
    this.#instances.set(name, { tags, list, index: this.#index })
    this.#wake()
  }

  remove(name: string): void {
    this.#index++
    this.#catalogIndex = this.#index
    this.#instances.delete(name)
    this.#wake()
  }

  /** Answers all that waits as after a wait without a change. */
  expireWaits(): void {
    for (const one of [...this.#waiting]) one.answer()
  }

  /** Begins anew, as after a restored snapshot: the index goes back. */
  resetIndex(index: number): void {
    this.#index = index
    this.#catalogIndex = index
    for (const [name, one] of this.#instances) this.#instances.set(name, { ...one, index })
    this.expireWaits()
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #wake(): void {
    for (const one of [...this.#waiting]) if (this.#index > one.index) one.answer()
  }

  #handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests.push(request)
    const url = new URL(request.url ?? '/', 'http://consul')
    if (this.faults.some((fault) => fault(url, response))) return
    const path = url.pathname.replace(/^\/prefix/, '')
    if (path === '/v1/agent/self') {
      response.end(JSON.stringify({ Config: { Datacenter: 'dc-fake' } }))
      return
    }
    const service = /^\/v1\/health\/service\/(.+)$/.exec(path)?.[1]
    const reply = (): void => {
      if (service === undefined) this.#sendCatalog(response)
      else this.#sendInstances(decodeURIComponent(service), url, response)
    }
    const index = Number(url.searchParams.get('index') ?? 0)
    const newest =
      service === undefined
        ? this.#catalogIndex
        : (this.#instances.get(service)?.index ?? this.#index)
    if (index === 0 || newest > index) {
      reply()
      return
    }
    const waiting: Waiting = {
      index,
      answer: () => {
        this.#waiting.delete(waiting)
        reply()
      },
    }
    this.#waiting.add(waiting)
    response.on('close', () => this.#waiting.delete(waiting))
  }

  #sendCatalog(response: http.ServerResponse): void {
    const tags = Object.fromEntries([...this.#instances].map(([name, one]) => [name, one.tags]))
    response.setHeader('X-Consul-Index', String(this.#catalogIndex))
    response.end(JSON.stringify(tags))
  }

  #sendInstances(name: string, url: URL, response: http.ServerResponse): void {
    const tags = url.searchParams.getAll('tag')
    const list = (this.#instances.get(name)?.list ?? []).filter((one) => {
      const own = (one as { Service?: { Tags?: string[] } }).Service?.Tags ?? []
      return tags.every((tag) => own.includes(tag))
    })
    response.setHeader('X-Consul-Index', String(this.#instances.get(name)?.index ?? this.#index))
    response.end(JSON.stringify(list))
  }
}

/** One entry of the health endpoint. */
export function instance(address: string, port = 9100, changed: object = {}): object {
  return {
    Node: {
      ID: 'f6c2',
      Node: 'node-1',
      Address: '192.168.1.1',
      Datacenter: 'dc-fake',
      TaggedAddresses: { lan: '192.168.1.1', wan: '203.0.113.1' },
      Meta: { 'rack-id': '7' },
    },
    Service: {
      ID: `web-${port}`,
      Service: 'web',
      Tags: ['a', 'b'],
      Address: address,
      Port: port,
      Meta: { version: '2' },
      Namespace: 'ns1',
      Partition: 'p1',
    },
    Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
    ...changed,
  }
}
