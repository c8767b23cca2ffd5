/** Catalogue: what can be monitored, and all that is known about each exporter. */
import type { JSX } from 'preact'
import { lazily } from '../shell/lazily.tsx'
import { below } from '../shell/router.ts'
import { CatalogueList } from './list.tsx'
import './catalogue.css'

// Who looks at the list does not wait for what an entry needs besides.
const EntryPage = lazily(
  async () => (await import('./entrypage.tsx')).EntryPage,
  'catalogue-skeleton',
)
const InstallPage = lazily(
  async () => (await import('./installpage.tsx')).InstallPage,
  'catalogue-skeleton',
)

export function CataloguePage(): JSX.Element {
  const [name, part] = below.value
  if (name === undefined) return <CatalogueList />
  return part === 'install' ? (
    <InstallPage key={name} name={name} />
  ) : (
    <EntryPage key={name} name={name} />
  )
}
