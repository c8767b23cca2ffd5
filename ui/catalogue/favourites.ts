/** Favourite entries: of the person who is logged in, else of this browser. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { ask, change, errorText } from '../api/client.ts'
import { stored } from '../shell/stored.ts'

interface Personal {
  readonly isPersonal: boolean
  readonly entries: readonly string[]
}

const ofBrowser = stored<readonly string[]>('favourites', [], isTexts)
/** Undefined while the server has not said whose they are. */
const ofServer: Signal<Personal | undefined> = signal(undefined)
/** How often a mark was made or taken away here. */
let marks = 0

/** Names of the entries that are marked. */
export const favourites: ReadonlySignal<ReadonlySet<string>> = computed(
  () => new Set(ofServer.value?.isPersonal === true ? ofServer.value.entries : ofBrowser.value),
)

/** '' or why the last mark was not taken. */
export const markFailure: Signal<string> = signal('')

export async function loadFavourites(abort: AbortSignal): Promise<void> {
  const before = marks
  const { data } = await ask<Personal>('hub/favourites', {}, abort)
  // What was marked while the question was on its way is not in the answer.
  if (before === marks) ofServer.value = data
}

/** Marks an entry or takes its mark away; the star shows it at once, and goes back if it fails. */
export async function toggleFavourite(name: string): Promise<void> {
  markFailure.value = ''
  try {
    // Whose favourites these are has to be known first.
    if (ofServer.value === undefined) await loadFavourites(new AbortController().signal)
    await turnMark(name)
  } catch (error) {
    markFailure.value = `cannot mark ${name}: ${errorText(error)}`
  }
}

async function turnMark(name: string): Promise<void> {
  const isMarked = favourites.value.has(name)
  mark(name, !isMarked)
  if (ofServer.value?.isPersonal !== true) return
  try {
    const path = `hub/favourites/${encodeURIComponent(name)}`
    await change(isMarked ? 'DELETE' : 'PUT', path, '')
  } catch (error) {
    mark(name, isMarked)
    throw error
  }
}

function mark(name: string, isMarked: boolean): void {
  marks++
  const others = [...favourites.value].filter((each) => each !== name)
  const entries = isMarked ? [...others, name] : others
  if (ofServer.value?.isPersonal === true) ofServer.value = { isPersonal: true, entries }
  else ofBrowser.value = entries
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
