/** Whether a client has already what it asks for. */

/** Compares weakly, as RFC 9110 wants of If-None-Match. */
export function isSameTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const bare = etag.replace(/^W\//, '')
  return ifNoneMatch.split(',').some((each) => {
    const known = each.trim()
    return known === '*' || known.replace(/^W\//, '') === bare
  })
}
