/** Asks for the catalogue, for what a text finds in it, for one entry, and where it runs. */
import { useEffect, useState } from 'preact/hooks'
import type { FoundEntry, Found as FoundHosts } from '../../src/model/found.ts'
import type { ListedEntry, ShownEntry } from '../../src/model/interest.ts'
import { ApiError, ask, isAbort } from '../api/client.ts'
import type { Found } from './filter.ts'

/** A person who types on is not answered in between. */
const TYPING_MS = 90

export interface Catalogue {
  readonly entries: readonly ListedEntry[]
  /** What is wrong with files of it. */
  readonly faults: readonly string[]
}

export async function loadCatalogue(abort: AbortSignal): Promise<Catalogue> {
  const { data, warnings } = await ask<readonly ListedEntry[]>('hub/entries', {}, abort)
  return { entries: data, faults: warnings }
}

/** The entry; undefined when there is none of this name. */
export async function loadEntry(name: string, abort: AbortSignal): Promise<ShownEntry | undefined> {
  try {
    return (await ask<ShownEntry>(`hub/entries/${encodeURIComponent(name)}`, {}, abort)).data
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not_found') return undefined
    throw error
  }
}

/** What the server found last; nothing newer while it does not answer. */
export function useFound(text: string): Found | undefined {
  const [found, setFound] = useState<Found>()
  useEffect(() => {
    if (text.trim() === '') return
    const abort = new AbortController()
    const search = async (): Promise<void> => {
      try {
        const { data } = await ask<readonly ListedEntry[]>(
          'hub/entries',
          { search: text },
          abort.signal,
        )
        setFound({ text, entries: data })
      } catch (error) {
        // The list goes on with what it knows itself; that nobody answers is told above the page.
        if (!isAbort(error)) setFound(undefined)
      }
    }
    const timer = window.setTimeout(() => void search(), TYPING_MS)
    return () => {
      window.clearTimeout(timer)
      abort.abort()
    }
  }, [text])
  return found
}

/** On how many hosts entries run. */
export interface Hosts {
  readonly by: FoundHosts['by']
  readonly counts: ReadonlyMap<string, number>
}

export async function loadHosts(abort: AbortSignal): Promise<Hosts> {
  const { data } = await ask<FoundHosts>('hub/found', {}, abort)
  return { by: data.by, counts: new Map(data.entries.map(({ entry, hosts }) => [entry, hosts])) }
}

/** The targets that an entry runs on, and how that is known. */
export type Whereabouts = Pick<FoundHosts, 'by'> & FoundEntry

export async function loadWhereabouts(name: string, abort: AbortSignal): Promise<Whereabouts> {
  return (await ask<Whereabouts>(`hub/found/${encodeURIComponent(name)}`, {}, abort)).data
}
