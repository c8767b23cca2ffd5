/** Finds entries by words in their names, descriptions, metrics and alerts. */
import type { EntryDetail } from '../../model/catalogue.ts'

/** Most words of a search, and the longest text that is searched for. */
export const SEARCH_WORDS_MAX = 10
export const SEARCH_LENGTH_MAX = 200

/** Where a word may stand, the most telling place first. */
type Places = readonly string[]

/** The texts of an entry that are searched, in lower case. */
export function searchPlaces(entry: EntryDetail): Places {
  const { name, title, rules, panels, metrics, description, category } = entry
  const alerts = rules.map((rule) => rule.name)
  const asked = [...rules, ...panels].flatMap(({ needs }) => needs.map(({ metric }) => metric))
  const all = [...metrics.map((metric) => metric.name), ...entry.recognise, ...asked]
  const texts = [name, title, alerts.join('\n'), all.join('\n'), `${description}\n${category}`]
  return texts.map((text) => text.toLowerCase())
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
