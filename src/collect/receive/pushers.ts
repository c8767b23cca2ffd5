/** Who pushes by single requests: when last, how much, how far behind, and how much at once. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import type { SenderStatus, SendersView } from '../../model/sending.ts'

/** What was taken of one request. */
export interface Heard {
  readonly acceptedCount: number
  readonly histogramCount: number
  readonly refusals: { byReason(): ReadonlyMap<string, number> }
  /** ms since epoch of its newest sample; 0 for none. */
  readonly newestMs: number
}

export type Hear = (heard: Heard) => void

/** Who makes a request, and how. */
export interface Pusher {
  /** The name of the token or user; '' for nobody in particular. */
  readonly name: string
  readonly address: string
  /** What it calls itself. */
  readonly agent: string
  readonly protocol: string
}

export interface PusherLimits {
  /** --gateway.senders */
  readonly sendersMax: number
  /** --gateway.sender-inflight-bytes; 0 for none. */
  readonly inflightBytesMax: number
}

/** One that was not heard of for so long is shown as away, and later not at all. */
const AWAY_MS = 120_000
const GONE_MS_MAX = 3_600_000
/** Characters of what a sender calls itself. */
const AGENT_LENGTH_MAX = 100
/** Stands for all those beyond the bound. */
const OTHERS: Pusher = { name: 'others', address: '', agent: '', protocol: '' }

interface PusherRecord extends Pusher {
  lastSeenMs: number
  samples: number
  lagSeconds: number
  lastError: string
  inflightBytes: number
  readonly refused: Map<string, number>
}

/** Senders by their name, or else by their address and what they call themselves. */
export class Pushers implements SendersView {
  readonly #clock: Clock
  readonly #limits: PusherLimits
  readonly #byKey = new Map<string, PusherRecord>()
  #others: PusherRecord | undefined
  readonly #unlisted: Cell
  readonly #heldUp: Cell

  constructor(clock: Clock, limits: PusherLimits, metrics: Metrics) {
    this.#clock = clock
    this.#limits = limits
    const known = metrics.gauge('narthex_gateway_senders', 'Senders of single requests.').with()
    metrics.onCollect(() => known.set(this.#byKey.size))
    this.#unlisted = metrics
      .counter(
        'narthex_gateway_senders_unlisted_total',
        'Requests of senders that are counted together because of the bound on senders.',
      )
      .with()
    this.#heldUp = metrics
      .counter(
        'narthex_gateway_sender_inflight_refused_total',
        'Requests refused because too much of their sender was not answered yet.',
      )
      .with()
  }

  senders(): readonly SenderStatus[] {
    this.#forgetGone()
    const nowMs = this.#clock.now()
    const others = this.#others === undefined ? [] : [this.#others]
    return [...this.#byKey.values(), ...others].map((record) => ({
      name: record.name === '' ? record.address : record.name,
      address: record.address,
      version: record.agent,
      tenant: record.name,
      protocol: record.protocol,
      isConnected: nowMs - record.lastSeenMs < AWAY_MS,
      lastSeenMs: record.lastSeenMs,
      series: 0,
      samples: record.samples,
      refused: Object.fromEntries(record.refused),
      lastError: record.lastError,
      lagSeconds: record.lagSeconds,
    }))
  }

  /**
   * Takes one request of a sender.
   *
   * @param act     is handed what to call with what was taken
   * @param faultOf what is wrong with a result; '' for nothing
   * @throws NarthexError `share` while too much of this sender has no answer yet; what `act` throws
   */
  async take<T>(
    pusher: Pusher,
    sizeBytes: number,
    act: (hear: Hear) => Promise<T>,
    faultOf: (result: T) => string = () => '',
  ): Promise<T> {
    const record = this.#recordOf(pusher)
    record.lastSeenMs = this.#clock.now()
    try {
      this.#checkRoom(record, sizeBytes)
      record.inflightBytes += sizeBytes
      try {
        const result = await act((heard) => this.#count(record, heard))
        record.lastError = faultOf(result)
        return result
      } finally {
        record.inflightBytes -= sizeBytes
      }
    } catch (error) {
      record.lastError = messageOf(error)
      throw error
    }
  }

  /** A request that is larger than the bound is taken when it is the only one. */
  #checkRoom({ inflightBytes }: PusherRecord, sizeBytes: number): void {
    const { inflightBytesMax } = this.#limits
    if (inflightBytesMax === 0 || inflightBytes === 0) return
    if (inflightBytes + sizeBytes <= inflightBytesMax) return
    this.#heldUp.inc()
    const seen = `${inflightBytes} bytes of this sender have no answer yet`
    const message = `cannot take request: ${seen}, at most ${inflightBytesMax} (--gateway.sender-inflight-bytes)`
    throw new NarthexError('share', message)
  }

  #count(record: PusherRecord, heard: Heard): void {
    record.samples += heard.acceptedCount + heard.histogramCount
    if (heard.newestMs > 0) {
      record.lagSeconds = Math.max(0, (this.#clock.now() - heard.newestMs) / 1000)
    }
    for (const [reason, count] of heard.refusals.byReason()) {
      record.refused.set(reason, (record.refused.get(reason) ?? 0) + count)
    }
  }

  #recordOf(pusher: Pusher): PusherRecord {
    const agent = pusher.agent.slice(0, AGENT_LENGTH_MAX)
    const { name, address, protocol } = pusher
    const key = JSON.stringify(name === '' ? [address, agent, protocol] : [name, protocol])
    const known = this.#byKey.get(key)
    if (known !== undefined) return Object.assign(known, { address, agent })
    if (this.#byKey.size >= this.#limits.sendersMax) this.#forgetGone()
    if (this.#byKey.size >= this.#limits.sendersMax) {
      this.#unlisted.inc()
      this.#others ??= newRecord(OTHERS)
      return this.#others
    }
    const record = newRecord({ ...pusher, agent })
    this.#byKey.set(key, record)
    return record
  }

  #forgetGone(): void {
    const nowMs = this.#clock.now()
    const isGone = (record: PusherRecord): boolean =>
      record.inflightBytes === 0 && nowMs - record.lastSeenMs > GONE_MS_MAX
    for (const [key, record] of this.#byKey) if (isGone(record)) this.#byKey.delete(key)
    if (this.#others !== undefined && isGone(this.#others)) this.#others = undefined
  }
}

function newRecord(pusher: Pusher): PusherRecord {
  return {
    ...pusher,
    lastSeenMs: 0,
    samples: 0,
    lagSeconds: 0,
    lastError: '',
    inflightBytes: 0,
    refused: new Map(),
  }
}
