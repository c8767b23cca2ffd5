/** One stream of one agent: hello, then batches, each of which gets one answer. */
import { Cursor, readVarint } from '../../../base/bytes.ts'
import { messageOf, NarthexError } from '../../../base/error.ts'
import type { ByteStream, ByteStreamHandler } from '../../../net/grpc/server.ts'
import { BATCH, decodeHello, encodeReply, type GatewayReply } from '../../../wire/stream.ts'
import { broken, readByte } from '../../../wire/streamtext.ts'
import type { Door } from '../door.ts'
import type { AgentRecord, Agents } from './agents.ts'
import { type BatchResult, BatchTaker } from './batch.ts'
import type { StreamFigures } from './figures.ts'
import type { StreamReceiverOptions } from './options.ts'

export interface AgentStreamOptions extends StreamReceiverOptions {
  readonly door: Door
  readonly agents: Agents
  readonly figures: StreamFigures
  readonly onEnd: () => void
}

/** How long an agent is asked to wait, spread so that agents do not come back together. */
const BUSY_MS_MIN = 1000
const BUSY_MS_MAX = 5000
/** Seconds of its rate that an agent may send at once. */
const BURST_SECONDS = 10

export class AgentStream implements ByteStreamHandler {
  readonly #stream: ByteStream
  readonly #options: AgentStreamOptions
  readonly #taker: BatchTaker
  readonly #rate: SampleRate
  #agent: AgentRecord | undefined
  #seriesShown = 0
  #inflightBytes = 0
  #isPaused = false
  #hasEnded = false

  constructor(stream: ByteStream, options: AgentStreamOptions) {
    this.#stream = stream
    this.#options = options
    this.#taker = new BatchTaker({ ...options, seriesMax: options.limits.seriesMax })
    this.#rate = new SampleRate(options.limits.samplesPerSecondMax, options.clock.monotonicMs())
  }

  /** Bytes of batches that have no answer yet. */
  get inflightBytes(): number {
    return this.#inflightBytes
  }

  onMessage(message: Uint8Array): void {
    try {
      if (this.#agent === undefined) this.#greet(message)
      else this.#takeBatch(message, this.#agent)
    } catch (error) {
      if (error instanceof NarthexError) this.#options.figures.damaged.inc()
      this.#stream.fail(error)
    }
  }

  onEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const agent = this.#agent
    if (agent !== undefined) {
      agent.streamCount--
      agent.series -= this.#seriesShown
    }
    this.#options.onEnd()
  }

  /** Asks the agent to go elsewhere. */
  leave(): void {
    this.#send({ kind: 'goodbye' })
  }

  #greet(message: Uint8Array): void {
    const { agents, limits, gateway, version } = this.#options
    const hello = decodeHello(message)
    this.#agent = agents.connect(hello, this.#stream.identity.name, this.#stream.peer)
    if (this.#agent === undefined) {
      const seen = `${limits.agentsMax} agents are known`
      throw new NarthexError('share', `cannot take agent: ${seen}, more are not (--gateway.agents)`)
    }
    const { inflightBytesMax: windowBytes, messageBytesMax } = limits
    this.#send({ kind: 'welcome', gateway, version, windowBytes, messageBytesMax })
  }

  #takeBatch(message: Uint8Array, agent: AgentRecord): void {
    const { clock, figures } = this.#options
    const c = new Cursor(message)
    if (readByte(c) !== BATCH) throw broken('no batch where one was due')
    const batch = readVarint(c)
    agent.lastSeenMs = clock.now()
    figures.bytes.inc(message.length)
    const nowMs = clock.monotonicMs()
    const isWithinRate = this.#rate.hasRoom(nowMs)
    let result: BatchResult
    try {
      result = this.#taker.take(c, isWithinRate, nowMs)
    } catch (error) {
      if (error instanceof NarthexError && error.kind === 'bad_data') throw error
      this.#answerTrouble(batch, error, agent)
      return
    }
    this.#showSeries(agent)
    if (!isWithinRate) this.#answer(this.#rateExceeded(batch, nowMs), agent)
    else if (result.lost.size > 0) {
      this.#answer({ kind: 'lost', batch, layouts: [...result.lost] }, agent)
    } else {
      this.#rate.charge(result.acceptedCount)
      void this.#commit(batch, message.length, result, agent)
    }
  }

  async #commit(
    batch: number,
    sizeBytes: number,
    result: BatchResult,
    agent: AgentRecord,
  ): Promise<void> {
    const { rows, pushed } = this.#options
    this.#inflightBytes += sizeBytes
    this.#holdUp()
    try {
      const [ofRows, ofPushed] = await Promise.all([
        result.hasRows ? rows.commit() : undefined,
        result.hasPushed ? pushed.commit() : undefined,
      ])
      result.lose((ofRows?.count ?? 0) + (ofPushed?.count ?? 0))
      this.#count(result, agent)
      this.#answer({ kind: 'written', batch, refused: result.refused }, agent)
    } catch (error) {
      this.#answerTrouble(batch, error, agent)
    } finally {
      this.#inflightBytes -= sizeBytes
      this.#holdUp()
    }
  }

  /** An agent that sends more than its window is not listened to until answers are out. */
  #holdUp(): void {
    const isOver = this.#inflightBytes > this.#options.limits.inflightBytesMax
    if (isOver === this.#isPaused || this.#hasEnded) return
    this.#isPaused = isOver
    if (isOver) this.#stream.pause()
    else this.#stream.resume()
  }

  #count(result: BatchResult, agent: AgentRecord): void {
    const { clock, figures } = this.#options
    agent.samples += result.acceptedCount
    figures.samples.inc(result.acceptedCount)
    figures.exemplars.inc(result.exemplarCount)
    if (result.newestMs > 0) agent.lagSeconds = (clock.now() - result.newestMs) / 1000
    for (const [reason, count] of result.refused) {
      agent.refused.set(reason, (agent.refused.get(reason) ?? 0) + count)
      figures.refused.with(reason).inc(count)
    }
  }

  #showSeries(agent: AgentRecord): void {
    agent.series += this.#taker.seriesCount - this.#seriesShown
    this.#seriesShown = this.#taker.seriesCount
  }

  #answer(reply: Exclude<GatewayReply, { kind: 'welcome' | 'goodbye' }>, agent: AgentRecord): void {
    this.#options.figures.batches.with(reply.kind).inc()
    agent.lastError = 'message' in reply ? reply.message : ''
    this.#send(reply)
  }

  /** Answers a batch that the appenders did not take. */
  #answerTrouble(batch: number, error: unknown, agent: AgentRecord): void {
    if (!(error instanceof NarthexError)) {
      this.#stream.fail(error)
      return
    }
    const message = messageOf(error)
    if (error.kind === 'bad_data' || error.kind === 'too_big') {
      this.#answer({ kind: 'refused', batch, reason: error.kind, message }, agent)
      return
    }
    const afterMs = BUSY_MS_MIN + Math.random() * (BUSY_MS_MAX - BUSY_MS_MIN)
    this.#answer({ kind: 'retry', batch, reason: error.kind, message, afterMs }, agent)
  }

  #rateExceeded(batch: number, nowMs: number): GatewayReply & { kind: 'retry' } {
    const { samplesPerSecondMax } = this.#options.limits
    const message = `cannot take batch: more than ${samplesPerSecondMax} samples a second (--gateway.agent-samples-per-second)`
    const afterMs = this.#rate.waitMs(nowMs)
    return { kind: 'retry', batch, reason: 'agent_rate', message, afterMs }
  }

  #send(reply: GatewayReply): void {
    if (!this.#hasEnded) this.#stream.send(encodeReply(reply))
  }
}

/** Samples a second, some seconds' worth at once. */
class SampleRate {
  readonly #perSecond: number
  #room: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#room = perSecond * BURST_SECONDS
    this.#atMs = nowMs
  }

  hasRoom(nowMs: number): boolean {
    if (this.#perSecond === 0) return true
    const more = ((nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#room = Math.min(this.#perSecond * BURST_SECONDS, this.#room + more)
    this.#atMs = nowMs
    return this.#room > 0
  }

  charge(count: number): void {
    if (this.#perSecond > 0) this.#room -= count
  }

  /** ms until there is room again. */
  waitMs(nowMs: number): number {
    const missing = Math.max(0, -this.#room)
    return Math.max(BUSY_MS_MIN, (missing / this.#perSecond) * 1000 - (nowMs - this.#atMs))
  }
}
