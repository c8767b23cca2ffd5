/** Hands a head to readers in other threads: its pages now, and each new page as it is made. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { NarthexError } from '../../base/error.ts'
import * as at from './layout.ts'
import { Memory, type PageMessage } from './pages.ts'

/** What travels to the reader's thread. */
export interface ReaderData {
  readonly path: string
  readonly control: Int32Array
  readonly pages: readonly PageMessage[]
  readonly port: MessagePort
  /** File names of the windows. */
  readonly windows: readonly string[]
  /** One slot: when the read in progress began, in ms since the epoch; 0 while there is none. */
  readonly readSinceMs: Float64Array<SharedArrayBuffer>
}

/** What comes through the port: a page, or the names of the windows. */
type Message = PageMessage | { readonly windows: readonly string[] }

/** What goes back through the port: why a block could not be read. */
interface DamageMessage {
  readonly damage: string
}

/** Readers of one head. */
export class Readers {
  readonly #memory: Memory
  readonly #path: string
  readonly #windows: () => readonly string[]
  readonly #onDamage: (reason: string) => void
  readonly #ports = new Map<MessagePort, Float64Array>()

  /**
   * @param windows   file names of the current windows
   * @param onDamage  hears of each block that a reader could not read
   */
  constructor(
    memory: Memory,
    path: string,
    windows: () => readonly string[],
    onDamage: (reason: string) => void,
  ) {
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
    const readSinceMs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
    this.#ports.set(ours, readSinceMs)
    const data: ReaderData = {
      path: this.#path,
      control: this.#memory.control,
      pages: this.#memory.pages(),
      port: theirs,
      windows: this.#windows(),
      readSinceMs,
    }
    return { data, transfer: [theirs] }
  }

  get count(): number {
    return this.#ports.size
  }

  /** Age of the oldest read in progress, in ms; 0 when there is none. */
  oldestReadMs(nowMs: number): number {
    let oldestMs = 0
    for (const [sinceMs] of this.#ports.values()) {
      if (sinceMs > 0) oldestMs = Math.max(oldestMs, nowMs - sinceMs)
    }
    return oldestMs
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

/** The reader's end. */
export interface Received {
  readonly path: string
  /** Its `poll` takes over what the writer has announced. */
  readonly memory: Memory
  windowNames(): readonly string[]
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
    windowNames: () => windows,
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
