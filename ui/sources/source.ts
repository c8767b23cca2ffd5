/** Sources in words: how one does, what it is doing, and where it stands. */
import type { SourceProgress, SourceStatus } from '../../src/model/sources.ts'
import { describeDuration } from '../format/duration.ts'
import { formatCount } from '../format/value.ts'

/** What the address of the list says. */
export interface ListState {
  /** Whether the form for a new source is open. */
  readonly isAdding: boolean
}

export function parseState(search: string): ListState {
  return { isAdding: new URLSearchParams(search).has('add') }
}

export function formatState({ isAdding }: ListState): string {
  return isAdding ? 'add' : ''
}

export interface Standing {
  readonly word: string
  /** Of the badge. */
  readonly look: 'good' | 'warn' | ''
}

/** How a source does. */
export function standingOf(source: SourceStatus, nowMs: number): Standing {
  const { error, failingSinceMs, goodMs, isRefreshing, place } = source
  if (isRefreshing) return { word: 'refreshing', look: '' }
  if (error !== '') {
    const since = describeWhole(nowMs - failingSinceMs)
    return { word: `fails for ${since}`, look: 'warn' }
  }
  if (goodMs === 0) return { word: 'not asked yet', look: '' }
  return place === 'elsewhere' ? { word: 'kept', look: '' } : { word: 'up to date', look: 'good' }
}

const STEPS: Readonly<Record<SourceProgress['step'], string>> = {
  waiting: 'Waits for its turn',
  asking: 'Asks for what is new',
  fetching: 'Fetches',
  reading: 'Reads',
}

/** What a refresh is doing. */
export function progressWords({ step, done, all }: SourceProgress): string {
  if (all === 0) return step === 'fetching' ? 'Fetches what is new' : STEPS[step]
  return `${STEPS[step]} ${formatCount(done)} of ${formatCount(all)} files`
}

const PLACES: Readonly<Record<SourceStatus['place'], string>> = {
  program: 'comes with the program',
  edits: 'changed on the pages of the catalogue',
  configuration: 'in the configuration file',
  records: 'added here',
  elsewhere: 'not asked by this hub',
}

export function placeWords({ place }: Pick<SourceStatus, 'place'>): string {
  return PLACES[place]
}

const TYPES: Readonly<Record<SourceStatus['type'], string>> = {
  bundled: 'bundled',
  folder: 'folder',
  git: 'Git',
  github: 'GitHub',
}

export function typeWord({ type }: Pick<SourceStatus, 'type'>): string {
  return TYPES[type]
}

/** When it is asked again. */
export function nextWords({ nextMs, place }: SourceStatus, nowMs: number): string {
  if (place === 'program') return 'at a reload'
  if (nextMs === 0) return 'not by this hub'
  if (nextMs <= nowMs) return 'now'
  return `in ${describeWhole(nextMs - nowMs)}`
}

/** What ticks does so by seconds at first, then by minutes. */
function describeWhole(ms: number): string {
  if (ms >= 120_000) return describeDuration(Math.round(ms / 60_000) * 60_000)
  return `${Math.max(1, Math.round(ms / 1000))} s`
}

/** Whether a source is one that people or a configuration have named. */
export function isNamed({ place }: Pick<SourceStatus, 'place'>): boolean {
  return place !== 'program' && place !== 'edits'
}
