/** Hands a head to readers in other threads: its pages now, and each new page as it is made. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { NarthexError } from '../../base/error.ts'
import type { Gap } from './blockreader.ts'
import * as at from './layout.ts'
import { Memory, type PageMessage } from './pages.ts'

/** The windows as the writer has them. */
export interface AnnouncedWindows {
  /** File names. */
  readonly names: readonly string[]
  readonly gaps: readonly Gap[]
}

/** What travels to the reader's thread. */
export interface ReaderData {
  readonly path: string
  readonly control: Int32Array
  readonly pages: readonly PageMessage[]
  readonly port: MessagePort
  readonly windows: AnnouncedWindows
  /** One slot: when the read in progress began, in ms since the epoch; 0 while there is none. */
  readonly readSinceMs: Float64Array<SharedArrayBuffer>
  /** Bytes of blocks that the reader may keep. */
  readonly cacheBytesMax: number
  /** One slot: bytes of blocks that it keeps. */
  readonly cacheBytes: Float64Array<SharedArrayBuffer>
}

/** What a reader tells of itself. */
type Told = Pick<ReaderData, 'readSinceMs' | 'cacheBytes'>

/** What comes through the port: a page, or the windows. */
type Message = PageMessage | { readonly windows: AnnouncedWindows }

/** What goes back through the port: why a block could not be read. */
interface DamageMessage {
  readonly damage: string
}

/** Readers of one head. */
export class Readers {
  readonly #memory: Memory
  readonly #path: string
  readonly #windows: () => AnnouncedWindows
  readonly #onDamage: (reason: string) => void
  readonly #cacheBytesMax: number
  readonly #ports = new Map<MessagePort, Told>()

  /**
   * @param cacheBytesMax bytes of blocks that each reader may keep
   * @param windows       the current windows
   * @param onDamage      hears of each block that a reader could not read
   */
  constructor(
    memory: Memory,
    path: string,
    cacheBytesMax: number,
    windows: () => AnnouncedWindows,
    onDamage: (reason: string) => void,
  ) {
    this.#cacheBytesMax = cacheBytesMax
    this.#memory = memory
    this.#path = path
    this.#windows = windows
    this.#onDamage = onDamage
  }

  /** Makes what one more reader needs; it counts until it closes its port. */
  attach(): { data: ReaderData; transfer: MessagePort[] } {
    const { port1: ours, port2: theirs } = new MessageChannel()
    const unwatch = this.#memory.watch((message) => ours.postMessage(message))
    ours.on('close', () => {
      unwatch()
      this.#ports.delete(ours)
    })
    ours.on('message', ({ damage }: DamageMessage) => this.#onDamage(damage))
    ours.unref()
    const told: Told = { readSinceMs: sharedSlot(), cacheBytes: sharedSlot() }
    this.#ports.set(ours, told)
    const data: ReaderData = {
      path: this.#path,
      control: this.#memory.control,
      pages: this.#memory.pages(),
      port: theirs,
      windows: this.#windows(),
      cacheBytesMax: this.#cacheBytesMax,
      ...told,
    }
    return { data, transfer: [theirs] }
  }

  get count(): number {
    return this.#ports.size
  }

  /** Age of the oldest read in progress, in ms; 0 when there is none. */
  oldestReadMs(nowMs: number): number {
    let oldestMs = 0
    for (const { readSinceMs } of this.#ports.values()) {
      const sinceMs = readSinceMs[0]
      if (sinceMs > 0) oldestMs = Math.max(oldestMs, nowMs - sinceMs)
    }
    return oldestMs
  }

  /** Bytes of blocks that all readers keep. */
  cacheBytes(): number {
    let sizeBytes = 0
    for (const { cacheBytes } of this.#ports.values()) sizeBytes += cacheBytes[0]
    return sizeBytes
  }

  /** Tells all readers which windows are current. */
  announceWindows(): void {
    const windows = this.#windows()
    for (const port of this.#ports.keys()) port.postMessage({ windows })
  }

  stop(): void {
    for (const port of this.#ports.keys()) port.close()
  }
}

function sharedSlot(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
}

/** The reader's end. */
export interface Received {
  readonly path: string
  /** Its `poll` takes over what the writer has announced. */
  readonly memory: Memory
  readonly cacheBytesMax: number
  /** One slot that gets the bytes of blocks that the reader keeps. */
  readonly cacheBytes: Float64Array
  windows(): AnnouncedWindows
  /** Tells the writer's thread, which has the log and the counters, why a block cannot be read. */
  reportDamage(reason: string): void
  /** Notes that pages are pinned from now on until this thread comes back to its event loop. */
  noteRead(nowMs: number): void
  close(): void
}

/** Opens what `attach` made, in the reader's thread. @throws NarthexError `bad_data` for anything else */
export function receiveMemory(data: unknown): Received {
  if (!isReaderData(data)) {
    throw new NarthexError(
      'bad_data',
      'cannot open store reader: the data of attachReader is wanted',
    )
  }
  const memory = new Memory(at.TABLE_COUNT, true, data.control)
  for (const page of data.pages) memory.receive(page)
  let { windows } = data
  const { readSinceMs } = data
  memory.poll = () => {
    for (;;) {
      const received = receiveMessageOnPort(data.port)
      if (received === undefined) return
      const message: Message = received.message
      if ('windows' in message) windows = message.windows
      else memory.receive(message)
    }
  }
  return {
    path: data.path,
    memory,
    cacheBytesMax: data.cacheBytesMax,
    cacheBytes: data.cacheBytes,
    windows: () => windows,
    reportDamage: (damage) => data.port.postMessage({ damage } satisfies DamageMessage),
    noteRead(nowMs) {
      if (readSinceMs[0] === 0) setImmediate(() => readSinceMs.fill(0))
      readSinceMs[0] = nowMs
    },
    close: () => data.port.close(),
  }
}

function isReaderData(data: unknown): data is ReaderData {
  return typeof data === 'object' && data !== null && 'control' in data && 'port' in data
}
