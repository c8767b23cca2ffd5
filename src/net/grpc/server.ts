/** A gRPC listener for methods on raw bytes: connections, TLS, who asks, bounds and the end. */
import {
  Server as GrpcLibraryServer,
  type handleUnaryCall,
  logVerbosity,
  type Metadata,
  type ServerDuplexStream,
  setLogVerbosity,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Running } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { WebConfig } from '../../config/web.ts'
import { hasRole, type Role } from '../../model/role.ts'
import { explainListenError, formatAddress, type ListenAddress } from '../server/address.ts'
import { type Authenticator, openAuthenticator } from '../server/auth.ts'
import type { Identity } from '../server/message.ts'
import { type CallStatus, statusOf } from './status.ts'
import { certificateOf, listenerCredentials, type WebCredentials } from './tls.ts'

/** One call of a method that streams both ways. */
export interface ByteStream {
  readonly identity: Identity
  /** Address and port of the other end. */
  readonly peer: string
  /** Queues a message; what the other end does not take waits in memory. */
  send(message: Uint8Array): void
  /** Takes no further message for now; the other end is held up in turn. */
  pause(): void
  resume(): void
  /** Ends the call well once everything is sent. */
  end(): void
  /** Ends the call with the status of an error. */
  fail(error: unknown): void
}

/** Hears of one call. */
export interface ByteStreamHandler {
  onMessage(message: Uint8Array): void
  /** Once, whoever ended it. */
  onEnd(): void
}

/** A method that streams, by its whole path: `/package.Service/Method`. */
export interface StreamMethod {
  readonly path: string
  /** Nobody calls it without at least this role. */
  readonly role: Role
  readonly stream: (stream: ByteStream) => ByteStreamHandler
}

/** A method with one question and one answer. */
export interface UnaryMethod {
  readonly path: string
  readonly role: Role
  readonly unary: (message: Uint8Array, identity: Identity, peer: string) => Promise<Uint8Array>
}

export type GrpcMethod = StreamMethod | UnaryMethod

export interface GrpcServerOptions {
  readonly addresses: readonly ListenAddress[]
  readonly methods: readonly GrpcMethod[]
  readonly web: WebConfig
  /** Program of the thread that compares passwords. */
  readonly bcryptWorkerFile: URL
  /** Largest message that is taken. */
  readonly messageBytesMax: number
  /** Calls at once on one connection. */
  readonly callsMax?: number
  readonly metrics: Metrics
  readonly log: Log
  readonly clock: Clock
}

/** A server that listens. */
export interface GrpcServer extends Running {
  /** Where it listens, with the real ports. */
  readonly addresses: readonly ListenAddress[]
  /** @throws NarthexError `bad_data` when it cannot work; the old one then stays */
  reload(web: WebConfig): void
  /** Lets calls under way end, for a while, and closes everything. */
  stop(): Promise<void>
}

export const CALLS_MAX = 100
/** The flags that say where gRPC is taken. */
const FLAGS = '--gateway.grpc-address, --otlp.grpc-address'
const KEEPALIVE_MS = 30_000
const KEEPALIVE_TIMEOUT_MS = 10_000
const STOP_MS_MAX = 2000
/** Memory of HTTP/2 for one connection, in MB. */
const SESSION_MB_MAX = 32

/**
 * Listens on every address or on none.
 *
 * @throws NarthexError `bad_data` for a web configuration that cannot be served, `io` when an
 *   address cannot be had
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const house = new GrpcHouse(options)
  try {
    for (const address of options.addresses) await house.open(address)
  } catch (error) {
    await house.stop()
    throw error
  }
  return house
}

type BidiCall = ServerDuplexStream<Uint8Array, Uint8Array>

class GrpcHouse implements GrpcServer {
  readonly addresses: ListenAddress[] = []
  readonly #options: GrpcServerOptions
  readonly #server: GrpcLibraryServer
  readonly #calls: (path: string, result: string) => void
  #credentials: WebCredentials
  #web: WebConfig
  #authenticator: Authenticator

  constructor(options: GrpcServerOptions) {
    this.#options = options
    this.#web = options.web
    this.#authenticator = openAuthenticator(options.web, options.bcryptWorkerFile, options.clock)
    this.#credentials = listenerCredentials(options.web.tls)
    const counted = options.metrics.counter(
      'narthex_grpc_calls_total',
      'Calls of gRPC methods that have ended, by code.',
      ['method', 'code'],
    )
    this.#calls = (path, result) => counted.with(path, result).inc()
    setLogVerbosity(logVerbosity.NONE) // what it says comes to us as errors, too
    this.#server = new GrpcLibraryServer({
      'grpc.max_receive_message_length': options.messageBytesMax,
      'grpc.max_send_message_length': options.messageBytesMax,
      'grpc.max_concurrent_streams': options.callsMax ?? CALLS_MAX,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc-node.max_session_memory': SESSION_MB_MAX,
      // Without it the library does not know its connections, and could not close them at the end.
      'grpc.enable_channelz': 1,
    })
    for (const method of options.methods) this.#register(method)
  }

  open(address: ListenAddress): Promise<void> {
    const host = address.host === '' ? '0.0.0.0' : address.host
    const target = formatAddress({ host, port: address.port })
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, this.#credentials, (error, port) => {
        if (error !== null) reject(explainListenError(address, withCode(error), FLAGS))
        else {
          this.addresses.push({ host: address.host, port })
          resolve()
        }
      })
    })
  }

  reload(web: WebConfig): void {
    if (web.tls?.clientAuth !== this.#web.tls?.clientAuth) {
      throw new NarthexError(
        'bad_data',
        'cannot change TLS while serving: turning it on or off and client_auth_type need a restart',
      )
    }
    const { bcryptWorkerFile, clock } = this.#options
    const authenticator = openAuthenticator(web, bcryptWorkerFile, clock)
    this.#credentials.renew(web.tls)
    this.#authenticator = authenticator
    this.#web = web
  }

  async stop(): Promise<void> {
    const { clock } = this.#options
    await new Promise<void>((resolve) => {
      const timer = clock.after(STOP_MS_MAX, () => this.#server.forceShutdown())
      this.#server.tryShutdown(() => {
        timer.cancel()
        resolve()
      })
    })
    this.#server.forceShutdown()
  }

  #register(method: GrpcMethod): void {
    const asBytes = (bytes: Uint8Array): Buffer =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const handler = 'stream' in method ? this.#streamHandler(method) : this.#unaryHandler(method)
    this.#server.register(
      method.path,
      handler as UntypedHandleCall as never,
      asBytes,
      (bytes: Buffer): Uint8Array => bytes,
      'stream' in method ? 'bidi' : 'unary',
    )
  }

  #streamHandler(method: StreamMethod): (call: BidiCall) => void {
    return (call) => {
      call.on('error', () => {}) // a broken connection: 'close' tells the handler
      this.#identify(call, method)
        .then((identity) => {
          if (!call.destroyed) this.#attach(call, method, identity)
        })
        .catch((error: unknown) => this.#endCall(call, method.path, error))
    }
  }

  #attach(call: BidiCall, method: StreamMethod, identity: Identity): void {
    let hasEnded = false
    const end = (): void => {
      if (hasEnded) return
      hasEnded = true
      handler.onEnd()
    }
    const handler = method.stream({
      identity,
      peer: call.getPeer(),
      send: (message) => {
        if (!hasEnded) call.write(message)
      },
      pause: () => call.pause(),
      resume: () => call.resume(),
      end: () => {
        if (!hasEnded) this.#endCall(call, method.path, undefined)
        end()
      },
      fail: (error) => {
        if (!hasEnded) this.#endCall(call, method.path, error)
        end()
      },
    })
    call.on('data', (message: Uint8Array) => {
      if (!hasEnded) handler.onMessage(message)
    })
    call.on('cancelled', end)
    call.on('close', end)
    call.on('end', () => {
      if (!hasEnded) this.#endCall(call, method.path, undefined)
      end()
    })
  }

  #unaryHandler(method: UnaryMethod): handleUnaryCall<Uint8Array, Uint8Array> {
    return (call, reply) => {
      this.#identify(call, method)
        .then((identity) => method.unary(call.request, identity, call.getPeer()))
        .then(
          (answer) => {
            this.#calls(method.path, 'OK')
            reply(null, answer)
          },
          (error: unknown) => reply(this.#refusal(method.path, error)),
        )
    }
  }

  async #identify(
    call: { readonly metadata: Metadata } & Parameters<typeof certificateOf>[0] & {
        getPeer(): string
      },
    method: GrpcMethod,
  ): Promise<Identity> {
    const certificate = certificateOf(call, this.#web.tls)
    const authorization = call.metadata.get('authorization').at(0)?.toString()
    const address = call.getPeer().replace(/:\d+$/, '')
    const verdict = await this.#authenticator.identify({ authorization, address, certificate })
    if ('fault' in verdict) throw new Unauthenticated(verdict.fault.message)
    if (!hasRole(verdict.identity.role, method.role)) {
      throw new NarthexError(
        'forbidden',
        `cannot call ${method.path}: ${verdict.identity.name} is ${verdict.identity.role}, wanted ${method.role}`,
      )
    }
    return verdict.identity
  }

  #endCall(call: BidiCall, path: string, error: unknown): void {
    if (error === undefined) {
      this.#calls(path, 'OK')
      call.end()
    } else call.emit('error', this.#refusal(path, error))
  }

  #refusal(path: string, error: unknown): CallStatus {
    const refusal =
      error instanceof Unauthenticated
        ? { code: status.UNAUTHENTICATED, details: error.message }
        : statusOf(error)
    if (refusal.code === status.INTERNAL) {
      this.#options.log.error('call of a gRPC method failed', { path, error: messageOf(error) })
    }
    this.#calls(path, status[refusal.code])
    return refusal
  }
}

/** Nobody that we know; gRPC has a code for it that our errors do not have. */
class Unauthenticated extends Error {}

/** The library hands out the text only. */
function withCode(error: Error): Error {
  const code = /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1]
  return code === undefined ? error : Object.assign(new Error(error.message), { code })
}
