/** Senders as the page shows them: in which order, and which of them. */
import { hasWords, wordsOf } from '../format/words.ts'

/** The API's words. */
export interface Sender {
  readonly name: string
  readonly address: string
  /** '' when it did not say. */
  readonly version: string
  readonly tenant: string
  /** `stream`, or what its requests are. */
  readonly protocol: string
  readonly isConnected: boolean
  /** RFC 3339; year 1 for never. */
  readonly lastSeen: string
  readonly series: number
  readonly samples: number
  readonly refused: Readonly<Record<string, number>>
  /** '' or why its last batch has to be sent again. */
  readonly lastError: string
  readonly lagSeconds: number
}

/** Columns that the table can be sorted by. */
export type SortKey = 'name' | 'seen' | 'rate' | 'lag'

export interface SendersState {
  /** Words that must all occur in the name, the address, the version, the tenant, the protocol or the error. */
  readonly text: string
  /** Undefined for both. */
  readonly isConnected: boolean | undefined
  readonly sort: SortKey
  readonly isDescending: boolean
}

/** What a column begins with when it is chosen: names from a, the others with the worst first. */
const DESCENDS_FIRST: Readonly<Record<SortKey, boolean>> = {
  name: false,
  seen: false,
  rate: true,
  lag: true,
}

/** What a column sorts by; equal ones follow their names. */
const VALUES: Readonly<Record<SortKey, (each: Sender, rate: number) => number>> = {
  name: () => 0,
  seen: (each) => Date.parse(each.lastSeen),
  rate: (_, rate) => rate,
  lag: (each) => each.lagSeconds,
}

/** The state of a query string. */
export function parseState(search: string): SendersState {
  const params = new URLSearchParams(search)
  const asked = params.get('sort') ?? ''
  const sort = isSortKey(asked) ? asked : 'name'
  const order = params.get('order')
  const connected = params.get('connected')
  return {
    text: params.get('search') ?? '',
    isConnected: connected === 'yes' || connected === 'no' ? connected === 'yes' : undefined,
    sort,
    isDescending: order === 'asc' || order === 'desc' ? order === 'desc' : DESCENDS_FIRST[sort],
  }
}

/** The query string of a state, '' for the one that a page begins with. */
export function formatState({ text, isConnected, sort, isDescending }: SendersState): string {
  const params = new URLSearchParams()
  if (text !== '') params.set('search', text)
  if (isConnected !== undefined) params.set('connected', isConnected ? 'yes' : 'no')
  if (sort !== 'name') params.set('sort', sort)
  if (isDescending !== DESCENDS_FIRST[sort]) params.set('order', isDescending ? 'desc' : 'asc')
  return params.toString()
}

/** The state after a click on the head of a column. */
export function sortBy(state: SendersState, sort: SortKey): SendersState {
  const isDescending = sort === state.sort ? !state.isDescending : DESCENDS_FIRST[sort]
  return { ...state, sort, isDescending }
}

/** What is left, in order; `rates` are samples a second by key. */
export function shownSenders(
  senders: readonly Sender[],
  state: SendersState,
  rates: ReadonlyMap<string, number | undefined>,
): Sender[] {
  const words = wordsOf(state.text)
  const sortValue = VALUES[state.sort]
  const way = state.isDescending ? -1 : 1
  const nameWay = state.sort === 'name' ? way : 1
  return senders
    .filter(
      ({ isConnected }) => state.isConnected === undefined || isConnected === state.isConnected,
    )
    .filter((each) => hasWords(textOf(each), words))
    .map((each) => ({ each, value: sortValue(each, rates.get(keyOf(each)) ?? -1) }))
    .sort((a, b) => way * (a.value - b.value) || nameWay * compareNames(a.each.name, b.each.name))
    .map(({ each }) => each)
}

/** Tells senders apart: one name may send in several ways. */
export function keyOf({ name, address, version, tenant, protocol }: Sender): string {
  if (protocol === 'stream') return JSON.stringify([protocol, tenant, name])
  return JSON.stringify([protocol, tenant, tenant === '' ? [address, version] : name])
}

/** Samples that were refused, for whatever reason. */
export function refusedOf(sender: Sender): number {
  return Object.values(sender.refused).reduce((sum, count) => sum + count, 0)
}

function textOf({ name, address, version, tenant, protocol, lastError }: Sender): string {
  return [name, address, version, tenant, protocol, lastError].join(' ')
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(DESCENDS_FIRST, text)
}
