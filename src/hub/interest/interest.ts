/** How much entries are looked at and used: gathered here, kept in the records, told from memory. */
import { createHash, createHmac } from 'node:crypto'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import type { FoundEntry } from '../../model/catalogue.ts'
import type {
  EntryViewer,
  Interest,
  InterestOrder,
  InterestRecords,
  ListedEntry,
  Standing,
} from '../../model/interest.ts'
import { compareText } from '../../model/labels.ts'
import {
  dayOf,
  isNew,
  KEPT_DAYS,
  orderByInterest,
  popularityOf,
  RECENT_DAYS,
  trendOf,
} from './score.ts'

/** How long what was seen waits to be written with the rest, in ms. */
const SAVE_MS = 5000
/** How often what other hubs have written is looked for, in ms. */
const FOLLOW_MS = 60_000

/** Most looks that wait to be written. */
export const LOOKS_PENDING_MAX = 10_000
/** Most looks of one day, of all hubs. */
export const VIEWERS_MAX = 100_000

export interface InterestDeps {
  readonly records: InterestRecords
  /** Digests of the contents of all entries; undefined while not all that there is has been read. */
  readonly contents: () => ReadonlyMap<string, string> | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** A look that is not written yet. */
interface Look {
  readonly day: number
  readonly entry: string
  readonly caller: string
}

const NOTHING: Standing = {
  ...{ views: 0, installs: 0, popularity: 0, trend: 0 },
  ...{ addedMs: 0, changedMs: 0, isNew: false },
}

/** Counts until it is stopped. While the database is away, lists have what was known last. */
export class FollowedInterest implements Interest {
  readonly #deps: InterestDeps
  readonly #dropped: Cell
  #standings: ReadonlyMap<string, Standing> = new Map()
  #version = ''
  #looks = new Map<string, Look>()
  #installs = new Map<string, number>()
  /** Digests of those who were written on the day of `#countedDay`. */
  readonly #counted = new Set<string>()
  #countedDay = 0
  #noted: ReadonlyMap<string, string> | undefined
  #sweptDay = 0
  /** Whoever reads or writes waits for who does so already. */
  #turn: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  #timerMs = Number.POSITIVE_INFINITY
  #isStopped = false

  constructor(deps: InterestDeps) {
    this.#deps = deps
    this.#dropped = deps.metrics
      .counter(
        'narthex_catalogue_views_dropped_total',
        'Looks at entries that were not counted, because there were too many.',
      )
      .with()
  }

  get version(): string {
    return this.#version
  }

  standing(entry: string): Standing {
    return this.#standings.get(entry) ?? NOTHING
  }

  list(entries: readonly FoundEntry[], order: InterestOrder | undefined): readonly ListedEntry[] {
    const listed = entries.map((entry) => ({ ...entry, ...this.standing(entry.name) }))
    return order === undefined ? listed : orderByInterest(listed, order)
  }

  viewed(entry: string, caller: string): void {
    this.#keepLook({ day: dayOf(this.#deps.clock.now()), entry, caller })
    this.#later(SAVE_MS)
  }

  installed(entry: string): void {
    this.#keepInstalls(entry, 1)
    this.#later(SAVE_MS)
  }

  /** Notes what there is and takes over what is known; fails only into the log. */
  async follow(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#note()
      await this.#sweep()
      await this.#read()
    })
    // What is not noted yet comes as soon as all sources have been asked.
    this.#later(this.#noted === undefined ? SAVE_MS : FOLLOW_MS)
  }

  /** Writes for the last time. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#inTurn(() => this.#save())
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(run).catch((error: unknown) => {
      this.#deps.log.warn('uses of the catalogue are not followed', { error: messageOf(error) })
    })
    return this.#turn
  }

  #later(delayMs: number): void {
    const { clock } = this.#deps
    const dueMs = clock.monotonicMs() + delayMs
    if (this.#isStopped || dueMs >= this.#timerMs) return
    this.#timer?.cancel()
    this.#timerMs = dueMs
    this.#timer = clock.after(delayMs, () => {
      this.#timerMs = Number.POSITIVE_INFINITY
      void this.#inTurn(() => this.#save())
      void this.follow()
    })
  }

  #keepLook(look: Look): void {
    const key = JSON.stringify([look.day, look.entry, look.caller])
    if (this.#looks.size < LOOKS_PENDING_MAX || this.#looks.has(key)) this.#looks.set(key, look)
    else this.#dropped.inc()
  }

  #keepInstalls(entry: string, count: number): void {
    this.#installs.set(entry, (this.#installs.get(entry) ?? 0) + count)
  }

  /** What cannot be written is kept for the next time. */
  async #save(): Promise<void> {
    const looks = [...this.#looks.values()]
    const installs = this.#installs
    if (looks.length === 0 && installs.size === 0) return
    this.#looks = new Map()
    this.#installs = new Map()
    const { records, clock } = this.#deps
    const today = dayOf(clock.now())
    const byDay = Map.groupBy(looks, ({ day }) => day)
    if (installs.size > 0 && !byDay.has(today)) byDay.set(today, [])
    for (const [day, ofDay] of byDay) {
      const puts = day === today ? installs : new Map<string, number>()
      try {
        const views = await this.#digest(day, ofDay)
        if (views.length === 0 && puts.size === 0) continue
        this.#dropped.inc(await records.count({ day, views, installs: puts }, VIEWERS_MAX))
        for (const { viewer } of views) this.#counted.add(viewer)
      } catch (error) {
        for (const look of ofDay) this.#keepLook(look)
        for (const [entry, count] of puts) this.#keepInstalls(entry, count)
        throw error
      }
    }
  }

  /** Nothing of who looks but a digest by which they are known again on the same day. */
  async #digest(day: number, looks: readonly Look[]): Promise<readonly EntryViewer[]> {
    if (looks.length === 0) return []
    if (day !== this.#countedDay) {
      this.#counted.clear()
      this.#countedDay = day
    }
    const salt = await this.#deps.records.salt(day)
    return looks
      .map(({ entry, caller }) => ({
        entry,
        viewer: createHmac('sha256', salt)
          .update(JSON.stringify([entry, caller]))
          .digest('base64url'),
      }))
      .filter(({ viewer }) => !this.#counted.has(viewer))
  }

  async #note(): Promise<void> {
    const { contents, records, clock } = this.#deps
    const present = contents()
    if (present === undefined || present === this.#noted) return
    await records.note(present, clock.now())
    this.#noted = present
  }

  async #sweep(): Promise<void> {
    const today = dayOf(this.#deps.clock.now())
    if (today === this.#sweptDay) return
    // The clock of another hub may not have reached today.
    await this.#deps.records.sweep(today - 1, today - KEPT_DAYS + 1)
    this.#sweptDay = today
  }

  async #read(): Promise<void> {
    const { records, clock } = this.#deps
    const nowMs = clock.now()
    const today = dayOf(nowMs)
    const recentDay = today - RECENT_DAYS + 1
    const uses = await records.uses(today - KEPT_DAYS + 1, recentDay)
    const beforeDays = Math.max(0, recentDay - (uses.firstDay ?? recentDay))
    const standings = new Map<string, Standing>()
    for (const { entry, addedMs, changedMs } of await records.lives()) {
      const life = { addedMs, changedMs, isNew: isNew(addedMs, nowMs) }
      standings.set(entry, { ...NOTHING, ...life })
    }
    for (const { entry, views, installs, recentViews, recentInstalls } of uses.entries) {
      const popularity = popularityOf(views, installs)
      const recent = popularityOf(recentViews, recentInstalls)
      const trend = trendOf(recent, popularity - recent, beforeDays)
      const counts = { views, installs, popularity, trend }
      standings.set(entry, { ...(standings.get(entry) ?? NOTHING), ...counts })
    }
    this.#standings = standings
    this.#version = digestOf([...standings].sort(([a], [b]) => compareText(a, b)))
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)
}
