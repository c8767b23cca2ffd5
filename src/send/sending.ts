/** All destinations of a process: started, changed at a reload, swept, shown, stopped. */
import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { DestinationBase } from '../config/destination.ts'
import { equalConfig } from '../config/equal.ts'
import type { Appender, SeriesId } from '../model/appender.ts'
import { equalLabels, type Labels, NO_LABELS } from '../model/labels.ts'
import type { DestinationStatus, SentCounts } from '../model/sending.ts'
import type { Policy } from './commit.ts'
import type { ItemCounters } from './counters.ts'
import { Destination } from './destination.ts'
import { Fanout } from './fanout.ts'
import { RowValues } from './rowvalues.ts'
import { SendMetrics, type ShownDestination } from './sendmetrics.ts'
import { SeriesBook, TICK_MS } from './series/book.ts'
import { type View, Views } from './series/view.ts'
import type { DestinationEnd } from './sieve.ts'
import type { SeriesView, Writer } from './writer.ts'

/** Series that were silent for an hour are forgotten. */
const SILENT_TICKS = 61
/** How often the book is swept and the queues are looked through. */
const UPKEEP_MS = 5000
/** Slots that are looked at in one turn. */
const SWEEP_SLOTS_MAX = 50_000

/** Bounds; the flags that set them are named in docs/limits. */
export interface SendLimits {
  /** Series of all destinations together; 0: none. */
  readonly seriesMax: number
  /** Memory and age of what waits for one destination that says nothing else. */
  readonly bufferBytesMax: number
  readonly bufferAgeMsMax: number
  /** How long a sender waits for its acknowledgement. */
  readonly commitMsMax: number
  /** How far ahead of the clock a sample may be; Infinity: as far as it likes. */
  readonly futureMsMax: number
  /** How long stopping waits for what is still to be written. */
  readonly flushMsMax: number
}

/** What is used where a role says nothing else. */
export const DEFAULT_SEND_LIMITS: SendLimits = Object.freeze({
  seriesMax: 5_000_000,
  bufferBytesMax: 64 * 1024 * 1024,
  bufferAgeMsMax: 7_200_000,
  commitMsMax: 10_000,
  futureMsMax: Infinity,
  flushMsMax: 4000,
})

export interface SendDeps<C extends DestinationBase> {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Opens the writer of a kind; what it throws keeps the start or the reload from happening. */
  readonly openWriter: (config: C, view: SeriesView) => Promise<Writer> | Writer
  /** How an end is shown, without secrets; the name when absent. */
  readonly addressOf?: (config: C) => string
  /** [0, 1); Math.random when absent. */
  readonly random?: () => number
}

export interface SendOptions<C extends DestinationBase> {
  readonly destinations: readonly C[]
  readonly externalLabels: Labels
  /** How many destinations must have written before a commit resolves, as it is now. */
  readonly policy: () => Policy
  readonly limits: SendLimits
  readonly deps: SendDeps<C>
}

/** What is sent while it runs. */
export interface Sending<C extends DestinationBase> {
  /** An appender for rows of targets. */
  rows(): Appender
  /** An appender for what is pushed. */
  pushed(): Appender
  /**
   * Goes on with other destinations; those that keep their name keep what waits for them.
   *
   * @throws what opening a writer throws; then everything is as before
   */
  apply(destinations: readonly C[], externalLabels: Labels): Promise<void>
  status(): readonly DestinationStatus[]
  /** Series that are known. */
  readonly seriesCount: number
  /** Writes what waits, for at most as long as the limits say. */
  stop(): Promise<void>
}

/**
 * Starts sending to all destinations.
 *
 * @throws NarthexError `bad_data` for two destinations of one name, or what opening a writer throws
 */
export async function startSending<C extends DestinationBase>(
  options: SendOptions<C>,
): Promise<Sending<C>> {
  const sender = new Sender(options)
  await sender.apply(options.destinations, options.externalLabels)
  sender.start()
  return sender
}

/** A configuration with what was opened for it. */
interface Opened<C> extends DestinationEnd {
  readonly config: C & DestinationBase
}

class Sender<C extends DestinationBase> implements Sending<C> {
  readonly #limits: SendLimits
  readonly #deps: SendDeps<C>
  readonly #book: SeriesBook
  readonly #values = new RowValues()
  readonly #views: Views
  readonly #fanout: Fanout
  #destinations: readonly Destination[] = []
  #externalLabels: Labels = NO_LABELS
  #addresses: ReadonlyMap<string, string> = new Map()
  /** Reloads follow each other. */
  #applying: Promise<unknown> = Promise.resolve()
  #closing: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: SendOptions<C>) {
    const { limits, deps, policy } = options
    this.#limits = limits
    this.#deps = deps
    this.#book = new SeriesBook(limits.seriesMax)
    this.#book.setTime(deps.clock.monotonicMs())
    this.#views = new Views(this.#book)
    const { commitMsMax, futureMsMax } = limits
    const { clock } = deps
    this.#fanout = new Fanout({
      book: this.#book,
      values: this.#values,
      clock,
      policy,
      commitMsMax,
      futureMsMax,
    })
  }

  start(): void {
    const { metrics, clock } = this.#deps
    new SendMetrics(metrics, clock, () => this.#shown())
    const series = metrics.gauge('narthex_send_series', 'Series that are known to be sent.')
    const bytes = metrics.gauge('narthex_send_series_bytes', 'Memory of what grows by series.')
    const refused = metrics.counter(
      'narthex_send_series_refused_total',
      'New series refused because of the bound on series.',
    )
    const received = metrics.counter(
      'prometheus_remote_storage_samples_in_total',
      'Samples taken over to be sent.',
    )
    const commits = metrics.gauge(
      'narthex_send_commits_waiting',
      'Senders that wait for their acknowledgement.',
    )
    const rows = metrics.gauge('narthex_send_row_templates', 'Rows that are known to come again.')
    const rowBytes = metrics.gauge('narthex_send_row_templates_bytes', 'Memory of these rows.')
    const lent = metrics.gauge('narthex_send_rows_lent', 'Rows whose values are still needed.')
    metrics.onCollect(() => {
      lent.with().set(this.#values.lentCount)
      rows.with().set(this.#fanout.templates.count)
      rowBytes.with().set(this.#fanout.templates.sizeBytes)
      series.with().set(this.#book.count)
      bytes.with().set(this.#book.sizeBytes)
      refused.with().set(this.#book.refused)
      received.with().set(this.#fanout.received)
      commits.with().set(this.#fanout.openCommits)
    })
    this.#planUpkeep()
  }

  get seriesCount(): number {
    return this.#book.count
  }

  rows(): Appender {
    return this.#fanout.rows()
  }

  pushed(): Appender {
    return this.#fanout.pushed()
  }

  apply(configs: readonly C[], externalLabels: Labels): Promise<void> {
    const applied = this.#applying.then(() => this.#apply(configs, externalLabels))
    this.#applying = applied.catch(() => {
      // Its caller hears of it; the next reload begins from what is there.
    })
    return applied
  }

  async #apply(configs: readonly C[], externalLabels: Labels): Promise<void> {
    if (this.#isStopped) throw new NarthexError('busy', 'cannot change destinations: stopping')
    checkNames(configs)
    const before = new Map(this.#destinations.map((each) => [each.name, each]))
    const isSame = equalLabels(externalLabels, this.#externalLabels)
    const changed = configs.filter(
      (config) => !isSame || !equalConfig(before.get(config.name)?.end.config, config),
    )
    const opened = await this.#open(changed, externalLabels)
    const closing: Promise<unknown>[] = []
    const views: View[] = []
    const destinations = configs.map(({ name }) => {
      const end = opened.get(name)
      const known = before.get(name)
      before.delete(name)
      if (known === undefined) return this.#start(end)
      if (end === undefined) return known
      views.push(known.end.view)
      closing.push(known.replace(end))
      return known
    })
    for (const gone of before.values()) {
      views.push(gone.end.view)
      closing.push(this.#retire(gone))
    }
    this.#destinations = destinations
    this.#externalLabels = externalLabels
    this.#addresses = new Map(
      configs.map((each) => [each.name, this.#deps.addressOf?.(each) ?? each.name]),
    )
    this.#fanout.setOutlets(destinations)
    for (const view of views) this.#views.leave(view)
    this.#closing = Promise.allSettled([this.#closing, ...closing])
  }

  status(): readonly DestinationStatus[] {
    const nowMs = this.#deps.clock.monotonicMs()
    return this.#shown().map(({ destination, address }) => {
      const { counters, oldestMs, end } = destination
      return {
        name: destination.name,
        kind: end.config.kind,
        address,
        health: destination.health,
        ...sentCounts(counters, destination.queuedSamples),
        exemplars: sentCounts(counters.exemplars, destination.queuedExemplars),
        queuedBytes: destination.queuedBytes,
        queuedBytesMax: destination.bufferBytesMax,
        queuedSeconds: oldestMs === Infinity ? 0 : (nowMs - oldestMs) / 1000,
        retried: counters.retried,
        writesRunning: destination.writesRunning,
        shards: destination.shards,
        lastError: destination.lastError,
        lastErrorMs: destination.lastErrorMs,
        lastWriteMs: destination.lastWriteMs,
        newestWrittenMs: counters.highestWrittenMs,
      }
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#applying
    await Promise.all(this.#destinations.map((each) => this.#retire(each)))
    this.#fanout.stop()
    await this.#closing
  }

  /** Opens writers, all or none. */
  async #open(
    configs: readonly C[],
    externalLabels: Labels,
  ): Promise<ReadonlyMap<string, Opened<C>>> {
    const opened = new Map<string, Opened<C>>()
    for (const config of configs) {
      const view = this.#views.use(externalLabels, config.relabel)
      try {
        const writer = await this.#deps.openWriter(config, view)
        opened.set(config.name, { config, view, writer })
      } catch (error) {
        this.#views.leave(view)
        for (const end of opened.values()) {
          this.#views.leave(end.view)
          await end.writer.close()
        }
        throw error
      }
    }
    return opened
  }

  #start(end: Opened<C> | undefined): Destination {
    if (end === undefined) throw new Error('BUG: expected a writer for each new destination')
    const { clock, log, random } = this.#deps
    const { bufferBytesMax, bufferAgeMsMax } = this.#limits
    return new Destination(end, {
      clock,
      log,
      random: random ?? Math.random,
      values: this.#values,
      bufferBytesMax,
      bufferAgeMsMax,
    })
  }

  async #retire(destination: Destination): Promise<void> {
    const samples = await destination.stop(this.#limits.flushMsMax)
    if (samples === 0) return
    this.#deps.log.warn('samples were not written in time', { name: destination.name, samples })
  }

  #shown(): readonly ShownDestination[] {
    return this.#destinations.map((destination) => ({
      destination,
      address: this.#addresses.get(destination.name) ?? destination.name,
    }))
  }

  #planUpkeep(): void {
    if (this.#isStopped) return
    this.#timer = this.#deps.clock.after(UPKEEP_MS, () => {
      this.#upkeep()
      this.#planUpkeep()
    })
  }

  /** Series are forgotten when they were silent for long and nothing of them waits anywhere. */
  #upkeep(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    let oldestMs = nowMs
    for (const destination of this.#destinations) {
      destination.age()
      oldestMs = Math.min(oldestMs, destination.oldestMs)
    }
    this.#book.setTime(nowMs)
    this.#fanout.templates.dropUnused()
    const waitTicks = Math.ceil((nowMs - oldestMs) / TICK_MS) + 1
    this.#book.sweep(Math.max(SILENT_TICKS, waitTicks), SWEEP_SLOTS_MAX, (ids) => this.#forget(ids))
  }

  #forget(ids: readonly SeriesId[]): void {
    this.#views.forget(ids)
    for (const destination of this.#destinations) destination.forget(ids)
  }
}

function sentCounts({ received, written, dropped }: ItemCounters, queued: number): SentCounts {
  return { received, written, dropped: Object.fromEntries(dropped), queued }
}

function checkNames(configs: readonly DestinationBase[]): void {
  const names = new Set<string>()
  for (const { name } of configs) {
    if (names.has(name)) {
      throw new NarthexError('bad_data', `cannot send: two destinations have the name "${name}"`)
    }
    names.add(name)
  }
}
