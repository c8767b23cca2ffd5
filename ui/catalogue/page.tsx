/** Catalogue: what can be monitored, and all that is known about each exporter. */
import type { JSX } from 'preact'
import { below } from '../shell/router.ts'
import { EntryPage } from './entrypage.tsx'
import { InstallPage } from './installpage.tsx'
import { CatalogueList } from './list.tsx'
import './catalogue.css'

export function CataloguePage(): JSX.Element {
  const [name, part] = below.value
  if (name === undefined) return <CatalogueList />
  return part === 'install' ? (
    <InstallPage key={name} name={name} />
  ) : (
    <EntryPage key={name} name={name} />
  )
}
