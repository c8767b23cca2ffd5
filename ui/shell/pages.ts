/** The pages there are, and which of them a role has. */

export type PageName = 'explore' | 'targets' | 'senders' | 'partitions' | 'sending' | 'status'

/** What an address leads to: a page, or nothing that this role has. */
export type Place = PageName | 'missing'

export interface PageInfo {
  readonly name: PageName
  readonly title: string
  /** Pressed after `g`. */
  readonly key: string
  /** Addresses; the first is its own, the others are those of links made for Prometheus. */
  readonly paths: readonly [string, ...string[]]
}

/** All pages, in the order of the menu. */
const ALL: readonly PageInfo[] = [
  { name: 'explore', title: 'Explore', key: 'e', paths: ['query', 'graph'] },
  { name: 'targets', title: 'Targets', key: 't', paths: ['targets', 'service-discovery'] },
  { name: 'senders', title: 'Senders', key: 'a', paths: ['senders'] },
  { name: 'partitions', title: 'Partitions', key: 'p', paths: ['partitions'] },
  { name: 'sending', title: 'Sending', key: 'd', paths: ['sending'] },
  {
    name: 'status',
    title: 'Status',
    key: 's',
    paths: ['status', 'tsdb-status', 'flags', 'config'],
  },
]

/** What the start page says where no server has filled it in. */
const UNFILLED = 'narthex-pages'
/** A development server stands before a `narthex up`. */
const PAGES_OF_UP = 'explore targets sending status'

/** The pages that the start page names, in the order of the menu. */
export function readPages(content: string): PageInfo[] {
  const names = (content === UNFILLED ? PAGES_OF_UP : content).split(' ')
  return ALL.filter(({ name }) => names.includes(name))
}

/** What a path leads to; the root leads to the first page. */
export function placeOf(path: string, pages: readonly PageInfo[]): Place {
  const last = path.slice(path.lastIndexOf('/') + 1)
  if (last === '' || last === 'index.html') return pages[0]?.name ?? 'missing'
  return pages.find(({ paths }) => paths.includes(last))?.name ?? 'missing'
}
