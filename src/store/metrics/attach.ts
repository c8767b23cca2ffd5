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
}

/** Readers of one head. */
export class Readers {
  readonly #memory: Memory
  readonly #path: string
  readonly #ends = new Set<() => void>()

  constructor(memory: Memory, path: string) {
    this.#memory = memory
    this.#path = path
  }

  /** Makes what one more reader needs; it counts until it closes its port. */
  attach(): { data: ReaderData; transfer: MessagePort[] } {
    const { port1: ours, port2: theirs } = new MessageChannel()
    const unwatch = this.#memory.watch((message) => ours.postMessage(message))
    const end = (): void => {
      unwatch()
      this.#ends.delete(end)
      ours.close()
    }
    ours.on('close', end)
    ours.unref()
    this.#ends.add(end)
    const data: ReaderData = {
      path: this.#path,
      control: this.#memory.control,
      pages: this.#memory.pages(),
      port: theirs,
    }
    return { data, transfer: [theirs] }
  }

  get count(): number {
    return this.#ends.size
  }

  stop(): void {
    for (const end of [...this.#ends]) end()
  }
}

/** The reader's copy of the tables, and the poll that keeps it up. */
export function receiveMemory(data: ReaderData): Memory {
  if (!(data?.control instanceof Int32Array)) {
    throw new NarthexError(
      'bad_data',
      'cannot open store reader: the data of attachReader is wanted',
    )
  }
  const memory = new Memory(at.TABLE_COUNT, true, data.control)
  for (const page of data.pages) memory.receive(page)
  memory.poll = () => {
    for (;;) {
      const received = receiveMessageOnPort(data.port)
      if (received === undefined) return
      memory.receive(received.message)
    }
  }
  return memory
}
