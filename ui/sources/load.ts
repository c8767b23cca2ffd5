/** Asks for the content sources, and changes them. */
import { type Signal, signal } from '@preact/signals'
import type { AddedSource, SourceStatus } from '../../src/model/sources.ts'
import { ask, change } from '../api/client.ts'
import { type Polled, usePolled } from '../api/polled.ts'

const CALM_MS = 5000
/** While something is under way that a person looks at. */
const BUSY_MS = 700

/** Refreshes that this page has asked for and that are not done. */
const asking: Signal<number> = signal(0)
const isBusy: Signal<boolean> = signal(false)

/** What a form says; an absent token stays as it is. */
export interface WantedSource
  extends Pick<AddedSource, 'url' | 'repository' | 'branch' | 'path' | 'refreshInterval'> {
  readonly type: 'git' | 'github'
  readonly token?: string
}

/** All sources, more often while one is being asked. */
export function useSources(): Polled<readonly SourceStatus[]> {
  const isHurried = isBusy.value || asking.value > 0
  return usePolled(loadSources, isHurried ? BUSY_MS : CALM_MS)
}

async function loadSources(abort: AbortSignal): Promise<readonly SourceStatus[]> {
  const { data } = await ask<readonly SourceStatus[]>('hub/sources', {}, abort)
  isBusy.value = data.some(({ isRefreshing }) => isRefreshing)
  return data
}

/** Has all sources asked, or one; done when each has answered. @param name '' for all */
export async function refreshSources(name: string): Promise<void> {
  asking.value++
  try {
    await change('POST', name === '' ? 'hub/refresh' : `${pathOf(name)}/refresh`, '')
  } finally {
    asking.value--
  }
}

/** @param seen the version that was edited; 0 for a new source */
export async function saveSource(name: string, wanted: WantedSource, seen: number): Promise<void> {
  const condition: Readonly<Record<string, string>> =
    seen === 0 ? { 'if-none-match': '*' } : { 'if-match': `"${seen}"` }
  await change('PUT', pathOf(name), JSON.stringify(wanted), condition)
}

export function removeSource(name: string): Promise<void> {
  return change('DELETE', pathOf(name), '')
}

function pathOf(name: string): string {
  return `hub/sources/${encodeURIComponent(name)}`
}
