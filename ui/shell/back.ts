/** Where a person wanted to go before logging in: an address inside the program, or nothing. */

/** What the login page is told about where it was asked from. @param href of a page of the program */
export function loginQuery(href: string, beginning: string): string {
  const back = backTo(href, beginning)
  return back === '' ? '' : `?${new URLSearchParams({ to: back })}`
}

/**
 * The address relative to the beginning of the program; '' for one that leads elsewhere, and for the
 * login page itself.
 *
 * @param to        what an address says, whoever wrote it
 * @param beginning of the program, with a slash at its end
 */
export function backTo(to: string, beginning: string): string {
  if (!URL.canParse(to, beginning)) return ''
  const { href } = new URL(to, beginning)
  if (!href.startsWith(beginning)) return ''
  const rest = href.slice(beginning.length)
  const path = rest.split(/[?#]/, 1)[0]
  return path === 'login' || path.startsWith('/') ? '' : rest
}
