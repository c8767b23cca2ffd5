/** Finds entries by words in their names, descriptions, metrics and alerts. */
import type { EntryDetail, EntryMatch } from '../../model/catalogue.ts'

/** Most words of a search, and the longest text that is searched for. */
export const SEARCH_WORDS_MAX = 10
export const SEARCH_LENGTH_MAX = 200

/** Most matches that are told of one entry. */
const MATCHES_MAX = 3

/** Where a word may stand, the most telling place first. */
type Places = readonly string[]

/** The texts of an entry that are searched, in lower case. */
export function searchPlaces(entry: EntryDetail): Places {
  const { name, title, description, category } = entry
  const alerts = alertsOf(entry).join('\n')
  const metrics = metricsOf(entry).join('\n')
  const texts = [name, title, alerts, metrics, `${description}\n${category}`]
  return texts.map((text) => text.toLowerCase())
}

function alertsOf({ rules }: EntryDetail): readonly string[] {
  return rules.filter(({ kind }) => kind === 'alert').map(({ name }) => name)
}

function metricsOf({ rules, panels, metrics, recognise }: EntryDetail): readonly string[] {
  const asked = [...rules, ...panels].flatMap(({ needs }) => needs.map(({ metric }) => metric))
  const recorded = rules.filter(({ kind }) => kind === 'record').map(({ name }) => name)
  return [...metrics.map(({ name }) => name), ...recognise, ...asked, ...recorded]
}

/** The words of a search, in lower case. */
export function searchWords(text: string): readonly string[] {
  const words = text.slice(0, SEARCH_LENGTH_MAX).toLowerCase().split(/\s+/)
  return words.filter((word) => word !== '').slice(0, SEARCH_WORDS_MAX)
}

/**
 * How well an entry answers: the sum of the places in which its words are first found, 0 the best;
 * undefined when a word is nowhere.
 */
export function matchRank(places: Places, words: readonly string[]): number | undefined {
  let rank = 0
  for (const word of words) {
    const place = places.findIndex((text) => text.includes(word))
    if (place < 0) return undefined
    // A name that is the word, not only has it, is what was meant.
    rank += place === 0 && places[0] !== word ? 0.5 : place
  }
  return rank
}

/** The alerts and metrics by which words have found an entry that does not show them itself. */
export function matchesOf(entry: EntryDetail, words: readonly string[]): readonly EntryMatch[] {
  const { name, title, description, category } = entry
  const shown = [name, title, description, category].join('\n').toLowerCase()
  const matches = new Map<string, EntryMatch>()
  for (const word of words) {
    if (shown.includes(word)) continue
    const alert = closest(alertsOf(entry), word)
    const text = alert ?? closest(metricsOf(entry), word)
    if (text === undefined) continue
    matches.set(text, { kind: alert === undefined ? 'metric' : 'alert', text })
  }
  return [...matches.values()].slice(0, MATCHES_MAX)
}

/** The shortest text with the word in it; one that begins with it comes before all others. */
function closest(texts: readonly string[], word: string): string | undefined {
  const having = texts.filter((text) => text.toLowerCase().includes(word))
  const beginning = having.filter((text) => text.toLowerCase().startsWith(word))
  const [first, ...others] = beginning.length > 0 ? beginning : having
  return others.reduce((best, text) => (text.length < best.length ? text : best), first)
}
