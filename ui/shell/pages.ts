/** The pages there are, and which of them a role has. */

export type PageName =
  | 'explore'
  | 'targets'
  | 'senders'
  | 'partitions'
  | 'sending'
  | 'catalogue'
  | 'installs'
  | 'sources'
  | 'registry'
  | 'accounts'
  | 'status'
  | 'login'

/** What an address leads to. */
export interface Place {
  /** A page, or nothing that this role has. */
  readonly page: PageName | 'missing'
  /** What is named after the page, such as an entry of its list; [] for the page itself. */
  readonly below: readonly string[]
}

export interface PageInfo {
  readonly name: PageName
  readonly title: string
  /** Pressed after `g`. */
  readonly key: string
  /** Addresses; the first is its own, the others are those of links made for Prometheus. */
  readonly paths: readonly [string, ...string[]]
  /** What may follow its address: names begin with a colon; absent where nothing does. */
  readonly below?: readonly string[]
  /** Whom the menu shows it to; everybody when absent. */
  readonly menuOf?: 'admins' | 'nobody'
}

/** All pages, in the order of the menu. */
const ALL: readonly PageInfo[] = [
  { name: 'explore', title: 'Explore', key: 'e', paths: ['query', 'graph'] },
  { name: 'targets', title: 'Targets', key: 't', paths: ['targets', 'service-discovery'] },
  { name: 'senders', title: 'Senders', key: 'a', paths: ['senders'] },
  { name: 'partitions', title: 'Partitions', key: 'p', paths: ['partitions'] },
  { name: 'sending', title: 'Sending', key: 'd', paths: ['sending'] },
  {
    name: 'catalogue',
    title: 'Catalogue',
    key: 'c',
    paths: ['catalogue'],
    below: [':name', ':name/install'],
  },
  { name: 'installs', title: 'Installed', key: 'i', paths: ['installs'], below: [':name'] },
  { name: 'sources', title: 'Sources', key: 'o', paths: ['sources'], below: [':name'] },
  {
    name: 'registry',
    title: 'Registry',
    key: 'r',
    paths: ['registry'],
    below: ['import', ':kind/:name'],
  },
  { name: 'accounts', title: 'Accounts', key: 'm', paths: ['accounts'], menuOf: 'admins' },
  {
    name: 'status',
    title: 'Status',
    key: 's',
    paths: ['status', 'tsdb-status', 'flags', 'config'],
  },
  { name: 'login', title: 'Log in', key: 'l', paths: ['login'], menuOf: 'nobody' },
]

/** What the start page says where no server has filled it in. */
const UNFILLED = 'narthex-pages'
/** A development server stands before a `narthex up`. */
const PAGES_OF_UP =
  'explore targets sending catalogue installs sources registry accounts status login'

/** The pages that the start page names, in the order of the menu. */
export function readPages(content: string): PageInfo[] {
  const names = (content === UNFILLED ? PAGES_OF_UP : content).split(' ')
  return ALL.filter(({ name }) => names.includes(name))
}

/**
 * What a path leads to; the root leads to the first page.
 *
 * @param path  from the beginning of the program on, without a slash in front
 */
export function placeOf(path: string, pages: readonly PageInfo[]): Place {
  const [first, ...rest] = path.split('/')
  if (rest.length === 0 && (first === '' || first === 'index.html')) {
    return { page: pages[0]?.name ?? 'missing', below: [] }
  }
  const found = pages.find(({ paths }) => paths.includes(first))
  const below = decoded(rest)
  if (found === undefined || below === undefined) return MISSING
  const isPage = below.length === 0 || found.below?.some((pattern) => matches(pattern, below))
  return isPage ? { page: found.name, below } : MISSING
}

function matches(pattern: string, below: readonly string[]): boolean {
  const parts = pattern.split('/')
  if (parts.length !== below.length) return false
  return parts.every((part, index) => part.startsWith(':') || part === below[index])
}

const MISSING: Place = { page: 'missing', below: [] }

/** Names of a path; undefined when one is empty or not percent-encoded as it must be. */
function decoded(segments: readonly string[]): string[] | undefined {
  try {
    const names = segments.map(decodeURIComponent)
    return names.includes('') ? undefined : names
  } catch {
    return undefined
  }
}
