/** A gRPC call on raw bytes that streams both ways, over a connection of its own. */
import {
  Client,
  logVerbosity,
  Metadata,
  type ServiceError,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import type { NarthexError } from '../../base/error.ts'
import type { TlsConfig } from '../../config/http.ts'
import { type CallStatus, endOf } from './status.ts'
import { channelCredentials } from './tls.ts'

export interface CallOptions {
  /** `host:port` */
  readonly address: string
  /** undefined: without TLS. */
  readonly tls: TlsConfig | undefined
  readonly path: string
  readonly metadata: readonly (readonly [string, string])[]
  readonly messageBytesMax: number
  readonly onMessage: (message: Uint8Array) => void
  /** Once, with the reason; undefined when the other end has ended it well. */
  readonly onEnd: (reason: NarthexError | undefined) => void
}

/** A call under way. */
export interface ClientCall {
  send(message: Uint8Array): void
  /** Says that nothing more comes; the other end may still answer. */
  end(): void
  /** Ends it at once; `onEnd` is told as for any other end. */
  cancel(): void
}

const KEEPALIVE_MS = 20_000
const KEEPALIVE_TIMEOUT_MS = 10_000
const RECONNECT_MS = 100

/**
 * Begins a call; that it can be made at all shows only in `onMessage` and `onEnd`.
 *
 * @throws NarthexError `io` when TLS files cannot be read
 */
export async function openCall(options: CallOptions): Promise<ClientCall> {
  const { address, path, onMessage, onEnd, messageBytesMax } = options
  const tls = await channelCredentials(options.tls, address)
  setLogVerbosity(logVerbosity.NONE) // what it says comes to us as errors, too
  const client = new Client(address, tls.credentials, {
    ...tls.options,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
  })
  const metadata = new Metadata()
  for (const [name, value] of options.metadata) metadata.add(name, value)
  const call = client.makeBidiStreamRequest(
    path,
    (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    (bytes: Buffer): Uint8Array => bytes,
    metadata,
  )
  let hasEnded = false
  const finish = (seen: CallStatus | ServiceError): void => {
    if (hasEnded) return
    hasEnded = true
    client.close()
    onEnd(endOf(seen))
  }
  call.on('data', (message: Uint8Array) => {
    if (!hasEnded) onMessage(message)
  })
  call.on('error', (error: ServiceError) => finish(error))
  call.on('status', finish)
  return {
    send: (message) => {
      if (!hasEnded) call.write(message)
    },
    end: () => {
      if (!hasEnded) call.end()
    },
    cancel: () => {
      call.cancel()
      finish({ code: status.CANCELLED, details: 'the call was given up' })
    },
  }
}
