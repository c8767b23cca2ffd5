/** Names of windows: each is one file whose name says which times it holds. */

const HOUR_MS = 3_600_000

/** Spans of windows: fresh ones, days, and months of 32 days. */
export const WINDOW_SPANS_MS: readonly number[] = [2 * HOUR_MS, 24 * HOUR_MS, 768 * HOUR_MS]

/** Which times a window holds, [fromMs, toMs), and how often it has been written anew. */
export interface WindowName {
  readonly fromMs: number
  readonly toMs: number
  readonly generation: number
}

/** How all of their names end. */
export const WINDOW_SUFFIX = '.mdb'

const NAME = /^(-?\d{1,16})_(-?\d{1,16})_(\d{1,9})\.mdb$/

export function formatWindowName(name: WindowName): string {
  return `${name.fromMs}_${name.toMs}_${name.generation}.mdb`
}

/** The window of a file name; undefined for any other file. */
export function parseWindowName(text: string): WindowName | undefined {
  const match = NAME.exec(text)
  if (match === null) return undefined
  const name = { fromMs: Number(match[1]), toMs: Number(match[2]), generation: Number(match[3]) }
  return name.fromMs < name.toMs ? name : undefined
}

/** The times of a window for people: the second one without its day where that is the same. */
export function formatWindowTimes({ fromMs, toMs }: WindowName): string {
  const from = formatMinute(fromMs)
  const to = formatMinute(toMs)
  const day = to.lastIndexOf('T') + 1
  return `${from}..${from.startsWith(to.slice(0, day)) ? to.slice(day) : to}`
}

function formatMinute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -8)}Z`
}

/** The span of a level that holds a time. */
export function spanOf(timeMs: number, spanMs: number): { fromMs: number; toMs: number } {
  const fromMs = Math.floor(timeMs / spanMs) * spanMs
  return { fromMs, toMs: fromMs + spanMs }
}

/**
 * Windows that no other replaces: one is replaced by another of a higher generation that holds all
 * of its times. Oldest first.
 */
export function currentWindows(names: readonly WindowName[]): WindowName[] {
  return names
    .filter((name) => !names.some((other) => replaces(other, name)))
    .sort((a, b) => a.fromMs - b.fromMs)
}

function replaces(other: WindowName, name: WindowName): boolean {
  return (
    other.generation > name.generation && other.fromMs <= name.fromMs && other.toMs >= name.toMs
  )
}
