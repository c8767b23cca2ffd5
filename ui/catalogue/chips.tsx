/** Counts of the entries by what they are; each is a switch of the filter. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import type { ListedEntry } from '../../src/model/interest.ts'
import { type Choice, Choices } from '../shell/listpage.tsx'
import {
  type Around,
  type CatalogueState,
  countCategories,
  hasTrait,
  type Trait,
} from './filter.ts'

interface CatalogueChipsProps {
  readonly entries: readonly ListedEntry[]
  readonly state: Signal<CatalogueState>
  readonly around: Around
}

export function CatalogueChips(props: CatalogueChipsProps): JSX.Element {
  return (
    <div class="catalogue-chips">
      <Choices legend="Show what concerns you" choices={traitChoices(props)} />
      <Choices legend="Show by who keeps the exporter" choices={officialChoices(props)} />
      <Choices legend="Show one category" choices={categoryChoices(props)} />
    </div>
  )
}

function traitChoices({ entries, state, around }: CatalogueChipsProps): readonly Choice[] {
  const { traits } = state.value
  const choiceOf = (trait: Trait, look: string, wordOf: (count: number) => string): Choice => {
    const count = entries.filter((entry) => hasTrait(entry, trait, around)).length
    const isOn = traits.has(trait)
    return {
      ...{ word: wordOf(count), look, count, isOn },
      toggle() {
        const others = [...traits].filter((each) => each !== trait)
        state.value = { ...state.value, traits: new Set(isOn ? others : [...others, trait]) }
      },
    }
  }
  const { isHereSure } = around
  return [
    choiceOf('favourite', 'starred', (count) => (count === 1 ? 'favourite' : 'favourites')),
    choiceOf('here', isHereSure ? 'good' : '', () =>
      isHereSure ? 'on your hosts' : 'probably on your hosts',
    ),
    choiceOf('new', 'new', () => 'new'),
  ]
}

function officialChoices({ entries, state }: CatalogueChipsProps): readonly Choice[] {
  const choiceOf = (isOfficial: boolean, word: string): Choice => {
    const isOn = state.value.isOfficial === isOfficial
    return {
      ...{ word, look: 'plain', isOn },
      count: entries.filter(({ official }) => official === isOfficial).length,
      toggle() {
        state.value = { ...state.value, isOfficial: isOn ? undefined : isOfficial }
      },
    }
  }
  return [choiceOf(true, 'official'), choiceOf(false, 'of others')]
}

function categoryChoices({ entries, state }: CatalogueChipsProps): readonly Choice[] {
  return countCategories(entries).map(([word, count]) => {
    const isOn = state.value.category === word
    return {
      ...{ word, count, look: 'plain', isOn },
      toggle() {
        state.value = { ...state.value, category: isOn ? '' : word }
      },
    }
  })
}
