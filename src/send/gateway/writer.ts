/** The writer of a gateway: one stream at a time to one of several, to the next when it fails. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import { VERSION } from '../../base/version.ts'
import type { GatewayDestination } from '../../config/destinations/gateway.ts'
import type { SeriesId } from '../../model/appender.ts'
import type { MetadataView } from '../../model/target.ts'
import { secretOf } from '../../net/client/credentials.ts'
import type { Parcel } from '../parcel.ts'
import type { OpenWriter, SeriesView, WriteResult, Writer } from '../writer.ts'
import { MetadataTeller } from './metadata.ts'
import { brokenResult, type GatewaySession, openSession } from './session.ts'

export interface GatewayDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Name of this agent when the destination gives none. */
  readonly agentName: string
  /** Families that are told to the gateway; absent where nobody knows any. */
  readonly metadata?: MetadataView
}

/** How long a gateway that is not the agent's own is kept before the own one is tried again. */
const HOME_MS = 300_000
/** Pause before all gateways are tried again, at least. */
const ROUND_MS = 1000
/** Wrong credentials do not become right in a moment. */
const FORBIDDEN_MS = 10_000

/** Opens writers of a gateway; nothing is connected before the first write. */
export function openGateway(config: GatewayDestination, deps: GatewayDeps): OpenWriter {
  return (view) => new GatewayWriter(config, deps, view)
}

/** The address where an agent begins, so that agents spread over all of them. */
export function homeOf(agentName: string, addressCount: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < agentName.length; i++) {
    hash = Math.imul(hash ^ agentName.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) % addressCount
}

class GatewayWriter implements Writer {
  readonly takesExemplars = true
  readonly #config: GatewayDestination
  readonly #deps: GatewayDeps
  readonly #view: SeriesView
  readonly #name: string
  readonly #home: number
  readonly #stop = new AbortController()
  readonly #streams: Cell
  readonly #bytes: Cell
  readonly #teller: MetadataTeller | undefined
  /** All that are not over: the one for what is new, and those that still wait for answers. */
  readonly #sessions = new Set<GatewaySession>()
  #current: GatewaySession | undefined
  #opening: Promise<GatewaySession | WriteResult> | undefined
  /** Which address is tried next. */
  #next: number
  /** Monotonic ms since when the gateway only says that it is busy; undefined: it does not. */
  #busySinceMs: number | undefined
  #awaySinceMs = 0
  /** What was said of an address the last time: the same is not said again. */
  readonly #told = new Map<string, string>()

  constructor(config: GatewayDestination, deps: GatewayDeps, view: SeriesView) {
    this.#config = config
    this.#deps = deps
    this.#view = view
    this.#name = config.agentName === '' ? deps.agentName : config.agentName
    this.#home = homeOf(this.#name, config.addresses.length)
    this.#next = this.#home
    const { metrics, metadata, clock } = deps
    this.#streams = metrics
      .counter('narthex_send_gateway_streams_total', 'Streams opened to gateways.', ['destination'])
      .with(config.name)
    this.#bytes = metrics
      .counter('narthex_send_gateway_bytes_total', 'Bytes of messages sent to gateways.', [
        'destination',
      ])
      .with(config.name)
    this.#teller = metadata === undefined ? undefined : new MetadataTeller(metadata, clock)
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const session = await this.#session()
    if ('outcome' in session) return session
    this.#teller?.tell(session, this.#stop.signal)
    const result = await session.write(parcels, signal)
    this.#judge(session, result)
    return result
  }

  forget(ids: readonly SeriesId[]): void {
    for (const session of this.#sessions) session.forget(ids)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    const reason = new NarthexError('canceled', 'the sender stops')
    for (const session of this.#sessions) session.close(reason)
    this.#sessions.clear()
    await this.#opening
  }

  /** The stream for what is new; why there is none. */
  #session(): Promise<GatewaySession | WriteResult> | GatewaySession {
    const current = this.#current
    if (current !== undefined && !current.hasEnded && !current.isLeaving) {
      if (!this.#isHomeDue(current)) return current
      this.#next = this.#home
      this.#abandon(current)
    } else if (current !== undefined) {
      this.#next = (this.#config.addresses.indexOf(current.address) + 1) % this.#addressCount
      this.#abandon(current)
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  get #addressCount(): number {
    return this.#config.addresses.length
  }

  /** Lets a stream end by itself; nothing new is written to it. */
  #abandon(session: GatewaySession): void {
    this.#current = undefined
    session.leave()
  }

  #isHomeDue(session: GatewaySession): boolean {
    if (session.address === this.#config.addresses[this.#home]) return false
    return this.#deps.clock.monotonicMs() - this.#awaySinceMs > HOME_MS
  }

  /** Tries each address once, from the next one on. */
  async #open(): Promise<GatewaySession | WriteResult> {
    const { addresses } = this.#config
    let trouble: NarthexError | undefined
    for (let tries = 0; tries < addresses.length && !this.#stop.signal.aborted; tries++) {
      const address = addresses[this.#next]
      try {
        const session = await this.#openTo(address)
        this.#settleOn(session)
        return session
      } catch (error) {
        if (!(error instanceof NarthexError)) throw error
        trouble = this.#faultOf(address, error)
        this.#next = (this.#next + 1) % addresses.length
        this.#tell(address, messageOf(trouble))
      }
    }
    const isForbidden = trouble?.kind === 'forbidden'
    const result = brokenResult(trouble ?? new NarthexError('canceled', 'the sender stops'))
    return {
      ...result,
      ...(isForbidden ? { reason: 'forbidden' } : {}),
      afterMs: isForbidden ? FORBIDDEN_MS : ROUND_MS,
    } as WriteResult
  }

  /** Why there is no stream to one of several, and what would help. */
  #faultOf(address: string, error: NarthexError): NarthexError {
    const { tls, authorization } = this.#config
    let wanted = ''
    if (error.kind === 'forbidden') {
      const given = authorization === undefined ? 'authorization with a token' : 'a token'
      wanted = `, wanted ${given} that may write there`
    } else if (tls === undefined && error.kind === 'io') wanted = ' (without TLS)'
    const seen = `cannot open a stream to gateway ${address}: ${messageOf(error)}${wanted}`
    return new NarthexError(error.kind, seen, error)
  }

  #tell(address: string, error: string): void {
    if (this.#told.get(address) === error || this.#stop.signal.aborted) return
    this.#told.set(address, error)
    this.#deps.log.warn('no stream to gateway, trying again', { address, error })
  }

  async #openTo(address: string): Promise<GatewaySession> {
    const { authorization, tls, connectMsMax, answerMsMax } = this.#config
    const { clock } = this.#deps
    const headers: (readonly [string, string])[] = []
    if (authorization !== undefined) {
      const secret = await secretOf(authorization.credentials, authorization.credentialsFile)
      headers.push(['authorization', `${authorization.type} ${secret}`])
    }
    const hello = { name: this.#name, version: VERSION }
    const onBytes = (sizeBytes: number): void => this.#bytes.inc(sizeBytes)
    return openSession(
      { address, tls, headers, hello, view: this.#view, connectMsMax, answerMsMax, clock, onBytes },
      this.#stop.signal,
    )
  }

  #settleOn(session: GatewaySession): void {
    for (const other of this.#sessions) if (other.hasEnded) this.#sessions.delete(other)
    this.#sessions.add(session)
    this.#current = session
    this.#busySinceMs = undefined
    this.#awaySinceMs = this.#deps.clock.monotonicMs()
    this.#streams.inc()
    this.#told.delete(session.address)
    this.#deps.log.info('stream to gateway opened', { address: session.address })
  }

  /** Leaves a gateway that has been saying for too long that it is busy. */
  #judge(session: GatewaySession, result: WriteResult): void {
    if (session !== this.#current) return
    if (result.outcome !== 'retry' || !result.reason.startsWith('gateway_')) {
      if (result.outcome === 'written') this.#busySinceMs = undefined
      return
    }
    const nowMs = this.#deps.clock.monotonicMs()
    this.#busySinceMs ??= nowMs
    if (nowMs - this.#busySinceMs < this.#config.busyMsMax || this.#addressCount === 1) return
    this.#deps.log.warn('gateway is busy for too long', { address: session.address })
    this.#next = (this.#config.addresses.indexOf(session.address) + 1) % this.#addressCount
    this.#abandon(session)
  }
}
