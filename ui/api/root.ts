/** Where the program begins, also behind the prefix of a proxy and on pages below others. */

/** Scripts lie one folder below the beginning; the address of the page says nothing of its depth. */
const script: string = import.meta.url

const beginning: URL = new URL('..', script)

/** An address of the program. @param path relative to its beginning */
export function urlOf(path: string): URL {
  return new URL(path, beginning)
}

/** What follows the beginning in the path of an address; undefined for one that lies elsewhere. */
export function pathBelow(
  pathname: string,
  start: string = beginning.pathname,
): string | undefined {
  return pathname.startsWith(start) ? pathname.slice(start.length) : undefined
}
