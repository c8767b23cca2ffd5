/** Destinations as the page shows them, and what belongs to all of them together. */

export type Health = 'idle' | 'sending' | 'retrying'

/** The API's words; counts are samples since the start. */
export interface Destination {
  readonly name: string
  readonly kind: string
  readonly address: string
  readonly health: Health
  readonly received: number
  readonly written: number
  readonly dropped: Readonly<Record<string, number>>
  readonly queued: number
  readonly queuedBytes: number
  readonly queuedBytesMax: number
  readonly queuedSeconds: number
  readonly retried: number
  readonly writesRunning: number
  readonly shards: number
  /** '' while writes succeed. */
  readonly lastError: string
  /** RFC 3339; year 1 for never, as the other times. */
  readonly lastErrorTime: string
  readonly lastWrite: string
  readonly newestWritten: string
}

export interface Totals {
  readonly received: number
  readonly written: number
  readonly dropped: number
  readonly queued: number
  readonly queuedBytes: number
}

/** Samples that will not arrive, for whatever reason. */
function droppedOf(destination: Destination): number {
  return Object.values(destination.dropped).reduce((sum, count) => sum + count, 0)
}

/** Sums over destinations; a sample counts once for each that it is meant for. */
export function totalsOf(destinations: readonly Destination[]): Totals {
  const sum = (of: (each: Destination) => number): number =>
    destinations.reduce((total, each) => total + of(each), 0)
  return {
    received: sum((each) => each.received),
    written: sum((each) => each.written),
    dropped: sum(droppedOf),
    queued: sum((each) => each.queued),
    queuedBytes: sum((each) => each.queuedBytes),
  }
}

/** One piece of the bar that shows what became of the samples. */
export interface Share {
  readonly fate: 'written' | 'queued' | 'dropped'
  readonly count: number
  /** Of all received, between 0 and 1. */
  readonly part: number
}

/** What was received, by what became of it; the counts add up. */
export function sharesOf(destination: Destination): Share[] {
  const { written, queued, received } = destination
  const counts = [
    ['written', written],
    ['queued', queued],
    ['dropped', droppedOf(destination)],
  ] as const
  return counts.map(([fate, count]) => ({
    fate,
    count,
    part: received > 0 ? Math.min(1, count / received) : 0,
  }))
}

/** Ms since epoch of the API's text; undefined for never. */
export function timeOf(text: string): number | undefined {
  const timeMs = Date.parse(text)
  return timeMs > 0 ? timeMs : undefined
}
