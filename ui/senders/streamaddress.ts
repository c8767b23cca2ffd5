/** The address of the stream's port, as others reach it. */

const EVERYWHERE: readonly string[] = ['', '0.0.0.0', '[::]']

/**
 * The first address of a listening flag; where it listens everywhere, under the name of this page.
 *
 * @param flag  `host:port`, several with commas; '' for none
 */
export function streamAddress(flag: string, pageHost: string): string {
  const [first] = flag.split(',')
  const at = first.lastIndexOf(':')
  if (at < 0) return ''
  const host = first.slice(0, at).trim()
  return `${EVERYWHERE.includes(host) ? pageHost : host}${first.slice(at).trim()}`
}
