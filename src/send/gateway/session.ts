/** One stream to one gateway: hello, numbered batches, an answer to each, a window of bytes. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { TlsConfig } from '../../config/http.ts'
import type { SeriesId } from '../../model/appender.ts'
import { type ClientCall, openCall } from '../../net/grpc/client.ts'
import type { WriteMetadata } from '../../wire/remotewrite.ts'
import {
  decodeReply,
  encodeHello,
  type GatewayReply,
  type Hello,
  STREAM_PATH,
} from '../../wire/stream.ts'
import { ResultSum } from '../http/resultsum.ts'
import type { Parcel } from '../parcel.ts'
import { type SeriesView, WRITTEN, type WriteResult } from '../writer.ts'
import { type Batch, BatchMaker } from './batch.ts'

export interface SessionOptions {
  /** `host:port` */
  readonly address: string
  readonly tls: TlsConfig | undefined
  /** Headers with credentials, as they are now. */
  readonly headers: readonly (readonly [string, string])[]
  readonly hello: Hello
  readonly view: SeriesView
  /** How long the gateway has for its welcome. */
  readonly connectMsMax: number
  /** How long it has for an answer. */
  readonly answerMsMax: number
  readonly clock: Clock
  readonly onBytes: (sizeBytes: number) => void
}

/** Largest answer that is read; answers are short. */
const REPLY_BYTES_MAX = 4 * 1024 * 1024

type Answer = Exclude<GatewayReply, { readonly kind: 'welcome' | 'goodbye' }>

interface Pending {
  readonly sizeBytes: number
  readonly settle: (result: WriteResult) => void
}

/**
 * Opens a stream.
 *
 * @param signal gives it up
 * @throws NarthexError `io`, `timeout`, `forbidden` or `bad_data`: why there is none
 */
export async function openSession(
  options: SessionOptions,
  signal: AbortSignal,
): Promise<GatewaySession> {
  const session = new GatewaySession(options)
  await session.connect(signal)
  return session
}

export class GatewaySession {
  readonly #options: SessionOptions
  readonly #pending = new Map<number, Pending>()
  readonly #welcomed = Promise.withResolvers<void>()
  #maker: BatchMaker
  #call: ClientCall | undefined
  #windowBytes = 0
  #unansweredBytes = 0
  /** Those who wait for room in the window. */
  #waiting: (() => void)[] = []
  #end: NarthexError | undefined
  #isLeaving = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#maker = new BatchMaker(options.view, REPLY_BYTES_MAX)
    this.#welcomed.promise.catch(() => {}) // connect() hears of it, if it still waits
  }

  get address(): string {
    return this.#options.address
  }

  /** Whether nothing can be written through it any more. */
  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** Whether the gateway has asked to send elsewhere what is new. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  async connect(signal: AbortSignal): Promise<void> {
    const { clock, address, tls, headers, hello, connectMsMax } = this.#options
    this.#call = await openCall({
      address,
      tls,
      path: STREAM_PATH,
      metadata: headers.map(([name, value]) => [name.toLowerCase(), value] as const),
      messageBytesMax: REPLY_BYTES_MAX,
      onMessage: (message) => this.#hear(message),
      onEnd: (reason) => this.#finish(reason ?? new NarthexError('io', 'the gateway closed it')),
    })
    const give = (): void => this.close(new NarthexError('canceled', 'the sender stops'))
    const timer = clock.after(connectMsMax, () =>
      this.close(new NarthexError('timeout', `no welcome within ${connectMsMax} ms`)),
    )
    signal.addEventListener('abort', give)
    try {
      if (signal.aborted) give()
      else this.#send(encodeHello(hello))
      await this.#welcomed.promise
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', give)
    }
  }

  /** Writes parcels; never rejects for what the other end does. */
  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    await this.#room(signal)
    if (this.#end !== undefined) return brokenResult(this.#end)
    if (signal.aborted) return stoppedResult()
    const leftOut = new ResultSum()
    const batches = this.#maker.make(parcels, leftOut)
    return this.#sendAll(batches, leftOut, signal)
  }

  /** Tells of metric families; whether the gateway has taken it. */
  async writeMetadata(families: readonly WriteMetadata[], signal: AbortSignal): Promise<boolean> {
    if (this.#end !== undefined) return false
    const batches = this.#maker.makeMetadata(families)
    return (await this.#sendAll(batches, new ResultSum(), signal)).outcome === 'written'
  }

  forget(ids: readonly SeriesId[]): void {
    this.#maker.layouts.forget(ids)
  }

  /** Lets the gateway answer what is under way, then ends. */
  leave(): void {
    this.#isLeaving = true
    if (this.#pending.size === 0) this.#call?.end()
  }

  /** Ends it now; what is under way has to be written again. */
  close(reason: NarthexError): void {
    this.#finish(reason)
    this.#call?.cancel()
  }

  async #sendAll(
    batches: readonly Batch[],
    leftOut: ResultSum,
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const { clock, answerMsMax } = this.#options
    const answers = batches.map((batch) => this.#sendBatch(batch))
    const given = Promise.withResolvers<WriteResult>()
    const give = (): void => given.resolve(stoppedResult())
    const timer = clock.after(answerMsMax, () =>
      this.close(new NarthexError('timeout', `no answer within ${answerMsMax} ms`)),
    )
    signal.addEventListener('abort', give)
    try {
      return await Promise.race([given.promise, Promise.all(answers).then(combine(leftOut))])
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', give)
    }
  }

  #sendBatch({ number, bytes }: Batch): Promise<WriteResult> {
    const { promise, resolve } = Promise.withResolvers<WriteResult>()
    this.#pending.set(number, { sizeBytes: bytes.length, settle: resolve })
    this.#unansweredBytes += bytes.length
    this.#send(bytes)
    return promise
  }

  #send(message: Uint8Array): void {
    this.#call?.send(message)
    this.#options.onBytes(message.length)
  }

  /** Waits until the bytes without an answer are fewer than the gateway's window. */
  async #room(signal: AbortSignal): Promise<void> {
    while (this.#unansweredBytes >= this.#windowBytes && !signal.aborted && !this.hasEnded) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #hear(message: Uint8Array): void {
    if (this.hasEnded) return
    let reply: GatewayReply
    try {
      reply = decodeReply(message)
    } catch (error) {
      this.close(error instanceof NarthexError ? error : new NarthexError('io', messageOf(error)))
      return
    }
    if (reply.kind === 'welcome') {
      this.#windowBytes = reply.windowBytes
      this.#maker = new BatchMaker(this.#options.view, reply.messageBytesMax)
      this.#welcomed.resolve()
    } else if (reply.kind === 'goodbye') this.leave()
    else this.#settle(reply)
  }

  #settle(reply: Answer): void {
    const pending = this.#pending.get(reply.batch)
    if (pending === undefined) return
    this.#pending.delete(reply.batch)
    this.#unansweredBytes -= pending.sizeBytes
    if (reply.kind === 'lost') {
      for (const number of reply.layouts) this.#maker.layouts.lose(number)
    }
    pending.settle(resultOf(reply))
    this.#wake()
    if (this.#isLeaving && this.#pending.size === 0) this.#call?.end()
  }

  #finish(reason: NarthexError): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#welcomed.reject(reason)
    for (const { settle } of this.#pending.values()) settle(brokenResult(reason))
    this.#pending.clear()
    this.#wake()
  }
}

function resultOf(reply: Answer): WriteResult {
  switch (reply.kind) {
    case 'written':
      return reply.refused.size === 0 ? WRITTEN : { outcome: 'written', refused: reply.refused }
    case 'lost':
      return {
        outcome: 'retry',
        reason: 'layout_lost',
        message: `the gateway does not know layouts ${reply.layouts.slice(0, 5).join(', ')}`,
        afterMs: 0,
      }
    case 'retry':
      return {
        outcome: 'retry',
        reason: `gateway_${reply.reason}`,
        message: reply.message,
        afterMs: reply.afterMs,
      }
    case 'refused':
      return { outcome: 'refused', reason: `gateway_${reply.reason}`, message: reply.message }
  }
}

/** All must have been written; what failed first speaks for the whole write. */
function combine(leftOut: ResultSum): (results: readonly WriteResult[]) => WriteResult {
  return (results) => {
    for (const result of results) {
      if (result.outcome !== 'written') return result
      leftOut.add(result, 0)
    }
    return leftOut.result()
  }
}

/** Why a write through a stream that has ended is to be tried again. */
export function brokenResult(reason: NarthexError): WriteResult {
  const word = reason.kind === 'timeout' ? 'timeout' : 'connection'
  return { outcome: 'retry', reason: word, message: messageOf(reason), afterMs: 0 }
}

function stoppedResult(): WriteResult {
  return { outcome: 'retry', reason: 'stopped', message: 'the sender stops', afterMs: 0 }
}
