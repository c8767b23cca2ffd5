/** How much entries of the catalogue are looked at and put to use here, and since when they are there. */
import type { EntryDetail, FoundEntry } from './catalogue.ts'

/** What lists tell of an entry besides what it is. */
export interface Standing {
  /** Looks at it, of each person once a day, and installations; of the days that are kept. */
  readonly views: number
  readonly installs: number
  /** Both in one number. */
  readonly popularity: number
  /** How clearly the last week rises above the time before; 0 where it does not. */
  readonly trend: number
  /** When it appeared in this installation, ms since epoch; 0 for what was there at the first start. */
  readonly addedMs: number
  /** When its content last became another one, ms since epoch; 0 for never since the first start. */
  readonly changedMs: number
  /** Whether it appeared within the last days. */
  readonly isNew: boolean
}

/** An entry as lists show it. */
export type ListedEntry = FoundEntry & Standing

/** All of an entry, as its page shows it. */
export type ShownEntry = EntryDetail & Standing

/** The orders that follow from standings. */
export type InterestOrder = 'popular' | 'trending' | 'recent'

/** What routes need. */
export interface Interest {
  /** Changes whenever any standing does. */
  readonly version: string
  standing(entry: string): Standing
  /** The entries with their standings; in their order where none is given. */
  list(entries: readonly FoundEntry[], order: InterestOrder | undefined): readonly ListedEntry[]
  /** Somebody looks at an entry; counted later. */
  viewed(entry: string, caller: string): void
  /** An entry was put to use; counted later. */
  installed(entry: string): void
}

/** Of one entry in the days that are kept. */
export interface EntryUse {
  readonly entry: string
  readonly views: number
  readonly installs: number
  /** The same of the last days alone. */
  readonly recentViews: number
  readonly recentInstalls: number
}

/** All that was counted. */
export interface Uses {
  readonly entries: readonly EntryUse[]
  /** The first day of which anything is kept; undefined for none. */
  readonly firstDay: number | undefined
}

/** What is to be counted of one day; days are numbered from the epoch on, in UTC. */
export interface DayCount {
  readonly day: number
  readonly views: readonly EntryViewer[]
  /** Installations by entry. */
  readonly installs: ReadonlyMap<string, number>
}

/** Who looked at an entry, as nothing but a digest of the day. */
export interface EntryViewer {
  readonly entry: string
  readonly viewer: string
}

/** Since when an entry is there and is what it is; 0 for what was there first. */
export interface EntryLife {
  readonly entry: string
  readonly addedMs: number
  readonly changedMs: number
}

/** Where interest is kept. Each method throws NarthexError `busy` while the database is away. */
export interface InterestRecords {
  /** The salt of a day, the same in all hubs; made where there is none yet. */
  salt(day: number): Promise<string>
  /** Counts installations, and viewers who are not counted yet. @returns viewers beyond the bound */
  count(counted: DayCount, viewersMax: number): Promise<number>
  /** What is kept since a day, and of it what is since a later one. */
  uses(fromDay: number, recentDay: number): Promise<Uses>
  /** Notes digests of the contents of entries; those of the very first time are not new. */
  note(contents: ReadonlyMap<string, string>, nowMs: number): Promise<void>
  lives(): Promise<readonly EntryLife[]>
  /** Forgets viewers and salts before one day, and counts before another. */
  sweep(viewersFromDay: number, usesFromDay: number): Promise<void>
}
