/** What of the registry is shown, as parameters of the address. */
import type { DocumentKind } from '../../src/model/registry.ts'

export type SectionName = 'groups' | 'services' | 'leases' | 'changes' | 'consumers'

export const SECTIONS: readonly (readonly [SectionName, string])[] = [
  ['groups', 'Groups'],
  ['services', 'Services'],
  ['leases', 'Leases'],
  ['changes', 'Changes'],
  ['consumers', 'Consumers'],
]

export interface RegistryState {
  readonly section: SectionName
  /** What names must have in them. */
  readonly text: string
  /** Documents before those that are shown. */
  readonly from: number
}

/** Documents of one page. */
export const PAGE_COUNT = 100

/** The state of a query string. */
export function parseState(search: string): RegistryState {
  const params = new URLSearchParams(search)
  const asked = params.get('section')
  const page = Number(params.get('page') ?? 1)
  return {
    section: SECTIONS.find(([name]) => name === asked)?.[0] ?? 'groups',
    text: params.get('search') ?? '',
    from: Number.isInteger(page) && page > 0 ? (page - 1) * PAGE_COUNT : 0,
  }
}

/** The query string of a state, '' for the one that a page begins with. */
export function formatState({ section, text, from }: RegistryState): string {
  const params = new URLSearchParams()
  if (section !== 'groups') params.set('section', section)
  if (text !== '') params.set('search', text)
  if (from > 0) params.set('page', String(from / PAGE_COUNT + 1))
  return params.toString()
}

/** The kind of document that a name in an address stands for. */
export function kindOf(word: string): DocumentKind | undefined {
  if (word === 'groups') return 'group'
  return word === 'services' ? 'service' : undefined
}
