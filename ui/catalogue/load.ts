/** Asks for the catalogue, for what a text finds in it, and for one entry. */
import { useEffect, useState } from 'preact/hooks'
import type { EntryDetail, EntrySummary } from '../../src/model/catalogue.ts'
import { ApiError, ask, isAbort } from '../api/client.ts'
import type { Found } from './filter.ts'

/** A person who types on is not answered in between. */
const TYPING_MS = 90

export interface Catalogue {
  readonly entries: readonly EntrySummary[]
  /** What is wrong with files of it. */
  readonly faults: readonly string[]
}

export async function loadCatalogue(abort: AbortSignal): Promise<Catalogue> {
  const { data, warnings } = await ask<readonly EntrySummary[]>('hub/entries', {}, abort)
  return { entries: data, faults: warnings }
}

/** The entry; undefined when there is none of this name. */
export async function loadEntry(
  name: string,
  abort: AbortSignal,
): Promise<EntryDetail | undefined> {
  try {
    return (await ask<EntryDetail>(`hub/entries/${encodeURIComponent(name)}`, {}, abort)).data
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
        const { data } = await ask<readonly EntrySummary[]>(
          'hub/entries',
          { search: text },
          abort.signal,
        )
        setFound({ text, names: data.map(({ name }) => name) })
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
