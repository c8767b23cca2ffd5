/** x */
import type { JSX } from 'preact'
export function StatusPage(): JSX.Element {
  return <p />
}
