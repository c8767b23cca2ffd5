/** What counts make of an entry: how popular it is, whether it is on the rise, whether it is new. */

import type { InterestOrder, ListedEntry } from '../../model/interest.ts'
import { compareText } from '../../model/labels.ts'

export const DAY_MS = 86_400_000

/** How long counts are kept. */
export const KEPT_DAYS = 90

/** What a trend looks at, today included. */
export const RECENT_DAYS = 7

/** How long an entry is new. */
export const NEW_DAYS = 7

/** Putting an entry to use says as much as so many looks at it. */
const INSTALL_WEIGHT = 10

/** The number of a day since the epoch, in UTC. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS)
}

/** Looks and installations in one number. */
export function popularityOf(views: number, installs: number): number {
  return views + INSTALL_WEIGHT * installs
}

/**
 * How clearly the last days rise above what the days before let one expect, 0 where they do not.
 *
 * Counts of rare events spread by the root of what is expected of them, so the rise is told in such
 * roots: 10 looks where none were expected weigh as much as 74 where 24 were. The one more
 * under the root keeps a single look at what nobody knows from being a trend.
 *
 * @param recent      popularity of the last RECENT_DAYS
 * @param before      that of all days before
 * @param beforeDays  how many these are; 0 while nothing older is known
 */
export function trendOf(recent: number, before: number, beforeDays: number): number {
  const expected = beforeDays > 0 ? (before / beforeDays) * RECENT_DAYS : 0
  const rise = (recent - expected) / Math.sqrt(expected + 1)
  return Math.round(Math.max(0, rise) * 100) / 100
}

/** Whether what appeared then is still new. */
export function isNew(addedMs: number, nowMs: number): boolean {
  return addedMs > 0 && nowMs - addedMs <= NEW_DAYS * DAY_MS
}

/** The most of it first, then by name. */
export function orderByInterest(
  entries: readonly ListedEntry[],
  order: InterestOrder,
): readonly ListedEntry[] {
  const value = VALUES[order]
  return entries.toSorted((a, b) => value(b) - value(a) || compareText(a.name, b.name))
}

const VALUES: Readonly<Record<InterestOrder, (entry: ListedEntry) => number>> = {
  popular: ({ popularity }) => popularity,
  trending: ({ trend }) => trend,
  recent: ({ changedMs }) => changedMs,
}
