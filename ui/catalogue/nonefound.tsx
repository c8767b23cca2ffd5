/** Stands where no entry is left: what was asked for, and the way back to all. */
import type { JSX } from 'preact'
import { Icon } from '../shell/icon.tsx'
import type { CatalogueState, Trait } from './filter.ts'

const ASKED: Readonly<Record<Trait, string>> = {
  favourite: 'among your favourites',
  here: 'on your hosts',
  new: 'new within 7 days',
}

interface NoneFoundProps {
  readonly state: CatalogueState
  readonly onShowAll: () => void
}

export function NoneFound({ state, onShowAll }: NoneFoundProps): JSX.Element {
  const text = state.text.trim()
  const filters = [
    ...(state.category === '' ? [] : [`in ${state.category}`]),
    ...(state.isOfficial === undefined ? [] : [state.isOfficial ? 'official' : 'of others']),
    ...[...state.traits].map((trait) => ASKED[trait]),
  ]
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>{text === '' ? 'No entry matches' : `No entry matches “${text}”`}</strong>
      {filters.length > 0 && <span>{filters.join(', ')}</span>}
      {filters.length === 0 && (
        <span>Looked for in names, descriptions, metrics and the names of alerts</span>
      )}
      <button type="button" class="button" onClick={onShowAll}>
        Clear filters
      </button>
    </div>
  )
}
