/** Looks for known exporters on the loopback addresses, says what it found, hands out targets. */
import type { Clock, Timer } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Family, Metrics } from '../../base/metrics.ts'
import { PLAIN_HTTP } from '../../config/http.ts'
import { type Labels, labelsFrom } from '../../model/labels.ts'
import { KNOWN_EXPORTERS, recogniseExporter } from './exporters.ts'
import type { FetchBody } from './fetch.ts'

export interface LoopbackOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly fetchBody: FetchBody
  /** From the end of one round to the start of the next. */
  readonly intervalMs: number
  /** Ports that are ours or already scraped. */
  readonly portsSkipped: ReadonlySet<number>
  /** Where to look; the usual ports of known exporters when absent. */
  readonly ports?: readonly number[]
  /** The targets, whenever they change: address and `job=<exporter>`. */
  readonly onTargets: (targets: readonly Labels[]) => void
}

/** What happened on a port, newest last. */
export interface LoopbackEvent {
  /** ms since epoch */
  readonly timeMs: number
  readonly kind: 'found' | 'gone' | 'unknown'
  /** '' for an answer that no exporter is known by. */
  readonly exporter: string
  readonly address: string
}

/** An exporter that answers. */
export interface FoundExporter {
  readonly exporter: string
  readonly address: string
  /** ms since epoch */
  readonly sinceMs: number
}

/** The running search. */
export interface LoopbackSearch {
  found(): readonly FoundExporter[]
  events(): readonly LoopbackEvent[]
  stop(): void
}

const ADDRESS = '127.0.0.1'
/** Bound on one answer. */
const BODY_BYTES_MAX = 16_777_216
const TIMEOUT_MS = 2000
/**
 * Rounds without an answer after which an exporter is gone; until then it is a target that is
 * down.
 */
const SILENT_ROUNDS_MAX = 10
/** Events kept; the oldest goes first. */
const EVENTS_MAX = 200

/** Looks at once and then again and again. */
export function startLoopbackSearch(options: LoopbackOptions): LoopbackSearch {
  const search = new Search(options)
  search.start()
  return search
}

const gauges = new WeakMap<Metrics, Family>()

/** How many are found: one figure for a process, whichever search runs. */
function foundGauge(metrics: Metrics): Family {
  const known = gauges.get(metrics)
  if (known !== undefined) return known
  const help = 'Exporters found on the loopback addresses.'
  const gauge = metrics.gauge('narthex_loopback_exporters', help)
  gauges.set(metrics, gauge)
  return gauge
}

interface Port {
  readonly found: FoundExporter
  silentRounds: number
}

class Search implements LoopbackSearch {
  readonly #options: LoopbackOptions
  readonly #ports: readonly number[]
  readonly #known = new Map<number, Port>()
  readonly #strangers = new Set<number>()
  readonly #events: LoopbackEvent[] = []
  readonly #leaving = new AbortController()
  readonly #foundCount: Family
  #timer: Timer | undefined

  constructor(options: LoopbackOptions) {
    this.#options = options
    const ports = options.ports ?? KNOWN_EXPORTERS.map((exporter) => exporter.port)
    this.#ports = ports.filter((port) => !options.portsSkipped.has(port))
    this.#foundCount = foundGauge(options.metrics)
    this.#foundCount.with().set(0)
  }

  found(): readonly FoundExporter[] {
    return [...this.#known.values()].map((port) => port.found)
  }

  events(): readonly LoopbackEvent[] {
    return this.#events
  }

  start(): void {
    void this.#round()
  }

  stop(): void {
    this.#leaving.abort()
    this.#timer?.cancel()
  }

  /** One port after the other: nobody waits for this, and the machine should not notice it. */
  async #round(): Promise<void> {
    const before = this.#known.size
    let changed = false
    for (const port of this.#ports) {
      const body = await this.#ask(port)
      if (this.#leaving.signal.aborted) return
      changed = this.#judge(port, body) || changed
    }
    this.#foundCount.with().set(this.#known.size)
    if (changed) this.#options.onTargets(this.#targets())
    if (this.#known.size !== before) this.#say()
    this.#timer = this.#options.clock.after(this.#options.intervalMs, () => void this.#round())
  }

  /** The answer of a port; undefined when nobody answers with 200. */
  async #ask(port: number): Promise<string | undefined> {
    try {
      const answer = await this.#options.fetchBody({
        url: `http://${ADDRESS}:${port}/metrics`,
        http: { ...PLAIN_HTTP, followRedirects: false },
        headers: [['Accept', 'text/plain;version=0.0.4']],
        timeoutMs: TIMEOUT_MS,
        bodyBytesMax: BODY_BYTES_MAX,
        signal: this.#leaving.signal,
      })
      return answer.status === 200 ? new TextDecoder().decode(answer.body) : undefined
    } catch (error) {
      // Nobody there is the usual case of a search: not a fault, so neither logged nor counted.
      if (error instanceof NarthexError) return undefined
      throw error
    }
  }

  /** Takes note of an answer; true when the targets change by it. */
  #judge(port: number, body: string | undefined): boolean {
    const known = this.#known.get(port)
    const exporter = body === undefined ? undefined : recogniseExporter(body)?.name
    if (exporter === undefined) {
      this.#meetStranger(port, body)
      if (known === undefined || ++known.silentRounds < SILENT_ROUNDS_MAX) return false
      this.#known.delete(port)
      this.#note('gone', known.found.exporter, port)
      return true
    }
    this.#strangers.delete(port)
    if (known?.found.exporter === exporter) {
      known.silentRounds = 0
      return false
    }
    const sinceMs = this.#options.clock.now()
    const found = { exporter, address: `${ADDRESS}:${port}`, sinceMs }
    this.#known.set(port, { found, silentRounds: 0 })
    this.#note('found', exporter, port)
    return true
  }

  /** Somebody answers whom we do not know: said once, never scraped. */
  #meetStranger(port: number, body: string | undefined): void {
    if (body === undefined) this.#strangers.delete(port)
    else if (!this.#strangers.has(port)) {
      this.#strangers.add(port)
      this.#note('unknown', '', port)
    }
  }

  #note(kind: LoopbackEvent['kind'], exporter: string, port: number): void {
    const event = {
      timeMs: this.#options.clock.now(),
      kind,
      exporter,
      address: `${ADDRESS}:${port}`,
    }
    this.#events.push(event)
    if (this.#events.length > EVENTS_MAX) this.#events.shift()
  }

  #say(): void {
    const exporters = this.found().map((found) => `${found.exporter} ${found.address}`)
    this.#options.log.info(
      exporters.length === 0 ? 'no exporter on this machine' : 'exporters found on this machine',
      { exporters },
    )
  }

  #targets(): readonly Labels[] {
    return this.found().map(({ exporter, address }) =>
      labelsFrom([
        ['__address__', address],
        ['__meta_narthex_exporter', exporter],
        ['job', exporter],
      ]),
    )
  }
}
