/** Sources: where the catalogue has its content from, and how each of them does. */
import type { JSX } from 'preact'
import { below } from '../shell/router.ts'
import { SourceList } from './list.tsx'
import { SourcePage } from './sourcepage.tsx'
import './sources.css'

export function SourcesPage(): JSX.Element {
  const [name] = below.value
  return name === undefined ? <SourceList /> : <SourcePage key={name} name={name} />
}
