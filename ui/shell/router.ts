/** Which page is shown, from the address; links inside the program do not reload it. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { pathBelow, urlOf } from '../api/root.ts'
import { type PageInfo, type PageName, type Place, placeOf, readPages } from './pages.ts'

/** The pages of this role, in the order of the menu. */
export const pages: readonly PageInfo[] = readPages(
  document.querySelector<HTMLMetaElement>('meta[name="pages"]')?.content ?? '',
)

const current = signal(readPlace())
/** The query string that a person, a link or Back gave each page. */
const given = searches()
/** The query string of each page now, which is where its link leads back to. */
const latest = searches()
/** The query string of what is shown below a page. */
const givenBelow = signal('')

/** What is shown. */
export const page: ReadonlySignal<Place['page']> = computed(() => current.value.page)
/** What of the page is shown, such as an entry of its list; [] for the page itself. */
export const below: ReadonlySignal<Place['below']> = computed(() => current.value.below)
/** The query string of what is shown below a page. */
export const searchBelow: ReadonlySignal<string> = givenBelow

/** Whether this role has a page, and with it the part of the API that the page asks. */
export function hasPage(name: PageName): boolean {
  return pages.some((page) => page.name === name)
}

/** What a page has to follow; changes that the page made by `setSearch` are not repeated to it. */
export function searchOf(name: PageName): ReadonlySignal<string> {
  return given[name]
}

/** The address of a page as it was left. */
export function hrefOf(name: PageName): string {
  const info = pages.find((each) => each.name === name)
  return urlOf((info?.paths[0] ?? name) + latest[name].value).href
}

/** The address of what lies below a page. */
export function hrefBelow(name: PageName, ...names: string[]): string {
  return urlOf([name, ...names.map(encodeURIComponent)].join('/')).href
}

/** Goes to an address of this program, relative to its beginning. */
export function navigate(href: string): void {
  history.pushState(null, '', urlOf(href))
  follow()
  window.scrollTo(0, 0)
}

/**
 * Writes the state of a page, or of what is shown below it, into the address, unless another page
 * is shown by now.
 *
 * @param query  without question mark
 * @param push   makes a step that Back undoes
 */
export function setSearch(name: PageName, query: string, push: boolean): void {
  const { page, below } = current.peek()
  if (page !== name) return
  const url = new URL(location.href)
  url.search = query
  if (below.length === 0) latest[name].value = url.search
  else givenBelow.value = url.search
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
  const place = readPlace()
  if (place.below.length > 0) {
    givenBelow.value = location.search
  } else if (place.page !== 'missing') {
    given[place.page].value = location.search
    latest[place.page].value = location.search
  }
  current.value = place
}

function readPlace(): Place {
  // Outside of the program is no page of it: a name that none has.
  return placeOf(pathBelow(location.pathname) ?? '/', pages)
}

function searches(): Readonly<Record<PageName, Signal<string>>> {
  return {
    explore: signal(''),
    targets: signal(''),
    sending: signal(''),
    senders: signal(''),
    partitions: signal(''),
    catalogue: signal(''),
    installs: signal(''),
    sources: signal(''),
    registry: signal(''),
    accounts: signal(''),
    status: signal(''),
    login: signal(''),
  }
}

// A browser looks for the icon anew at each address: it must not be named relative to the first one.
const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
if (icon !== null) icon.href = urlOf(icon.href).href

follow()
window.addEventListener('popstate', follow)
