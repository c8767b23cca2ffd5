/** Catalogue: what can be monitored, and all that is known about each exporter. */
import type { JSX } from 'preact'
import { below } from '../shell/router.ts'
import { EntryPage } from './entrypage.tsx'
import { CatalogueList } from './list.tsx'
import './catalogue.css'

export function CataloguePage(): JSX.Element {
  const [name] = below.value
  return name === undefined ? <CatalogueList /> : <EntryPage key={name} name={name} />
}
