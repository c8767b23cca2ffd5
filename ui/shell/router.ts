/** Which page is shown, from the address; links inside the program do not reload it. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'

export type PageName = 'explore' | 'targets' | 'status'

/** The address of each page. */
const PATHS: Readonly<Record<PageName, string>> = {
  explore: 'query',
  targets: 'targets',
  status: 'status',
}

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
/** The query string that a person, a link or Back gave each page. */
const given: Readonly<Record<PageName, Signal<string>>> = {
  explore: signal(''),
  targets: signal(''),
  status: signal(''),
}
/** The query string of each page now, which is where its link leads back to. */
const latest: Readonly<Record<PageName, Signal<string>>> = {
  explore: signal(''),
  targets: signal(''),
  status: signal(''),
}

export const page: ReadonlySignal<PageName> = current

/** What a page has to follow; changes that the page made by `setSearch` are not repeated to it. */
export function searchOf(name: PageName): ReadonlySignal<string> {
  return given[name]
}

/** The address of a page as it was left. */
export function hrefOf(name: PageName): string {
  return PATHS[name] + latest[name].value
}

/** Goes to an address of this program, relative to its base. */
export function navigate(href: string): void {
  history.pushState(null, '', new URL(href, document.baseURI))
  follow()
  window.scrollTo(0, 0)
}

/**
 * Writes the state of a page into the address, unless another page is shown by now.
 *
 * @param query  without question mark
 * @param push   makes a step that Back undoes
 */
export function setSearch(name: PageName, query: string, push: boolean): void {
  if (current.peek() !== name) return
  const url = new URL(location.href)
  url.search = query
  latest[name].value = url.search
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
  const name = readPage()
  given[name].value = location.search
  latest[name].value = location.search
  current.value = name
}

function readPage(): PageName {
  const last = location.pathname.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return PAGE_OF_PATH[last] ?? 'explore'
}

follow()
window.addEventListener('popstate', follow)
