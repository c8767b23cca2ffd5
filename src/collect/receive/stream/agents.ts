/** The list of agents: who is connected, who was, what they send. */
import type { Clock } from '../../../base/clock.ts'
import type { AgentStatus, AgentView } from '../../../model/agent.ts'
import type { Labels } from '../../../model/labels.ts'
import type { Hello } from '../../../wire/stream.ts'

/** An agent that is gone is shown for so long. */
const GONE_MS_MAX = 3_600_000

/** What is counted of one agent over all of its streams. */
export class AgentRecord implements AgentStatus {
  readonly name: string
  readonly identity: string
  version = ''
  labels: Labels = []
  address = ''
  streamCount = 0
  connectedMs = 0
  lastSeenMs = 0
  series = 0
  samples = 0
  lagSeconds: number = NaN
  lastTrouble = ''
  readonly refused: Map<string, number> = new Map()

  constructor(name: string, identity: string) {
    this.name = name
    this.identity = identity
  }

  get isConnected(): boolean {
    return this.streamCount > 0
  }
}

/** Agents by name and identity. */
export class Agents implements AgentView {
  readonly #clock: Clock
  readonly #agentsMax: number
  readonly #byKey = new Map<string, AgentRecord>()

  constructor(clock: Clock, agentsMax: number) {
    this.#clock = clock
    this.#agentsMax = agentsMax
  }

  agents(): readonly AgentStatus[] {
    this.#forgetGone()
    return [...this.#byKey.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  get connectedCount(): number {
    let count = 0
    for (const agent of this.#byKey.values()) if (agent.isConnected) count++
    return count
  }

  /** The record of an agent that has said who it is; undefined when there are too many. */
  connect(hello: Hello, identity: string, address: string): AgentRecord | undefined {
    const key = `${identity}\0${hello.name}`
    let record = this.#byKey.get(key)
    if (record === undefined) {
      if (this.#byKey.size >= this.#agentsMax) this.#forgetGone()
      if (this.#byKey.size >= this.#agentsMax) return undefined
      record = new AgentRecord(hello.name, identity)
      this.#byKey.set(key, record)
    }
    record.version = hello.version
    record.labels = hello.labels
    record.address = address
    record.streamCount++
    record.connectedMs = this.#clock.now()
    record.lastSeenMs = record.connectedMs
    return record
  }

  #forgetGone(): void {
    const nowMs = this.#clock.now()
    for (const [key, record] of this.#byKey) {
      if (!record.isConnected && nowMs - record.lastSeenMs > GONE_MS_MAX) this.#byKey.delete(key)
    }
  }
}
