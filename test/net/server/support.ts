/** A server with a few routes on a free port, and clients that say exactly what a test wants. */
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { NO_WEB_CONFIG, type WebConfig } from '../../../src/config/web.ts'
import type { IdentitySource } from '../../../src/net/server/identities.ts'
import type { ServerLimits } from '../../../src/net/server/limits.ts'
import type { Ask, Reply, Route, Witness } from '../../../src/net/server/message.ts'
import type { LateRoutes } from '../../../src/net/server/route.ts'
import { type Server, startServer } from '../../../src/net/server/server.ts'

/** The thread that compares passwords, as it stands in the source. */
export const BCRYPT_WORKER: URL = new URL(
  '../../../src/net/server/bcryptworker.ts',
  import.meta.url,
)

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: Buffer
  readonly text: string
}

export interface Given {
  readonly routes?: readonly Route[]
  readonly lateRoutes?: readonly LateRoutes[]
  readonly web?: Partial<WebConfig>
  readonly identities?: IdentitySource
  readonly witness?: Witness
  readonly hostNames?: readonly string[]
  readonly limits?: Partial<ServerLimits>
  readonly log?: Log
  readonly clock?: Clock
}

export interface TestServer extends AsyncDisposable {
  readonly server: Server
  readonly metrics: Metrics
  readonly port: number
  ask(path: string, how?: How): Promise<Answer>
  /** Sends the text over a bare socket and gives back what comes until the end. */
  raw(text: string): Promise<string>
}

export interface How {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A route that answers with its own path, open to viewers. */
export function route(path: string, more: Partial<Route> = {}): Route {
  return {
    methods: ['GET'],
    path,
    role: 'viewer',
    changes: false,
    body: 'none',
    handle: (): Reply => ({ status: 200, type: 'text/plain', body: path }),
    ...more,
  }
}

export function text(body: string): (ask: Ask) => Reply {
  return () => ({ status: 200, type: 'text/plain', body })
}

export async function serve(given: Given = {}): Promise<TestServer> {
  const metrics = new Metrics()
  const server = await startServer({
    addresses: ['127.0.0.1:0'],
    routes: given.routes ?? [route('/hello')],
    lateRoutes: given.lateRoutes ?? [],
    web: { ...NO_WEB_CONFIG, ...given.web },
    identities: given.identities,
    witness: given.witness,
    hostNames: given.hostNames ?? [],
    limits: given.limits ?? {},
    bcryptWorkerFile: BCRYPT_WORKER,
    metrics,
    log: given.log ?? silentLog,
    clock: given.clock ?? systemClock,
  })
  const { port } = server.addresses[0]
  return {
    server,
    metrics,
    port,
    ask: (path, how) => ask(port, path, how),
    raw: (words) => raw(port, words),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

function ask(port: number, path: string, how: How = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = how
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const status = response.statusCode ?? 0
        resolve({ status, headers: flat(response.headers), bytes, text: bytes.toString('utf8') })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function raw(port: number, words: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(words))
    readToEnd(socket).then(resolve)
  })
}

/** Everything that a socket gives until it is closed, however it is closed. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let all = ''
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(all))
  })
}

/** The value of one line of the metrics page. */
export function metric(metrics: Metrics, line: string): number | undefined {
  const found = metrics
    .render()
    .split('\n')
    .find((each) => each.startsWith(`${line} `))
  return found === undefined ? undefined : Number(found.slice(line.length + 1))
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
}
