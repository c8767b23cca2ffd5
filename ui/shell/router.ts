/** Which page is shown, from the address; links inside the program do not reload it. */
import { type ReadonlySignal, signal } from '@preact/signals'

export type PageName = 'explore' | 'targets' | 'status'

/** The names that links made for Prometheus use, too. */
const PAGE_OF_PATH: Readonly<Record<string, PageName>> = {
  '': 'explore',
  query: 'explore',
  graph: 'explore',
  targets: 'targets',
  'service-discovery': 'targets',
  status: 'status',
  'tsdb-status': 'status',
  flags: 'status',
  config: 'status',
}

const current = signal(readPage())
const searchNow = signal(location.search)

export const page: ReadonlySignal<PageName> = current
/** The query string after the last navigation that was not made by `setSearch`. */
export const search: ReadonlySignal<string> = searchNow

window.addEventListener('popstate', follow)

/** Goes to an address of this program, relative to its base. */
export function navigate(href: string): void {
  history.pushState(null, '', new URL(href, document.baseURI))
  follow()
  window.scrollTo(0, 0)
}

/** Writes the state of the page into the address; `push` makes a step that Back undoes. */
export function setSearch(query: string, push: boolean): void {
  const url = new URL(location.href)
  url.search = query
  if (url.href === location.href) return
  if (push) history.pushState(null, '', url)
  else history.replaceState(null, '', url)
}

/** Lets a plain click on a link navigate without a reload. */
export function followLink(event: MouseEvent): void {
  const link = event.currentTarget
  if (!(link instanceof HTMLAnchorElement) || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  navigate(link.href)
}

function follow(): void {
  current.value = readPage()
  searchNow.value = location.search
}

function readPage(): PageName {
  const last = location.pathname.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return PAGE_OF_PATH[last] ?? 'explore'
}
