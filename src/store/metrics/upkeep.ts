/** What the store does beside answering: seals, trims the log, deletes, merges, sweeps. */
import { statfsSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { WriteLog } from '../log/writelog.ts'
import type { DamageListener } from './blockpart.ts'
import type { OpenWindow } from './blockreader.ts'
import type { Head } from './head.ts'
import type { Journal } from './journal.ts'
import * as at from './layout.ts'
import { Merge } from './merge.ts'
import { provenNewestMs } from './retention.ts'
import type { Sealer } from './seal.ts'
import type { Sweep } from './sweep.ts'
import { readCounters, type WindowCounters } from './windowfile.ts'
import { spanOf, WINDOW_SPANS_MS, type WindowName } from './windowname.ts'
import type { Windows } from './windows.ts'

/** Time between two rounds. */
const UPKEEP_INTERVAL_MS = 1000
/** Open rows from which a group is sealed; spread over groups, so that not all come at once. */
const READY_ROWS = 66
const READY_SPREAD = 10
/** Rows are sealed at the latest when they have been open so long. */
const ROW_AGE_MS_MAX = 1_500_000
/** Spread over groups, too. */
const ROW_AGE_SPREAD_MS = 2000
const ROW_AGE_SPREAD = 64
/** Groups offered to the sealer at once; it stops earlier when their rows take long. */
const BATCH_GROUPS_MAX = 1024
/** A row may still be filling for so long. */
const FILLING_MS = 10_000
/** The journal begins a new epoch at the latest after so long. */
const EPOCH_MS = 600_000
/** A window is merged when its end lies so far behind the newest sample. */
const SETTLED_MS = 2_700_000
/** And when nothing was written into it for so long. */
const QUIET_MS = 60_000
/** A group is sealed early when it has so many times the columns it had when it was swept. */
const GROWTH = 2
const GROWTH_COLUMNS_MIN = 256
/** Windows of at least this span are packed. */
const PACKED_SPAN_MS = WINDOW_SPANS_MS[1]

export interface UpkeepOptions {
  readonly path: string
  readonly retentionMs: number
  readonly retentionSizeBytes: number
  readonly minFreeBytes: number
  readonly clock: Clock
  readonly log: Log
}

/** The rooms that upkeep works on. */
export interface UpkeepParts {
  readonly head: Head
  readonly journal: Journal
  readonly writeLog: WriteLog
  readonly windows: Windows
  readonly sealer: Sealer
  readonly sweep: Sweep
  /** The newest time by which others are judged. */
  readonly newestMs: () => number
  readonly onDamage: DamageListener
}

/** How much of a window had been written when it was looked at, and when that was. */
interface Observed {
  blocks: number
  sinceMs: number
}

/** Runs in rounds; one round at a time. */
export class Upkeep {
  /** '' or why nothing is written at present. */
  readOnlyReason = ''
  readonly counts = {
    merges: 0,
    mergeFailures: 0,
    timeDeletions: 0,
    sizeDeletions: 0,
    sealFailures: 0,
  }
  readonly #options: UpkeepOptions
  readonly #parts: UpkeepParts
  readonly #observed = new Map<OpenWindow, Observed>()
  #epochSinceMs: number
  #round: Promise<void> | undefined
  #isStopping = false
  /** A leap of time would delete windows, and has been told. */
  #isRetentionHeld = false
  #timer: { cancel(): void } | undefined

  constructor(options: UpkeepOptions, parts: UpkeepParts) {
    this.#options = options
    this.#parts = parts
    this.#epochSinceMs = options.clock.monotonicMs()
    this.checkSpace()
    this.#schedule()
  }

  /** One round now, or the end of the one that is running. */
  run(): Promise<void> {
    this.#round ??= this.#runRound().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#timer?.cancel()
    await this.#round
  }

  /** Looks how much room there is, and whether the log can be written. */
  checkSpace(): void {
    const { path, minFreeBytes, log } = this.#options
    let reason = this.#parts.writeLog.failure
    if (reason === '' && minFreeBytes > 0) {
      const { bavail, bsize } = statfsSync(path)
      const freeBytes = bavail * bsize
      if (freeBytes < minFreeBytes) {
        reason = `${freeBytes} bytes are free, at least ${minFreeBytes} are wanted (--storage.min-free)`
      }
    }
    if (reason !== '' && this.readOnlyReason === '') log.error('the store is read-only', { reason })
    if (reason === '' && this.readOnlyReason !== '') log.info('the store takes samples again')
    this.readOnlyReason = reason
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(UPKEEP_INTERVAL_MS, () => {
      if (this.#isStopping) return
      this.run().catch((error) => {
        this.#options.log.error('upkeep of the store failed', { reason: messageOf(error) })
      })
      this.#schedule()
    })
  }

  async #runRound(): Promise<void> {
    this.checkSpace()
    await this.#retain()
    await this.#sealDue()
    this.#trimLog()
    this.#parts.sweep.step(this.#options.clock.monotonicMs())
    await this.#mergeDue()
  }

  /** Seals groups that are full, old or much grown. */
  async #sealDue(): Promise<void> {
    const { head } = this.#parts
    const ready: number[] = []
    const old: number[] = []
    const grown: number[] = []
    const strands: number[] = []
    const oldStrands: number[] = []
    const { clock } = this.#options
    const now = clock.now()
    const monotonicMs = clock.monotonicMs()
    const count = head.index.view.groupCount
    for (let group = 1; group < count; group++) {
      const rows = head.rows.count(group)
      const fill = head.rows.field(group, at.GROUP_STRAND_FILL)
      if (rows + fill === 0 || head.index.view.groupField(group, at.GROUP_LIVE) === 0) continue
      const ageMsMax = ROW_AGE_MS_MAX + (group % ROW_AGE_SPREAD) * ROW_AGE_SPREAD_MS
      if (fill >= at.STRAND_READY) strands.push(group)
      else if (fill > 0) {
        const ageMs = monotonicMs - head.rows.field(group, at.GROUP_STRAND_OPENED) * 1000
        if (ageMs > ageMsMax) oldStrands.push(group)
      }
      if (rows >= READY_ROWS + (group % READY_SPREAD)) {
        ready.push(group)
        continue
      }
      const newest =
        rows === 0 ? -Infinity : head.rows.time(group, head.rows.field(group, at.GROUP_ROW_END) - 1)
      if (Math.abs(now - newest) < FILLING_MS) continue
      const columns = head.rows.field(group, at.GROUP_COLUMN_COUNT)
      const sweptColumns = head.rows.field(group, at.GROUP_SWEPT_COLUMNS)
      if (rows > 0 && monotonicMs - head.rows.openedMs(group) > ageMsMax) old.push(group)
      else if (sweptColumns > 0 && columns > Math.max(GROWTH_COLUMNS_MIN, GROWTH * sweptColumns)) {
        grown.push(group)
      }
    }
    const { sealer } = this.#parts
    const rowsOf = (groups: number[]): number => sealer.seal(groups, false, performanceNow)
    const wholeOf = (groups: number[]): number => sealer.seal(groups, true, performanceNow)
    const strandsOf =
      (openedBeforeMs: number) =>
      (groups: number[]): number =>
        sealer.sealStrands(groups, openedBeforeMs, performanceNow)
    await this.#sealAll(ready, rowsOf)
    await this.#sealAll(old, wholeOf)
    await this.#sealAll(strands, strandsOf(-Infinity))
    await this.#sealAll(oldStrands, strandsOf(monotonicMs - ROW_AGE_MS_MAX / 2))
    await this.#sealAll(grown, wholeOf)
    await this.#sealAll(grown, strandsOf(Infinity))
    for (const group of grown) this.#parts.sweep.sweepNow(group, clock.monotonicMs())
  }

  /** @param seal seals the first of some groups, and returns how many */
  async #sealAll(groups: readonly number[], seal: (groups: number[]) => number): Promise<void> {
    let from = 0
    try {
      while (from < groups.length && !this.#isStopping) {
        from += seal(groups.slice(from, from + BATCH_GROUPS_MAX))
        await nextTurn()
      }
    } catch (error) {
      if (!(error instanceof NarthexError) || error.kind !== 'busy') throw error
      this.counts.sealFailures++
      this.#options.log.warn('rows could not be sealed; they stay open', { reason: error.message })
    }
  }

  /** Drops log records whose rows are all in blocks. */
  #trimLog(): void {
    const { head, journal, writeLog } = this.#parts
    const now = this.#options.clock.monotonicMs()
    if (this.readOnlyReason === '' && now - this.#epochSinceMs >= EPOCH_MS) {
      journal.startEpoch()
      this.#epochSinceMs = now
    }
    let oldest = journal.epoch
    const count = head.index.view.groupCount
    for (let group = 1; group < count; group++) {
      if (head.rows.field(group, at.GROUP_STRAND_FILL) > 0) {
        oldest = Math.min(oldest, head.rows.field(group, at.GROUP_STRAND_EPOCH))
      }
      if (head.rows.count(group) === 0) continue
      oldest = Math.min(oldest, head.rows.oldestEpoch(group))
    }
    writeLog.dropBelow(journal.startOf(oldest))
  }

  /** Removes windows that are too old, and the oldest but not the last while there are too many bytes. */
  async #retain(): Promise<void> {
    const { windows, writeLog } = this.#parts
    const { retentionSizeBytes, log } = this.#options
    const keptFromMs = this.#keptFromMs()
    for (const window of [...windows.current()]) {
      const isOld = window.name.toMs <= keptFromMs
      const sizeBytes = windows.sizeBytes() + writeLog.sizeBytes
      const isNewest = windows.current().at(-1) === window
      const isOver = retentionSizeBytes > 0 && sizeBytes > retentionSizeBytes && !isNewest
      if (!isOld && !isOver) continue
      log.info('window deleted', {
        fromMs: window.name.fromMs,
        toMs: window.name.toMs,
        reason: isOld ? 'time' : 'size',
      })
      await windows.remove(window)
      if (isOld) this.counts.timeDeletions++
      else this.counts.sizeDeletions++
    }
  }

  /** Windows that end earlier have had their time. */
  #keptFromMs(): number {
    const { retentionMs, clock, log } = this.#options
    if (retentionMs === 0) return -Infinity
    const newestMs = Math.min(this.#parts.newestMs(), clock.now())
    const windows = this.#parts.windows.current()
    const provenMs = provenNewestMs(windows, newestMs, retentionMs)
    const isHeld = provenMs < newestMs && windows[0].name.toMs <= newestMs - retentionMs
    if (isHeld && !this.#isRetentionHeld) {
      log.warn('time has leapt; retention deletes nothing for it until there is data behind it', {
        fromMs: provenMs,
        toMs: newestMs,
      })
    }
    this.#isRetentionHeld = isHeld
    return provenMs - retentionMs
  }

  /** The newest time, and that before a leap until there is data behind it. */
  #provenMs(): number {
    const { windows, newestMs } = this.#parts
    return provenNewestMs(windows.current(), newestMs(), this.#options.retentionMs)
  }

  /** Merges at most one window a round. */
  async #mergeDue(): Promise<void> {
    if (this.readOnlyReason !== '') return
    const due = this.#findMerge()
    if (due === undefined) return
    const { windows, onDamage } = this.#parts
    const compress = due.target.toMs - due.target.fromMs >= PACKED_SPAN_MS
    let target: OpenWindow | undefined
    try {
      target = windows.create(due.target)
      const merge = new Merge(due.sources, target, compress, performanceNow, onDamage)
      if (await merge.run(() => this.#isStopping)) {
        merge.finish()
        this.counts.merges++
        const done = target
        target = undefined
        await windows.replace(done, due.sources)
      }
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      this.counts.mergeFailures++
      this.#options.log.warn('windows could not be merged', { reason: error.message })
    }
    if (target !== undefined) await windows.abandon(target)
  }

  /** A window with unmerged blocks, or all small windows of a day or a month that is over. */
  #findMerge(): { sources: OpenWindow[]; target: WindowName } | undefined {
    const settled = this.#settled()
    for (const { window, counters } of settled) {
      if (counters.blocks === counters.merged) continue
      const target = { ...window.name, generation: window.name.generation + 1 }
      return { sources: [window], target }
    }
    for (const spanMs of WINDOW_SPANS_MS.slice(1)) {
      if (spanMs > spanMsMaxOf(this.#options.retentionMs)) continue
      for (const { window } of settled) {
        if (window.name.toMs - window.name.fromMs >= spanMs) continue
        const span = spanOf(window.name.fromMs, spanMs)
        const sources = settled
          .map((other) => other.window)
          .filter(({ name }) => name.fromMs >= span.fromMs && name.toMs <= span.toMs)
        if (!this.#isOver(span, sources)) continue
        const generation = Math.max(...sources.map(({ name }) => name.generation)) + 1
        return { sources, target: { ...span, generation } }
      }
    }
    return undefined
  }

  /** Whether no window of the span is still being written. */
  #isOver(span: { fromMs: number; toMs: number }, sources: readonly OpenWindow[]): boolean {
    const { windows } = this.#parts
    const inside = windows
      .current()
      .filter(({ name }) => name.fromMs < span.toMs && name.toMs > span.fromMs)
    return this.#provenMs() >= span.toMs + SETTLED_MS && inside.length === sources.length
  }

  /** Windows that nothing was written into for a while, with their counters. */
  #settled(): { window: OpenWindow; counters: WindowCounters }[] {
    const { windows } = this.#parts
    const now = this.#options.clock.monotonicMs()
    const newestMs = this.#provenMs()
    const settled: { window: OpenWindow; counters: WindowCounters }[] = []
    for (const window of this.#observed.keys()) {
      if (!windows.current().includes(window)) this.#observed.delete(window)
    }
    for (const window of windows.current()) {
      if (window.name.toMs + SETTLED_MS > newestMs) continue
      const counters = readCounters(window.environment)
      const observed = this.#observed.get(window)
      if (observed === undefined || observed.blocks !== counters.blocks) {
        this.#observed.set(window, { blocks: counters.blocks, sinceMs: now })
      } else if (now - observed.sinceMs >= QUIET_MS) {
        settled.push({ window, counters })
      }
    }
    return settled
  }
}

/** The longest span of a window: a tenth of the retention, so that whole windows can be deleted. */
export function spanMsMaxOf(retentionMs: number): number {
  return retentionMs === 0 ? Infinity : Math.max(WINDOW_SPANS_MS[0], retentionMs / 10)
}

/** For slices of work: real time, whatever clock the store has. */
function performanceNow(): number {
  return performance.now()
}
