/** Which entries of the catalogue are shown and in which order, as parameters of the address. */
import type { Category, VerifiedShares } from '../../src/model/catalogue.ts'
import type { ListedEntry } from '../../src/model/interest.ts'
import { hasWords, wordsOf } from '../format/words.ts'

/** What the list can be sorted by. */
export type SortKey = 'name' | 'popular' | 'trending' | 'recent' | 'category' | 'verified' | 'port'

/** What an entry can be for who looks. */
export type Trait = 'favourite' | 'here' | 'new'

const TRAITS: readonly Trait[] = ['favourite', 'here', 'new']

export interface CatalogueState {
  /** Words that must all be in name, description, metrics or alert names. */
  readonly text: string
  /** '' for all. */
  readonly category: string
  /** Undefined for both. */
  readonly isOfficial: boolean | undefined
  /** All of them are wanted. */
  readonly traits: ReadonlySet<Trait>
  /** Undefined: the best match first for a text, else by name. */
  readonly sort: SortKey | undefined
  readonly isDescending: boolean
}

/** What the server has found for a text: it knows metrics and alert names, too. */
export interface Found {
  readonly text: string
  /** The best match first, each with what was found in it. */
  readonly entries: readonly Pick<ListedEntry, 'name' | 'matches'>[]
}

/** What is known besides the entries. */
export interface Around {
  /** What the server has found last, for this text or another. */
  readonly found: Found | undefined
  readonly favourites: ReadonlySet<string>
  /** Names of entries that run on hosts, or probably do. */
  readonly here: ReadonlySet<string>
  readonly isHereSure: boolean
}

/** What a column begins with when it is chosen: the best and the most first, names from a. */
const DESCENDS_FIRST: Readonly<Record<SortKey, boolean>> = {
  name: false,
  popular: true,
  trending: true,
  recent: true,
  category: false,
  verified: true,
  port: false,
}

/** The state of a query string. */
export function parseState(search: string): CatalogueState {
  const params = new URLSearchParams(search)
  const asked = params.get('sort') ?? ''
  const sort = isSortKey(asked) ? asked : undefined
  const order = params.get('order')
  const official = params.get('official')
  const only = (params.get('only') ?? '').split(',')
  return {
    text: params.get('search') ?? '',
    category: params.get('category') ?? '',
    isOfficial: official === 'yes' || official === 'no' ? official === 'yes' : undefined,
    traits: new Set(TRAITS.filter((trait) => only.includes(trait))),
    sort,
    isDescending:
      order === 'asc' || order === 'desc'
        ? order === 'desc'
        : sort !== undefined && DESCENDS_FIRST[sort],
  }
}

/** The query string of a state, '' for the one that a page begins with. */
export function formatState(state: CatalogueState): string {
  const { text, category, isOfficial, traits, sort, isDescending } = state
  const params = new URLSearchParams()
  if (text !== '') params.set('search', text)
  if (category !== '') params.set('category', category)
  if (isOfficial !== undefined) params.set('official', isOfficial ? 'yes' : 'no')
  if (traits.size > 0) params.set('only', TRAITS.filter((trait) => traits.has(trait)).join(','))
  if (sort !== undefined) {
    params.set('sort', sort)
    if (isDescending !== DESCENDS_FIRST[sort]) params.set('order', isDescending ? 'desc' : 'asc')
  }
  return params.toString()
}

/** The state with the order alone: every entry is shown. */
export function withoutFilters(state: CatalogueState): CatalogueState {
  return { ...state, text: '', category: '', isOfficial: undefined, traits: new Set() }
}

/** The state after a click on the head of a column. */
export function sortBy(state: CatalogueState, sort: SortKey): CatalogueState {
  const isDescending = sort === orderOf(state) ? !state.isDescending : DESCENDS_FIRST[sort]
  return { ...state, sort, isDescending }
}

/** The state with a column as it begins; with a word that names none, the best match first. */
export function sortFirst(state: CatalogueState, word: string): CatalogueState {
  const sort = isSortKey(word) ? word : undefined
  return { ...state, sort, isDescending: sort !== undefined && DESCENDS_FIRST[sort] }
}

/** What the list is sorted by; undefined for the best match first. */
export function orderOf({ text, sort }: CatalogueState): SortKey | undefined {
  return sort ?? (text.trim() === '' ? 'name' : undefined)
}

/** What is left, in order; with what the search has found in each. */
export function shownEntries(
  entries: readonly ListedEntry[],
  state: CatalogueState,
  around: Around,
): ListedEntry[] {
  const matching = entriesWith(entries, state.text, around.found).filter(
    (entry) =>
      (state.category === '' || entry.category === state.category) &&
      (state.isOfficial === undefined || entry.official === state.isOfficial) &&
      [...state.traits].every((trait) => hasTrait(entry, trait, around)),
  )
  const order = orderOf(state)
  if (order === undefined) return matching
  const compare = COMPARES[order]
  const way = state.isDescending ? -1 : 1
  return matching.sort((a, b) => way * compare(a, b) || compareNames(a, b))
}

/** Whether an entry is that for who looks. */
export function hasTrait(
  { name, isNew }: ListedEntry,
  trait: Trait,
  { favourites, here }: Pick<Around, 'favourites' | 'here'>,
): boolean {
  if (trait === 'favourite') return favourites.has(name)
  return trait === 'here' ? here.has(name) : isNew
}

/** The entries that a text finds; those that show it themselves until the server has answered. */
function entriesWith(
  entries: readonly ListedEntry[],
  text: string,
  found: Found | undefined,
): ListedEntry[] {
  const words = wordsOf(text)
  if (words.length === 0) return [...entries]
  if (found?.text !== text) return entries.filter((each) => hasWords(shownText(each), words))
  const byName = new Map(entries.map((each) => [each.name, each]))
  return found.entries.flatMap(({ name, matches = [] }) => {
    const entry = byName.get(name)
    return entry === undefined ? [] : [{ ...entry, matches }]
  })
}

function shownText({ name, title, description, category }: ListedEntry): string {
  return [name, title, description, category].join(' ')
}

/** How many entries there are of each category, by name. */
export function countCategories(entries: readonly ListedEntry[]): [Category, number][] {
  const counts = new Map<Category, number>()
  for (const { category } of entries) counts.set(category, (counts.get(category) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => compareTexts(a, b))
}

const COMPARES: Readonly<Record<SortKey, (a: ListedEntry, b: ListedEntry) => number>> = {
  name: compareNames,
  popular: (a, b) => a.popularity - b.popularity,
  trending: (a, b) => a.trend - b.trend,
  recent: (a, b) => a.changedMs - b.changedMs,
  category: (a, b) => compareTexts(a.category, b.category),
  verified: (a, b) => verifiedRank(a.verified) - verifiedRank(b.verified),
  port: (a, b) => a.port - b.port,
}

/** The part of rules and panels that was seen to work; below 0 where nobody looked. */
export function verifiedRank({ rules, panels, on }: VerifiedShares): number {
  const all = rules.all + panels.all
  return on === '' || all === 0 ? -1 : (rules.ok + panels.ok) / all
}

/** `24 of 24 rules, 105 of 112 panels`; '' where there are none. */
export function describeShares({ rules, panels }: VerifiedShares): string {
  return [
    ...(rules.all > 0 ? [`${rules.ok} of ${rules.all} rules`] : []),
    ...(panels.all > 0 ? [`${panels.ok} of ${panels.all} panels`] : []),
  ].join(', ')
}

/** `12 looks, 2 installations`; '' for neither. */
export function describeUse({ views, installs }: Pick<ListedEntry, 'views' | 'installs'>): string {
  return [
    ...(views > 0 ? [`${views} ${views === 1 ? 'look' : 'looks'}`] : []),
    ...(installs > 0 ? [`${installs} ${installs === 1 ? 'installation' : 'installations'}`] : []),
  ].join(', ')
}

function compareNames(a: ListedEntry, b: ListedEntry): number {
  return compareTexts(a.title.toLowerCase(), b.title.toLowerCase()) || compareTexts(a.name, b.name)
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(DESCENDS_FIRST, text)
}
