/** What a search has found in an entry that its row does not show otherwise. */
import type { JSX } from 'preact'
import type { EntryMatch } from '../../src/model/catalogue.ts'
import { markWords } from '../format/words.ts'

interface MatchesProps {
  readonly matches: readonly EntryMatch[]
  readonly words: readonly string[]
}

export function Matches({ matches, words }: MatchesProps): JSX.Element {
  return (
    <span class="matches">
      {matches.map(({ kind, text }) => (
        <span key={text}>
          <span class="faint">{kind}</span>{' '}
          <code>
            {markWords(text, words).map((part, index) =>
              part.isMarked ? <mark key={index}>{part.text}</mark> : part.text,
            )}
          </code>
        </span>
      ))}
    </span>
  )
}
