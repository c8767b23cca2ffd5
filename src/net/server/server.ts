/** The listener: connections, their bounds and their end. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Running } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { WebConfig } from '../../config/web.ts'
import { type Access, openAccess } from './access.ts'
import {
  explainListenError,
  formatAddress,
  type ListenAddress,
  parseListenAddress,
} from './address.ts'
import { ByteBudget } from './budget.ts'
import { exchange } from './exchange.ts'
import type { Hall } from './hall.ts'
import type { IdentitySource } from './identities.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import type { Route, Witness } from './message.ts'
import { ChangeRate } from './rate.ts'
import { type LateRoutes, RouteTable } from './route.ts'
import {
  type ConnectionMetrics,
  openConnectionMetrics,
  openRefusedLogins,
  openRequestMetrics,
} from './telemetry.ts'
import { acceptsClient } from './tls.ts'

export interface ServerOptions {
  /** `host:port` each; port 0 for any free one. */
  readonly addresses: readonly string[]
  readonly routes: readonly Route[]
  /** Those that are made when they are asked for; none when absent. */
  readonly lateRoutes?: readonly LateRoutes[]
  readonly web: WebConfig
  /** Who is known beside the web configuration. */
  readonly identities?: IdentitySource | undefined
  /** Is told of changes and of wrong passwords. */
  readonly witness?: Witness | undefined
  /** Names by which clients may call this server, beside addresses and localhost. */
  readonly hostNames: readonly string[]
  readonly limits?: Partial<ServerLimits>
  /** Program of the thread that compares passwords: bcryptworker, plain or bundled. */
  readonly bcryptWorkerFile: URL
  readonly metrics: Metrics
  readonly log: Log
  readonly clock: Clock
}

/** A server that listens. */
export interface Server extends Running {
  /** Where it listens, with the real ports. */
  readonly addresses: readonly ListenAddress[]
  /** `http://…` or `https://…` of the first address, as this machine reaches it. */
  readonly url: string
  /**
   * Takes another web configuration for the connections and requests that come.
   *
   * @throws NarthexError `bad_data` when it cannot work; the old one then stays
   */
  reload(web: WebConfig): void
  /** Lets requests under way end, for a while, and closes everything. */
  stop(): Promise<void>
}

/** How often slow connections are looked for, as a share of the time they have. */
const CHECKS_PER_TIMEOUT = 4

/**
 * Listens on every address or on none.
 *
 * @throws NarthexError `bad_data` for a wrong address or web configuration, `io` when an address
 *   cannot be had
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const addresses = options.addresses.map(parseListenAddress)
  const house = new House(options, addresses)
  try {
    for (const address of addresses) await house.open(address)
  } catch (error) {
    await house.stop()
    throw error
  }
  return house
}

/** Listeners on several addresses that share their routes, bounds and web configuration. */
class House implements Server {
  readonly addresses: ListenAddress[] = []
  readonly #options: ServerOptions
  readonly #limits: ServerLimits
  readonly #names: readonly string[]
  readonly #hall: Hall
  readonly #connections: ConnectionMetrics
  readonly #servers: HttpServer[] = []
  #web: WebConfig
  #access: Access
  #isStopping = false

  constructor(options: ServerOptions, addresses: readonly ListenAddress[]) {
    const { metrics, log, clock } = options
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#options = options
    this.#limits = limits
    this.#names = [...options.hostNames, ...addresses.map((address) => address.host)]
    this.#web = options.web
    this.#access = this.#openAccess(options.web)
    const bodies = new ByteBudget('the bodies of all requests', limits.inflightBytesMax)
    const replies = new ByteBudget('the replies on their way', limits.replyBytesMax)
    this.#connections = openConnectionMetrics(metrics, limits, bodies, replies)
    this.#hall = {
      table: new RouteTable(options.routes, options.lateRoutes),
      limits,
      bodies,
      replies,
      requests: openRequestMetrics(metrics),
      logins: openRefusedLogins(metrics, log, clock),
      changes: openChangeRate(limits.changesPerSecondMax, metrics, clock),
      witness: options.witness,
      clock,
      log,
      underWay: new Set(),
      isStopping: () => this.#isStopping,
      access: () => this.#access,
    }
  }

  get url(): string {
    const scheme = this.#access.tls === undefined ? 'http' : 'https'
    return `${scheme}://${formatAddress(reachable(this.addresses[0]))}`
  }

  async open(address: ListenAddress): Promise<void> {
    const server = makeServer(this.#hall, this.#access, this.#limits)
    guardConnections(server, this.#limits, this.#connections, this.#options.clock)
    server.on('secureConnection', (socket: TLSSocket) => {
      const { tls } = this.#web
      if (tls !== undefined && !acceptsClient(tls, socket)) socket.destroy()
    })
    this.addresses.push(await listen(server, address))
    this.#servers.push(server)
  }

  reload(web: WebConfig): void {
    if (web.tls?.clientAuth !== this.#web.tls?.clientAuth) {
      throw new NarthexError(
        'bad_data',
        'cannot change TLS while serving: turning it on or off and client_auth_type need a restart',
      )
    }
    const access = this.#openAccess(web)
    if (access.tls !== undefined) {
      for (const server of this.#servers) secure(server, access.tls.options)
    }
    this.#access = access
    this.#web = web
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const closed = this.#servers.map((server) => new Promise((done) => server.close(done)))
    const timer = this.#options.clock.after(this.#limits.stopMsMax, () => {
      for (const departure of this.#hall.underWay) departure.leave(stopped())
      for (const server of this.#servers) server.closeAllConnections()
    })
    for (const server of this.#servers) server.closeIdleConnections()
    await Promise.all(closed)
    timer.cancel()
  }

  #openAccess(web: WebConfig): Access {
    const { bcryptWorkerFile, clock, identities } = this.#options
    return openAccess(web, this.#names, bcryptWorkerFile, clock, identities)
  }
}

function openChangeRate(
  perSecondMax: number,
  metrics: Metrics,
  clock: Clock,
): ChangeRate | undefined {
  return perSecondMax > 0 ? new ChangeRate(perSecondMax, metrics, clock) : undefined
}

function stopped(): NarthexError {
  return new NarthexError('canceled', 'the server stops')
}

/** ESM imports of node:http would load undici, 10 MiB that nobody here uses. */
function makeServer(hall: Hall, access: Access, limits: ServerLimits): HttpServer {
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headerMsMax,
    requestTimeout: limits.requestMsMax,
    keepAliveTimeout: limits.idleMsMax,
    connectionsCheckingInterval: Math.ceil(limits.headerMsMax / CHECKS_PER_TIMEOUT),
    insecureHTTPParser: false,
  }
  const server =
    access.tls === undefined
      ? process.getBuiltinModule('node:http').createServer(options)
      : process.getBuiltinModule('node:https').createServer({
          ...options,
          ...access.tls.options,
          handshakeTimeout: limits.headerMsMax,
        })
  const answer =
    (waitsForContinue: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      void exchange(hall, request, response, waitsForContinue)
    }
  server.on('request', answer(false))
  server.on('checkContinue', answer(true))
  return server
}

function secure(server: HttpServer, options: object): void {
  if ('setSecureContext' in server) (server.setSecureContext as (next: object) => void)(options)
}

/** Bounds connections and answers what is not HTTP. */
function guardConnections(
  server: HttpServer,
  limits: ServerLimits,
  connections: ConnectionMetrics,
  clock: Clock,
): void {
  server.on('connection', (socket: Socket) => {
    if (connections.open.value >= limits.connectionsMax) {
      connections.refused.inc()
      socket.destroy()
      return
    }
    connections.open.inc()
    socket.once('close', () => connections.open.inc(-1))
  })
  server.on('tlsClientError', (_error, socket) => {
    connections.broken.inc()
    socket.destroy()
  })
  const answered = new WeakSet<object>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (answered.has(socket)) return
    answered.add(socket)
    connections.broken.inc()
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    socket.end(rawReply(error.code))
    clock.after(limits.lingerMsMax, () => socket.destroy())
  })
}

/** The reply to something that never became a request. */
function rawReply(code: string | undefined): string {
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'cannot read request: its headers are too long']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'cannot read request: it took too long to come']
        : ['400 Bad Request', 'cannot read request: this is not HTTP/1.1']
  return (
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
    `x-content-type-options: nosniff\r\ncontent-length: ${text.length + 1}\r\n\r\n${text}\n`
  )
}

function listen(server: HttpServer, address: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(explainListenError(address, error))
    server.once('error', fail)
    server.listen(
      { port: address.port, ...(address.host === '' ? {} : { host: address.host }) },
      () => {
        server.off('error', fail)
        const { port } = server.address() as AddressInfo
        resolve({ host: address.host, port })
      },
    )
  })
}

/** An address that this machine can reach itself by. */
function reachable({ host, port }: ListenAddress): ListenAddress {
  const isEverywhere = host === '' || host === '0.0.0.0' || host === '::'
  return { host: isEverywhere ? '127.0.0.1' : host, port }
}
