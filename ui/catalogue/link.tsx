/** A link to another place on the web, or its text where it leads to none. */
import type { JSX } from 'preact'
import { webAddress } from '../markdown/inline.ts'

export function ExternalLink({ address }: { readonly address: string }): JSX.Element {
  const href = webAddress(address)
  if (href === undefined) return <span>{address}</span>
  return (
    <a href={href} rel="noreferrer">
      {address}
    </a>
  )
}
