/** What pages with a list have in common: a filter in the address, counts to choose by, totals, empty states. */
import { effect, type Signal } from '@preact/signals'
import type { ComponentChildren, JSX, RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatCount } from '../format/value.ts'
import { Icon } from './icon.tsx'
import type { PageName } from './pages.ts'
import { searchOf, setSearch } from './router.ts'
import { addShortcuts } from './shortcuts.ts'

interface ListPageProps {
  /** The class of the page. */
  readonly look: string
  readonly children: ComponentChildren
}

/** The page itself: arrow keys lead from its filter into its rows. */
export function ListPage({ look, children }: ListPageProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go through the links inside
    <div class={`list-page ${look}`} onKeyDown={stepRows}>
      {children}
    </div>
  )
}

/** Arrow keys go from the filter into the rows and through them. */
function stepRows(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const { target, currentTarget } = event
  if (by === undefined || !(target instanceof HTMLElement)) return
  if (!(currentTarget instanceof HTMLElement) || target instanceof HTMLSelectElement) return
  const links = [...currentTarget.querySelectorAll<HTMLElement>('.rows-table a.row-name')]
  const at = links.indexOf(target)
  const next = at + by
  if (at < 0 && (by < 0 || !(target instanceof HTMLInputElement))) return
  event.preventDefault()
  if (next < 0) currentTarget.querySelector<HTMLElement>('.page-filter')?.focus()
  else links.at(Math.min(next, links.length - 1))?.focus()
}

/** How a filter reads in the address. */
export interface FilterText<T> {
  readonly parse: (search: string) => T
  readonly format: (filter: T) => string
}

/** Keeps a filter and the address of its page the same. @returns the field that `/` leads to */
export function useFilter<T>(
  page: PageName,
  filter: Signal<T>,
  { parse, format }: FilterText<T>,
): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null)
  // Before anybody can type: what is typed first is not to be replaced by what the address says.
  useLayoutEffect(() => {
    const stops = [
      effect(() => {
        filter.value = parse(searchOf(page).value)
      }),
      effect(() => setSearch(page, format(filter.value), false)),
      addShortcuts([{ keys: ['/'], run: () => field.current?.focus() }]),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [page, filter, parse, format])
  return field
}

interface FilterFieldProps {
  readonly field: RefObject<HTMLInputElement | null>
  /** What is filtered, such as `targets`. */
  readonly what: string
  /** By which of its properties. */
  readonly by: string
  readonly text: string
  readonly onText: (text: string) => void
}

export function FilterField({ field, what, by, text, onText }: FilterFieldProps): JSX.Element {
  return (
    <input
      ref={field}
      class="field page-filter"
      type="search"
      aria-label={`Filter the ${what}`}
      placeholder={`Filter by ${by}`}
      value={text}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  )
}

/** One count that is a switch of the filter. */
export interface Choice {
  readonly word: string
  readonly look: string
  readonly count: number
  readonly isOn: boolean
  readonly toggle: () => void
}

/** A choice for each word with its looks; `on` are those by which is filtered. */
export function choicesOf<Word extends string>(
  words: readonly (readonly [word: Word, look: string])[],
  countOf: (word: Word) => number,
  on: ReadonlySet<Word>,
  choose: (on: ReadonlySet<Word>) => void,
): Choice[] {
  return words.map(([word, look]) => ({
    word,
    look,
    count: countOf(word),
    isOn: on.has(word),
    toggle: () => choose(toggled(on, word)),
  }))
}

/** Counts by what `legend` says; those of nothing are shown only while they are on. */
export function Choices(props: {
  readonly legend: string
  readonly choices: readonly Choice[]
}): JSX.Element {
  const shown = props.choices.filter(({ count, isOn }) => count > 0 || isOn)
  return (
    <fieldset class="totals">
      <legend class="sr-only">{props.legend}</legend>
      {shown.map(({ word, look, count, isOn, toggle }) => (
        <button
          key={word}
          type="button"
          class={`badge ${look}`}
          aria-pressed={isOn}
          onClick={toggle}
        >
          {`${formatCount(count)} ${word}`}
        </button>
      ))}
    </fieldset>
  )
}

/** One figure about all rows together. */
export interface Total {
  readonly name: string
  readonly value: string
  readonly note?: string
}

export function TotalsLine(props: {
  /** Of what they are the totals. */
  readonly label: string
  readonly totals: readonly Total[]
}): JSX.Element {
  return (
    <dl class="card totals-line" aria-label={props.label}>
      {props.totals.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note !== undefined && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The set with one more of them, or one less. */
function toggled<T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> {
  const next = new Set(set)
  if (!next.delete(one)) next.add(one)
  return next
}

/** What is wrong, for everybody to notice; nothing while `text` is empty. */
export function Alert({ text }: { readonly text: string }): JSX.Element | null {
  if (text === '') return null
  return (
    <p class="note bad" role="alert">
      <Icon name="warn" />
      <span>{text}</span>
    </p>
  )
}

/** Stands where data will be. */
export function Waiting({ look }: { readonly look: string }): JSX.Element {
  return (
    <div aria-busy="true">
      <span class="sr-only">Loading</span>
      <div class={`skeleton ${look}`} />
    </div>
  )
}

interface NoneMatchesProps {
  /** Such as `target`. */
  readonly what: string
  readonly onShowAll: () => void
}

export function NoneMatches({ what, onShowAll }: NoneMatchesProps): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="search" />
      <strong>{`No ${what} matches`}</strong>
      <button type="button" class="button" onClick={onShowAll}>
        Show all
      </button>
    </div>
  )
}
