/** The star of an entry: a switch that marks it as a favourite. */
import type { JSX } from 'preact'
import { favourites, toggleFavourite } from './favourites.ts'

const SHAPE =
  'M8 1.800l1.900 3.900 4.300.6-3.100 3 .7 4.300L8 11.600l-3.800 2 .7-4.300-3.100-3 4.300-.6z'

interface StarProps {
  readonly name: string
  readonly title: string
}

export function Star({ name, title }: StarProps): JSX.Element {
  const isOn = favourites.value.has(name)
  return (
    <button
      type="button"
      class="star"
      aria-label={`Favourite: ${title}`}
      aria-pressed={isOn}
      title={isOn ? 'A favourite; f takes the mark away' : 'Mark as a favourite (f)'}
      onClick={() => void toggleFavourite(name)}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPE} />
      </svg>
    </button>
  )
}
