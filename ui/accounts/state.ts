/** What of the accounts is shown, as parameters of the address. */

export type SectionName = 'users' | 'tokens' | 'sessions' | 'audit'

export const SECTIONS: readonly (readonly [SectionName, string])[] = [
  ['users', 'Users'],
  ['tokens', 'Tokens'],
  ['sessions', 'Sessions'],
  ['audit', 'Audit log'],
]

export interface AccountsState {
  readonly section: SectionName
  /** What entries of the audit log must have in them. */
  readonly text: string
  /** Only what was refused. */
  readonly failed: boolean
  /** Only entries older than this one; 0 for all. */
  readonly before: number
}

/** The state of a query string. */
export function parseState(search: string): AccountsState {
  const params = new URLSearchParams(search)
  const asked = params.get('section')
  const section = SECTIONS.find(([name]) => name === asked)?.[0] ?? 'users'
  if (section !== 'audit') return stateOf(section)
  const before = Number(params.get('before') ?? 0)
  return {
    section,
    text: params.get('search') ?? '',
    failed: params.get('outcome') === 'failed',
    before: Number.isSafeInteger(before) && before > 0 ? before : 0,
  }
}

/** The query string of a state, '' for the one that the page begins with. */
export function formatState({ section, text, failed, before }: AccountsState): string {
  const params = new URLSearchParams()
  if (section !== 'users') params.set('section', section)
  if (text !== '') params.set('search', text)
  if (failed) params.set('outcome', 'failed')
  if (before > 0) params.set('before', String(before))
  return params.toString()
}

/** A section as it begins. */
export function stateOf(section: SectionName): AccountsState {
  return { section, text: '', failed: false, before: 0 }
}
