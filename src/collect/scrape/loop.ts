/** One target, scraped at its times: ask, read, write, report. */

import type { Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { ScrapeConfig } from '../../config/scrape.ts'
import { equalLabels } from '../../model/labels.ts'
import type { Health, TargetStatus } from '../../model/target.ts'
import type { HttpChannel, HttpReply } from '../../net/client/channel.ts'
import { shownUrl } from '../../net/client/request.ts'
import { textFormat } from '../../wire/text.ts'
import { Layout } from './layout.ts'
import { formatOf } from './negotiate.ts'
import { ReportSeries } from './report.ts'
import type { ScrapeRoom, SeriesOwner } from './room.ts'
import { keepsTargetLabels, type SampleRules } from './samplelabels.ts'
import type { Body } from './scan.ts'
import { alignTimeMs, nextTimeMs } from './schedule.ts'
import { isProtobuf, TargetSide } from './side.ts'
import type { Target } from './target.ts'

/** Intervals after which a target that is gone gets its markers, so that it may come back before. */
const RETIRE_INTERVALS = 2.1

/** How often a body is read when the store has forgotten series in between. */
const SCANS_MAX = 2

/** What a loop needs besides its target. */
export interface LoopOptions {
  readonly config: ScrapeConfig
  readonly rules: SampleRules
  readonly channel: HttpChannel
  readonly offsetMs: number
  /** Why every scrape of the pool fails without being tried; '' when it does not. */
  readonly forcedError: string
}

/** Scrapes one target until it is stopped. */
export class ScrapeLoop {
  readonly target: Target
  readonly offsetMs: number
  readonly keepsLabels: boolean
  layout: Layout = new Layout()
  forcedError: string
  /** There once the target has answered in protobuf. */
  #side: TargetSide | undefined
  readonly #room: ScrapeRoom
  readonly #options: LoopOptions
  readonly #report: ReportSeries
  #timer: Timer | undefined
  readonly #whenDue = (): void => void this.#scrape()
  #stopped = false
  #health: Health = 'unknown'
  #lastError = ''
  #lastScrapeMs = 0
  #lastDurationSeconds = 0
  #lastSamples = 0
  #plannedMs = 0

  constructor(target: Target, options: LoopOptions, room: ScrapeRoom) {
    this.target = target
    this.offsetMs = options.offsetMs
    this.keepsLabels = keepsTargetLabels(options.rules)
    this.forcedError = options.forcedError
    this.#options = options
    this.#room = room
    const { sampleLimit, extraScrapeMetrics } = options.config
    const timeoutSeconds = target.timeoutMs / 1000
    const isExtra = extraScrapeMetrics || room.extraScrapeMetrics
    this.#report = new ReportSeries(target.labels, isExtra, timeoutSeconds, sampleLimit)
  }

  start(): void {
    this.#schedule()
  }

  /** Ends scraping; nothing is written any more. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#options.channel.close()
  }

  /**
   * Ends scraping for good: once the target has had the time to come back, everything that it had
   * and nobody else has is marked as gone, at the time of the scrape that did not happen.
   */
  retire(): void {
    this.stop()
    const { clock } = this.#room
    const { intervalMs } = this.target
    if (this.#lastScrapeMs === 0) {
      this.#room.scanner.release(this.layout)
      return
    }
    const nowMs = clock.now()
    const missedMs = nextTimeMs(nowMs, this.#lastScrapeMs, intervalMs, this.offsetMs)
    const delayMs = missedMs - nowMs + (RETIRE_INTERVALS - 1) * intervalMs
    this.#timer = clock.after(delayMs, () => this.#markRetired(missedMs))
    this.#room.retiring.add(this)
  }

  /** Gives the layout to a loop that goes on with the same series. */
  handOver(next: ScrapeLoop): void {
    this.stop()
    next.layout = this.layout
    this.layout = new Layout()
    next.#side = this.#side
    this.#side = undefined
  }

  /** Takes the ids that this target has alive out of a set that belongs to another. */
  removeAlive(ids: Set<number>, owner: SeriesOwner): void {
    const isClosed = this.keepsLabels || owner.keepsLabels
    if (isClosed && !equalLabels(this.target.labels, owner.target.labels)) return
    const { count, flags } = this.layout
    const own = this.layout.ids
    for (let i = 0; i < count; i++) if (flags[i] !== 0 && own[i] >= 0) ids.delete(own[i])
    for (const id of this.#report.ids ?? []) ids.delete(id)
  }

  status(): TargetStatus {
    const { target } = this
    return {
      scrapePool: this.#options.config.jobName,
      discoveredLabels: target.discovered,
      labels: target.labels,
      scrapeUrl: shownUrl(target.url),
      health: this.#health,
      lastError: this.#lastError,
      lastScrapeMs: this.#lastScrapeMs,
      lastScrapeDurationSeconds: this.#lastDurationSeconds,
      scrapeIntervalSeconds: target.intervalMs / 1000,
      scrapeTimeoutSeconds: target.timeoutMs / 1000,
      lastSamples: this.#lastSamples,
    }
  }

  #schedule(): void {
    if (this.#stopped) return
    const { clock } = this.#room
    const nowMs = clock.now()
    const { intervalMs } = this.target
    this.#plannedMs = nextTimeMs(nowMs, this.#plannedMs, intervalMs, this.offsetMs)
    this.#timer = clock.after(this.#plannedMs - nowMs, this.#whenDue)
  }

  async #scrape(): Promise<void> {
    const { clock, counters } = this.#room
    const timeMs = alignTimeMs(clock.now(), this.#plannedMs, this.target.intervalMs)
    const startMs = clock.monotonicMs()
    counters.scrapes.inc()
    counters.inFlight.inc()
    let reply: HttpReply | undefined
    let fault: unknown
    try {
      if (this.forcedError !== '') throw new NarthexError('limit', this.forcedError)
      reply = await this.#options.channel.get(this.target.timeoutMs)
      if (reply.status !== 200) {
        throw new NarthexError('io', `server returned HTTP status ${reply.statusLine}`)
      }
    } catch (error) {
      fault = error
    }
    if (!this.#stopped) this.#ingest(timeMs, startMs, reply, fault)
    reply?.body.release()
    counters.inFlight.inc(-1)
    this.#schedule()
  }

  /** Writes what came, or markers when nothing usable came, and the report. */
  #ingest(timeMs: number, startMs: number, reply: HttpReply | undefined, fault: unknown): void {
    const { clock, appender, scanner } = this.#room
    const { row } = scanner
    let error = fault
    let added = 0
    row.reset()
    row.keepsExemplars = appender.side !== undefined
    try {
      if (reply !== undefined && error === undefined) added = this.#writeBody(timeMs, reply)
    } catch (thrown) {
      error = thrown
    }
    const { scraped, kept } = row
    try {
      if (error !== undefined) this.#markFailed(timeMs)
      const durationSeconds = (clock.monotonicMs() - startMs) / 1000
      const tooBig = error instanceof NarthexError && error.kind === 'too_big'
      const bodyBytes = tooBig ? -1 : (reply?.body.length ?? 0)
      const isUp = error === undefined
      this.#note(timeMs, durationSeconds, error)
      this.#lastSamples = scraped
      this.#report.write(appender, timeMs, {
        isUp,
        durationSeconds,
        scraped,
        kept,
        added,
        bodyBytes,
      })
    } catch (thrown) {
      this.#note(timeMs, (clock.monotonicMs() - startMs) / 1000, thrown)
    }
    this.#room.commitSoon()
  }

  /** Reads the body and writes its row; how many series are new. */
  #writeBody(timeMs: number, reply: HttpReply): number {
    const { appender, scanner } = this.#room
    const { config, rules } = this.#options
    const { layout } = this
    const isProto = isProtobuf(reply.contentType)
    const format = isProto ? textFormat : formatOf(reply.contentType, config.fallbackScrapeProtocol)
    const body = isProto ? this.#transcode(reply) : reply.body
    if (this.#room.strictOpenMetrics && format.isClosed)
      this.#room.validateStrict(reply.body.content())
    for (let scans = 1; ; scans++) {
      scanner.scan(body, layout, format, rules)
      scanner.markGone(layout)
      const added = scanner.row.write(appender, layout, timeMs)
      if (added < 0 && scans < SCANS_MAX) continue
      this.#room.count(scanner.row, config.jobName, this.target)
      scanner.settle(layout)
      if (isProto) this.#side?.write(appender, rules, timeMs)
      return Math.max(0, added)
    }
  }

  /** Protobuf as text, so that numbers are read in one way only. */
  #transcode(reply: HttpReply): Body {
    const { appender, bodySizeBytesMax } = this.#room
    const { scrapeNativeHistograms, alwaysScrapeClassicHistograms } = this.#options.config
    const native = scrapeNativeHistograms && appender.side !== undefined
    this.#side ??= new TargetSide()
    return this.#side.transcode(
      reply.body.content(),
      { native, alwaysClassic: alwaysScrapeClassicHistograms ?? false },
      bodySizeBytesMax,
    )
  }

  /** A failed scrape: everything that was alive is gone. */
  #markFailed(timeMs: number): void {
    const { appender, scanner } = this.#room
    scanner.markAll(this.layout)
    scanner.row.write(appender, this.layout, timeMs)
    this.#side?.markAll(appender, timeMs)
    this.layout.clearLive()
  }

  #markRetired(timeMs: number): void {
    const { appender, scanner, log } = this.#room
    this.#room.retiring.delete(this)
    scanner.markAll(this.layout)
    const alone = this.#room.aloneIn(this.#ownIds(), this)
    const { row } = scanner
    try {
      row.keepOnly((id) => alone.has(id))
      row.write(appender, this.layout, timeMs)
      this.#side?.markAll(appender, timeMs)
      this.#report.writeStale(appender, timeMs, (id) => !alone.has(id))
      this.#room.commitSoon()
    } catch (error) {
      log.warn('cannot mark the series of a removed target', { error: messageOf(error) })
    }
    scanner.release(this.layout)
  }

  #ownIds(): Set<number> {
    const { row } = this.#room.scanner
    return new Set([...row.ids.subarray(0, row.count), ...(this.#report.ids ?? [])])
  }

  #note(timeMs: number, durationSeconds: number, error: unknown): void {
    this.#lastScrapeMs = timeMs
    this.#lastDurationSeconds = durationSeconds
    this.#health = error === undefined ? 'up' : 'down'
    this.#lastError = error === undefined ? '' : messageOf(error)
    if (error === undefined) return
    this.#room.noteFailure(error, this.#options.config, this.target)
  }
}
