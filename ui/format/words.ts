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

/** A piece of a text, in order. */
export interface MarkedPart {
  readonly text: string
  readonly isMarked: boolean
}

/** The text in pieces, those marked that are one of the words; case does not count. */
export function markWords(text: string, words: readonly string[]): MarkedPart[] {
  const searched = text.toLowerCase()
  const parts: MarkedPart[] = []
  let plainFrom = 0
  let at = 0
  while (at < text.length) {
    const word = words.find((each) => each !== '' && searched.startsWith(each, at))
    if (word === undefined) {
      at++
      continue
    }
    if (at > plainFrom) parts.push({ text: text.slice(plainFrom, at), isMarked: false })
    parts.push({ text: text.slice(at, at + word.length), isMarked: true })
    at += word.length
    plainFrom = at
  }
  if (plainFrom < text.length) parts.push({ text: text.slice(plainFrom), isMarked: false })
  return parts
}
