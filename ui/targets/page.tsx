/** x */
import type { JSX } from 'preact'
export function TargetsPage(): JSX.Element {
  return <p />
}
