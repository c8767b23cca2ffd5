/** Words that a filter looks for. */

/** The words of a filter; case does not count. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean)
}

/** Whether all words occur somewhere. */
export function hasWords(text: string, words: readonly string[]): boolean {
  const searched = text.toLowerCase()
  return words.every((word) => searched.includes(word))
}
