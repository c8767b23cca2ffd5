/** A kept-alive connection for plain HTTP that reads its socket itself, into one buffer for all. */
import net from 'node:net'
import type { BodyBuffer, BodyPool } from './body.ts'
import { closedEarly } from './fault.ts'
import { type ReplyHead, ResponseReader } from './response.ts'

/** Bytes read from any socket at once; what is read is used up before the next read. */
const READ_BYTES = 64 * 1024
const READ_BUFFER: Buffer = Buffer.allocUnsafeSlow(READ_BYTES)

/** An answer whose body the receiver gives back. */
export interface Reply {
  readonly head: ReplyHead
  readonly body: BodyBuffer
}

/** A body that need not lie in one piece. */
export type Pieces = readonly Uint8Array[]

/** The body of a request that has none. */
export const NO_PIECES: Pieces = []

/** Asks one peer, one request at a time. */
export interface Connection {
  /**
   * Sends a request and resolves with its answer; rejects with what went wrong. Once it has
   * settled, nobody reads the pieces any more.
   *
   * @param request head up to the empty line
   * @param pieces  the body, sent as it lies; a connection that the peer gave up gets it again
   */
  exchange(request: string, bodyBytesMax: number, pieces?: Pieces): Promise<Reply>
  /** Ends the exchange in progress with `error`. */
  abort(error: Error): void
  close(): void
}

interface Exchange {
  readonly request: string
  readonly pieces: Pieces
  readonly bodyBytesMax: number
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
  /** Whether the connection was there before: then a close before the answer is tried again. */
  reused: boolean
}

/**
 * Opens nothing yet: the first exchange connects.
 *
 * @param lookup resolves the host; the system's way when absent
 */
export function openRawConnection(
  host: string,
  port: number,
  pool: BodyPool,
  lookup?: net.LookupFunction,
): Connection {
  return new RawConnection(host, port, pool, lookup)
}

class RawConnection implements Connection {
  readonly #host: string
  readonly #port: number
  readonly #lookup: net.LookupFunction | undefined
  readonly #reader: ResponseReader
  #socket: net.Socket | undefined
  #exchange: Exchange | undefined

  constructor(host: string, port: number, pool: BodyPool, lookup: net.LookupFunction | undefined) {
    this.#host = host
    this.#port = port
    this.#lookup = lookup
    this.#reader = new ResponseReader(pool)
  }

  exchange(request: string, bodyBytesMax: number, pieces: Pieces = NO_PIECES): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const reused = this.#socket !== undefined
      this.#exchange = { request, pieces, bodyBytesMax, resolve, reject, reused }
      this.#send()
    })
  }

  abort(error: Error): void {
    this.#fail(error)
  }

  close(): void {
    this.#dropSocket()
  }

  #send(): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#reader.start(exchange.bodyBytesMax)
    this.#socket ??= this.#connect()
    const socket = this.#socket
    if (exchange.pieces.length === 0) {
      socket.write(exchange.request, 'latin1')
      return
    }
    // Only buffers among what is written: they go out by one call, none of them copied.
    socket.cork()
    socket.write(Buffer.from(exchange.request, 'latin1'))
    for (const piece of exchange.pieces) socket.write(piece)
    socket.uncork()
  }

  #connect(): net.Socket {
    const socket: net.Socket = net.connect({
      host: this.#host,
      port: this.#port,
      noDelay: true,
      ...(this.#lookup === undefined ? {} : { lookup: this.#lookup }),
      onread: {
        buffer: READ_BUFFER,
        callback: (length: number): boolean => {
          if (this.#socket === socket) this.#read(length)
          return true
        },
      },
    })
    let failure: Error | undefined
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('end', () => {
      if (this.#socket === socket) this.#onEnd()
    })
    socket.on('close', () => {
      if (this.#socket === socket) this.#onClose(failure)
    })
    return socket
  }

  #read(length: number): void {
    if (this.#exchange === undefined) {
      this.#dropSocket()
      return
    }
    try {
      if (this.#reader.feed(READ_BUFFER, length)) this.#complete()
    } catch (error) {
      this.#fail(error)
    }
  }

  #complete(): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    const { head, body, keepAlive } = this.#reader
    this.#reader.body = undefined
    const isSent = this.#socket?.writableLength === 0
    if (!keepAlive || !isSent) this.#dropSocket()
    if (exchange !== undefined && head !== undefined && body !== undefined) {
      exchange.resolve({ head, body })
    }
  }

  /** The peer sends nothing more. */
  #onEnd(): void {
    if (this.#exchange !== undefined && this.#reader.close()) this.#complete()
    else this.#onClose(undefined)
  }

  #onClose(failure: Error | undefined): void {
    this.#dropSocket()
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (exchange.reused && !this.#reader.hasBegun) {
      exchange.reused = false
      this.#send()
      return
    }
    this.#fail(failure ?? closedEarly(this.#reader.hasBegun))
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#reader.drop()
    this.#dropSocket()
    exchange?.reject(error)
  }

  #dropSocket(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}
