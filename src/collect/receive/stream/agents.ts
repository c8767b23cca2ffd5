/** The list of agents: who is connected, who was, what they send. */
import type { Clock } from '../../../base/clock.ts'
import type { SenderStatus, SendersView } from '../../../model/sending.ts'
import type { Hello } from '../../../wire/stream.ts'

/** An agent that is gone is shown for so long. */
const GONE_MS_MAX = 3_600_000

/** What is counted of one agent over all of its streams. */
export interface AgentRecord {
  readonly name: string
  /** Who it is by its token or certificate. */
  readonly identity: string
  version: string
  address: string
  streamCount: number
  /** ms since epoch */
  lastSeenMs: number
  series: number
  samples: number
  /** 0 before its first sample. */
  lagSeconds: number
  lastError: string
  readonly refused: Map<string, number>
}

/** Agents by name and identity. */
export class Agents implements SendersView {
  readonly #clock: Clock
  readonly #agentsMax: number
  readonly #byKey = new Map<string, AgentRecord>()

  constructor(clock: Clock, agentsMax: number) {
    this.#clock = clock
    this.#agentsMax = agentsMax
  }

  senders(): readonly SenderStatus[] {
    this.#forgetGone()
    const senders = [...this.#byKey.values()].map((record) => ({
      name: record.name,
      address: record.address,
      version: record.version,
      tenant: record.identity,
      protocol: 'stream',
      isConnected: record.streamCount > 0,
      lastSeenMs: record.lastSeenMs,
      series: record.series,
      samples: record.samples,
      refused: Object.fromEntries(record.refused),
      lastError: record.lastError,
      lagSeconds: record.lagSeconds,
    }))
    return senders.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The record of an agent that has said who it is; undefined when there are too many. */
  connect(hello: Hello, identity: string, address: string): AgentRecord | undefined {
    const key = `${identity}\0${hello.name}`
    let record = this.#byKey.get(key)
    if (record === undefined) {
      if (this.#byKey.size >= this.#agentsMax) this.#forgetGone()
      if (this.#byKey.size >= this.#agentsMax) return undefined
      record = newRecord(hello.name, identity)
      this.#byKey.set(key, record)
    }
    record.version = hello.version
    record.address = address
    record.streamCount++
    record.lastSeenMs = this.#clock.now()
    return record
  }

  #forgetGone(): void {
    const nowMs = this.#clock.now()
    for (const [key, record] of this.#byKey) {
      const isGone = record.streamCount === 0 && nowMs - record.lastSeenMs > GONE_MS_MAX
      if (isGone) this.#byKey.delete(key)
    }
  }
}

function newRecord(name: string, identity: string): AgentRecord {
  return {
    name,
    identity,
    version: '',
    address: '',
    streamCount: 0,
    lastSeenMs: 0,
    series: 0,
    samples: 0,
    lagSeconds: 0,
    lastError: '',
    refused: new Map(),
  }
}
