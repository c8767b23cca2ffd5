/** Connections for TLS and proxies, through node:http and node:https. */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { NarthexError } from '../../base/error.ts'
import type { HttpClientConfig } from '../../config/http.ts'
import type { BodyPool } from './body.ts'
import { builtin } from './builtin.ts'
import { closedEarly } from './fault.ts'
import { type Connection, NO_PIECES, type Pieces, type Reply } from './raw.ts'
import { tlsOptions } from './tls.ts'

/**
 * Opens nothing yet: the first exchange connects.
 *
 * @param lookup resolves the host of `url`; the system's way when absent
 */
export function openNodeConnection(
  url: URL,
  config: HttpClientConfig,
  proxy: URL | undefined,
  pool: BodyPool,
  lookup?: net.LookupFunction,
): Connection {
  return new NodeConnection(url, config, proxy, pool, lookup)
}

class NodeConnection implements Connection {
  readonly #url: URL
  readonly #config: HttpClientConfig
  readonly #proxy: URL | undefined
  readonly #pool: BodyPool
  readonly #lookup: net.LookupFunction | undefined
  #agent: Agent | undefined
  #request: ClientRequest | undefined
  #abort: ((error: Error) => void) | undefined

  constructor(
    url: URL,
    config: HttpClientConfig,
    proxy: URL | undefined,
    pool: BodyPool,
    lookup: net.LookupFunction | undefined,
  ) {
    this.#lookup = lookup
    this.#url = url
    this.#config = config
    this.#proxy = proxy
    this.#pool = pool
  }

  async exchange(
    request: string,
    bodyBytesMax: number,
    pieces: Pieces = NO_PIECES,
  ): Promise<Reply> {
    const aborted = new Promise<never>((_resolve, reject) => {
      this.#abort = reject
    })
    aborted.catch(() => {})
    const [line, ...headers] = request.trimEnd().split('\r\n')
    const [method, path] = line.split(' ')
    const options: RequestOptions = {
      method,
      path,
      headers: headers.flatMap((header) => {
        const colon = header.indexOf(':')
        return [header.slice(0, colon), header.slice(colon + 2)]
      }),
    }
    const agent = await Promise.race([this.#openAgent(), aborted])
    return Promise.race([this.#send(options, agent, bodyBytesMax, pieces), aborted])
  }

  abort(error: Error): void {
    this.#abort?.(error)
    this.#request?.destroy(error)
  }

  close(): void {
    this.#request?.destroy()
    this.#agent?.destroy()
    this.#agent = undefined
  }

  #send(
    options: RequestOptions,
    agent: Agent,
    bodyBytesMax: number,
    pieces: Pieces,
  ): Promise<Reply> {
    const { hostname, port, protocol, host } = this.#url
    const proxy = this.#proxy
    const target: RequestOptions =
      protocol === 'http:' && proxy !== undefined
        ? {
            ...options,
            host: proxy.hostname.replace(/^\[|\]$/g, ''),
            port: proxy.port || 80,
            path: `http://${host}${options.path}`,
            headers: [...(options.headers as unknown as string[]), ...proxyAuthorization(proxy)],
          }
        : { ...options, host: hostname.replace(/^\[|\]$/g, ''), port: port || 443 }
    return new Promise((resolve, reject) => {
      const module = builtin(protocol === 'https:' ? 'node:https' : 'node:http')
      const request = module.request({ ...target, agent }, (message) => {
        readMessage(message, this.#pool, bodyBytesMax).then(
          (reply) => {
            // An answer before the whole body was taken: nobody may read the body any more.
            if (!request.writableFinished) request.destroy()
            resolve(reply)
          },
          (error: unknown) => {
            request.destroy()
            reject(error)
          },
        )
      })
      this.#request = request
      request.on('error', reject)
      request.cork()
      for (const piece of pieces) request.write(piece)
      request.uncork()
      request.end()
    })
  }

  async #openAgent(): Promise<Agent> {
    if (this.#agent !== undefined) return this.#agent
    const options = {
      keepAlive: true,
      maxSockets: 1,
      maxFreeSockets: 1,
      ...(this.#lookup === undefined ? {} : { lookup: this.#lookup }),
    }
    if (this.#url.protocol === 'http:') {
      const { Agent } = builtin('node:http')
      this.#agent = new Agent(options)
    } else {
      const { Agent } = builtin('node:https')
      const secure = await tlsOptions(this.#config.tls, this.#url)
      const agent = new Agent({ ...options, ...secure })
      if (this.#proxy !== undefined) tunnel(agent, this.#proxy, this.#config, secure)
      this.#agent = agent
    }
    return this.#agent
  }
}

async function readMessage(
  message: IncomingMessage,
  pool: BodyPool,
  bodyBytesMax: number,
): Promise<Reply> {
  const body = pool.lease(bodyBytesMax)
  try {
    for await (const piece of message) body.append(piece, 0, piece.length)
    if (!message.complete) throw closedEarly(true)
  } catch (error) {
    body.release()
    throw error
  }
  body.finish()
  const { statusCode = 0, statusMessage = '', headers, rawHeaders } = message
  let fields = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    fields += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  }
  const head = {
    status: statusCode,
    statusLine: `${statusCode} ${statusMessage}`.trim(),
    contentType: headers['content-type'] ?? '',
    contentEncoding: (headers['content-encoding'] ?? '').toLowerCase(),
    location: headers.location ?? '',
    fields,
  }
  return { head, body }
}

/** Makes an agent connect through a proxy by CONNECT. */
export function tunnel(
  agent: Agent,
  proxy: URL,
  config: HttpClientConfig,
  secure: ConnectionOptions,
): void {
  agent.createConnection = (options, done): undefined => {
    openTunnel(proxy, `${options.host}:${options.port}`, config).then(
      (socket) => done?.(null, builtin('node:tls').connect({ ...secure, socket })),
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    )
  }
}

function openTunnel(proxy: URL, target: string, config: HttpClientConfig): Promise<net.Socket> {
  const headers: string[] = ['Host', target, ...proxyAuthorization(proxy)]
  for (const [name, secrets] of config.proxy.connectHeaders) {
    for (const secret of secrets) headers.push(name, secret.reveal())
  }
  const module = builtin(proxy.protocol === 'https:' ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    const request = module.request({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      headers,
    })
    request.on('connect', (message, socket) => {
      if (message.statusCode === 200 && socket instanceof net.Socket) resolve(socket)
      else {
        socket.destroy()
        reject(new NarthexError('io', `proxy answers ${message.statusCode} to CONNECT`))
      }
    })
    request.on('response', (message) => {
      message.destroy()
      reject(new NarthexError('io', `proxy answers ${message.statusCode} to CONNECT`))
    })
    request.on('error', reject)
    request.end()
  })
}

/** The header for a proxy that wants a password, as a flat list. */
export function proxyAuthorization(proxy: URL): string[] {
  if (proxy.username === '') return []
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return ['Proxy-Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
}
