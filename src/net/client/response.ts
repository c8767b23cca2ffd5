/** One HTTP/1.1 answer read piece by piece from a socket. */
import { NarthexError } from '../../base/error.ts'
import { type BodyBuffer, type BodyPool, bodyTooBig } from './body.ts'

/** Bytes of status line and headers. */
export const HEAD_BYTES_MAX: number = 64 * 1024

/** Bytes of one line of a chunked body. */
const CHUNK_LINE_BYTES_MAX = 1024

/** Bytes of room that are made at once because a header says that they will come. */
const TRUSTED_BYTES_MAX = 1024 * 1024

/** Interim answers (1xx) before the real one. */
const INTERIM_MAX = 8

const IN_HEAD = 0
const IN_BODY = 1
const IN_CHUNK_LINE = 2
const IN_CHUNK = 3
const BEHIND_CHUNK = 4
const IN_TRAILER = 5
const TO_CLOSE = 6
const DONE = 7

/** Status and the headers that somebody asks for, by their lower-case names. */
export interface ReplyHead {
  readonly status: number
  /** `404 Not Found` */
  readonly statusLine: string
  readonly contentType: string
  readonly contentEncoding: string
  readonly location: string
  /** All header lines, for headerValue. */
  readonly fields: string
}

/** The value of a header by its lower-case name; '' when it is absent. */
export function headerValue(head: Pick<ReplyHead, 'fields'>, name: string): string {
  for (const line of head.fields.split('\r\n')) {
    const colon = line.indexOf(':')
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim()
  }
  return ''
}

/** Lengths of the names of headers that say something about the answer. */
const NAME_LENGTHS: ReadonlySet<number> = new Set(
  [
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'location',
    'transfer-encoding',
  ].map((name) => name.length),
)

/** What the head says about where the answer ends. */
interface Framing {
  length: number
  chunked: boolean
  keepAlive: boolean
}

/** Reads answers of one connection, one after the other. */
export class ResponseReader {
  head: ReplyHead | undefined
  body: BodyBuffer | undefined
  /** Whether the connection may be used for another request. */
  keepAlive = false
  readonly #pool: BodyPool
  #bytesMax = 0
  #state = DONE
  #stash: Buffer | undefined
  #left = 0
  #line = ''
  #interim = 0

  constructor(pool: BodyPool) {
    this.#pool = pool
  }

  /** Whether a byte of the answer has come. */
  get hasBegun(): boolean {
    return this.#state !== IN_HEAD || this.#stash !== undefined
  }

  /** Expects the next answer, with a body of less than `bodyBytesMax`. */
  start(bodyBytesMax: number): void {
    this.head = undefined
    this.body = undefined
    this.keepAlive = false
    this.#bytesMax = bodyBytesMax
    this.#state = IN_HEAD
    this.#stash = undefined
    this.#line = ''
    this.#interim = 0
  }

  /**
   * Takes the next bytes.
   *
   * @returns whether the answer is complete
   * @throws NarthexError for an answer that is not HTTP or too big
   */
  feed(bytes: Buffer, length: number): boolean {
    let at = 0
    while (at < length && this.#state !== DONE) {
      switch (this.#state) {
        case IN_HEAD:
          at = this.#feedHead(bytes, at, length)
          break
        case IN_BODY:
        case IN_CHUNK:
          at = this.#feedCounted(bytes, at, length)
          break
        case TO_CLOSE:
          this.#openBody().append(bytes, at, length)
          at = length
          break
        default:
          at = this.#feedLine(bytes, at, length)
      }
    }
    if (at < length) this.keepAlive = false
    return this.#state === DONE
  }

  /** The peer has closed; whether that completes the answer. */
  close(): boolean {
    if (this.#state === TO_CLOSE) this.#finish()
    return this.#state === DONE
  }

  /** Gives up an answer that will not be used. */
  drop(): void {
    this.body?.release()
    this.body = undefined
    this.#state = DONE
  }

  #feedHead(bytes: Buffer, from: number, to: number): number {
    const piece = bytes.subarray(from, to)
    const stash = this.#stash
    const all = stash === undefined ? piece : Buffer.concat([stash, piece])
    const end = all.indexOf('\r\n\r\n')
    if (end < 0 ? all.length > HEAD_BYTES_MAX : end > HEAD_BYTES_MAX) {
      throw malformed('headers are too long')
    }
    if (end < 0) {
      this.#stash = Buffer.from(all)
      return to
    }
    this.#stash = undefined
    this.#readHead(all.toString('latin1', 0, end))
    return to - (all.length - end - 4)
  }

  #readHead(text: string): void {
    const lineEnd = text.indexOf('\r\n')
    const first = lineEnd < 0 ? text : text.slice(0, lineEnd)
    if (!/^HTTP\/1\.[01] \d{3}(?: |$)/.test(first)) throw malformed('not an HTTP/1 status line')
    const status = Number(first.slice(9, 12))
    if (status < 200) {
      this.#interim++
      if (status === 101 || this.#interim > INTERIM_MAX) throw malformed(`status ${status}`)
      return
    }
    const framing: Framing = { length: -1, chunked: false, keepAlive: first[7] === '1' }
    this.head = readHeaders(text, lineEnd, status, first.slice(9).trim(), framing)
    this.keepAlive = framing.keepAlive
    if (status === 204 || status === 304 || (framing.length === 0 && !framing.chunked)) {
      this.#openBody()
      this.#finish()
    } else if (framing.chunked) this.#state = IN_CHUNK_LINE
    else if (framing.length > 0) {
      if (framing.length >= this.#bytesMax && !this.#pool.cuts) throw bodyTooBig()
      this.#openBody(Math.min(framing.length, this.#bytesMax, TRUSTED_BYTES_MAX))
      this.#left = framing.length
      this.#state = IN_BODY
    } else {
      this.keepAlive = false
      this.#state = TO_CLOSE
    }
  }

  #feedCounted(bytes: Buffer, from: number, length: number): number {
    const to = Math.min(length, from + this.#left)
    this.#openBody().append(bytes, from, to)
    this.#left -= to - from
    if (this.#left === 0) {
      if (this.#state === IN_BODY) this.#finish()
      else this.#state = BEHIND_CHUNK
    }
    return to
  }

  /** Lines of the chunked coding: sizes, the end of a chunk, trailers. */
  #feedLine(bytes: Buffer, from: number, length: number): number {
    const at = bytes.subarray(0, length).indexOf(10, from)
    const to = at < 0 ? length : at + 1
    this.#line += bytes.toString('latin1', from, to)
    if (this.#line.length > CHUNK_LINE_BYTES_MAX) throw malformed('chunk line is too long')
    if (at < 0) return to
    const line = this.#line.replace(/\r?\n$/, '')
    this.#line = ''
    if (this.#state === BEHIND_CHUNK) {
      if (line !== '') throw malformed('chunk is longer than its size')
      this.#state = IN_CHUNK_LINE
    } else if (this.#state === IN_CHUNK_LINE) this.#startChunk(line)
    else if (line === '') this.#finish()
    return to
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)
    if (size === null) throw malformed('chunk size is no number')
    this.#left = Number.parseInt(size[1], 16)
    this.#state = this.#left === 0 ? IN_TRAILER : IN_CHUNK
  }

  #openBody(expectedBytes = 0): BodyBuffer {
    this.body ??= this.#pool.lease(this.#bytesMax, expectedBytes)
    return this.body
  }

  #finish(): void {
    this.#openBody().finish()
    this.#state = DONE
  }
}

function readHeaders(
  text: string,
  lineEnd: number,
  status: number,
  statusLine: string,
  framing: Framing,
): ReplyHead {
  const fields = lineEnd < 0 ? '' : text.slice(lineEnd + 2)
  const found = { contentType: '', contentEncoding: '', location: '' }
  for (let from = 0; from < fields.length; ) {
    const next = fields.indexOf('\r\n', from)
    const to = next < 0 ? fields.length : next
    const colon = fields.indexOf(':', from)
    if (colon <= from || colon >= to) throw malformed('header without a name')
    // No string is made of the many lines that nobody reads.
    if (NAME_LENGTHS.has(colon - from)) {
      readHeader(
        fields.slice(from, colon).toLowerCase(),
        fields.slice(colon + 1, to).trim(),
        framing,
        found,
      )
    }
    from = to + 2
  }
  if (framing.chunked && framing.length >= 0) framing.keepAlive = false
  return { status, statusLine, ...found, fields }
}

/** The headers that say what the body is, or where it is. */
interface Described {
  contentType: string
  contentEncoding: string
  location: string
}

function readHeader(name: string, value: string, framing: Framing, found: Described): void {
  switch (name) {
    case 'content-type':
      found.contentType = value
      break
    case 'content-encoding':
      found.contentEncoding = value.toLowerCase()
      break
    case 'location':
      found.location = value
      break
    case 'content-length':
      framing.length = readLength(value, framing.length)
      break
    case 'transfer-encoding':
      if (value.toLowerCase() !== 'chunked') throw malformed('unknown transfer encoding')
      framing.chunked = true
      break
    case 'connection':
      if (/\bclose\b/i.test(value)) framing.keepAlive = false
      else if (/\bkeep-alive\b/i.test(value)) framing.keepAlive = true
  }
}

function readLength(value: string, known: number): number {
  if (!/^\d{1,15}$/.test(value)) throw malformed('content length is no number')
  const length = Number(value)
  if (known >= 0 && known !== length) throw malformed('two content lengths')
  return length
}

function malformed(why: string): NarthexError {
  return new NarthexError('io', `malformed HTTP response: ${why}`)
}
