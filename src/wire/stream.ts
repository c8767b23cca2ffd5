/** Messages between an agent and a gateway: docs/formats/stream.md. */
import { Cursor, readVarint } from '../base/bytes.ts'
import { broken, MessageWriter, readByte, readCount, readText } from './streamtext.ts'

/** What both sides must speak. */
const STREAM_VERSION = 1
/** The one method of the service. */
export const STREAM_PATH = '/narthex.stream.v1.Gateway/Stream'

/** Messages of an agent, by their first byte. */
const HELLO = 1
export const BATCH = 2

/** Entries of a batch. */
export const ENTRY_LAYOUT = 1
export const ENTRY_COLUMNS = 2
export const ENTRY_DROP = 3
export const ENTRY_ROW = 4
export const ENTRY_CELLS = 5
export const ENTRY_HISTOGRAM = 6
export const ENTRY_EXEMPLAR = 7
export const ENTRY_METADATA = 8

/** Messages of a gateway. */
const WELCOME = 1
const WRITTEN = 2
const RETRY = 3
const REFUSED = 4
const LOST = 5
const GOODBYE = 6

const NAME_BYTES_MAX = 256
const REASON_BYTES_MAX = 128
const MESSAGE_BYTES_MAX = 4096
const REASONS_MAX = 64
const LAYOUTS_MAX = 1_000_000

/** Who an agent is. */
export interface Hello {
  readonly name: string
  readonly version: string
}

/** What a gateway says; every batch gets exactly one answer, in any order. */
export type GatewayReply =
  | {
      readonly kind: 'welcome'
      readonly gateway: string
      readonly version: string
      /** Bytes of batches that may be without an answer. */
      readonly windowBytes: number
      /** Largest message that is taken. */
      readonly messageBytesMax: number
    }
  | {
      readonly kind: 'written'
      readonly batch: number
      /** Samples of it that will never be taken, by reason. */
      readonly refused: ReadonlyMap<string, number>
    }
  | {
      /** Nothing of it counts; to be tried again, here or elsewhere. */
      readonly kind: 'retry'
      readonly batch: number
      readonly reason: string
      readonly message: string
      readonly afterMs: number
    }
  | {
      /** Nothing of it will ever be taken. */
      readonly kind: 'refused'
      readonly batch: number
      readonly reason: string
      readonly message: string
    }
  /** These layouts are not known (any more); the batch is to be sent again with them. */
  | { readonly kind: 'lost'; readonly batch: number; readonly layouts: readonly number[] }
  /** The gateway stops: what is new goes to another one. */
  | { readonly kind: 'goodbye' }

export function encodeHello(hello: Hello): Uint8Array {
  const into = new MessageWriter()
  into.byte(HELLO)
  into.varint(STREAM_VERSION)
  into.text(hello.name)
  into.text(hello.version)
  return into.take()
}

/** @throws NarthexError `bad_data` for damage and for another version */
export function decodeHello(message: Uint8Array): Hello {
  const c = new Cursor(message)
  if (readByte(c) !== HELLO) throw broken('no hello at its beginning')
  const version = readVarint(c)
  if (version !== STREAM_VERSION) {
    throw broken(`version ${version} of the protocol, wanted ${STREAM_VERSION}`)
  }
  const name = readText(c, NAME_BYTES_MAX)
  return { name, version: readText(c, NAME_BYTES_MAX) }
}

export function encodeReply(reply: GatewayReply): Uint8Array {
  const into = new MessageWriter()
  if (reply.kind === 'welcome') {
    into.byte(WELCOME)
    into.varint(STREAM_VERSION)
    into.text(reply.gateway)
    into.text(reply.version)
    into.varint(reply.windowBytes)
    into.varint(reply.messageBytesMax)
  } else if (reply.kind === 'goodbye') into.byte(GOODBYE)
  else writeAnswer(reply, into)
  return into.take()
}

type Answer = Exclude<GatewayReply, { readonly kind: 'welcome' | 'goodbye' }>

const ANSWER_BYTES = { written: WRITTEN, retry: RETRY, refused: REFUSED, lost: LOST } as const

function writeAnswer(reply: Answer, into: MessageWriter): void {
  into.byte(ANSWER_BYTES[reply.kind])
  into.varint(reply.batch)
  if (reply.kind === 'written') {
    into.varint(reply.refused.size)
    for (const [reason, count] of reply.refused) {
      into.text(reason)
      into.varint(count)
    }
  } else if (reply.kind === 'lost') {
    into.varint(reply.layouts.length)
    for (const layout of reply.layouts) into.varint(layout)
  } else {
    into.text(reply.reason)
    into.text(reply.message.slice(0, MESSAGE_BYTES_MAX / 3))
    if (reply.kind === 'retry') into.varint(Math.max(0, Math.round(reply.afterMs)))
  }
}

/** @throws NarthexError `bad_data` */
export function decodeReply(message: Uint8Array): GatewayReply {
  const c = new Cursor(message)
  const kind = readByte(c)
  if (kind === GOODBYE) return { kind: 'goodbye' }
  if (kind === WELCOME) return readWelcome(c)
  const batch = readVarint(c)
  if (kind === WRITTEN) return { kind: 'written', batch, refused: readRefused(c) }
  if (kind === LOST) {
    const count = readCount(c, LAYOUTS_MAX, 'layouts')
    const layouts: number[] = []
    for (let i = 0; i < count; i++) layouts.push(readVarint(c))
    return { kind: 'lost', batch, layouts }
  }
  if (kind !== RETRY && kind !== REFUSED) throw broken(`a reply of kind ${kind}`)
  const reason = readText(c, REASON_BYTES_MAX)
  const text = readText(c, MESSAGE_BYTES_MAX)
  if (kind === REFUSED) return { kind: 'refused', batch, reason, message: text }
  return { kind: 'retry', batch, reason, message: text, afterMs: readVarint(c) }
}

function readWelcome(c: Cursor): GatewayReply {
  const spoken = readVarint(c)
  if (spoken !== STREAM_VERSION) throw broken(`version ${spoken}, wanted ${STREAM_VERSION}`)
  const gateway = readText(c, NAME_BYTES_MAX)
  const version = readText(c, NAME_BYTES_MAX)
  const windowBytes = readVarint(c)
  return { kind: 'welcome', gateway, version, windowBytes, messageBytesMax: readVarint(c) }
}

function readRefused(c: Cursor): ReadonlyMap<string, number> {
  const count = readCount(c, REASONS_MAX, 'reasons')
  const refused = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const reason = readText(c, REASON_BYTES_MAX)
    refused.set(reason, readVarint(c))
  }
  return refused
}
