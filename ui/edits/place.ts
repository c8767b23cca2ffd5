/** Which file of an entry is edited or compared, as parameters of the address. */
import type { Language } from '../editor/languages.ts'

export type FilePlace =
  | { readonly view: 'read' }
  | { readonly view: 'edit'; readonly file: string }
  | {
      readonly view: 'versions'
      readonly file: string
      /** Ids of versions; '' for what a page begins with. */
      readonly from: string
      readonly to: string
    }

/** A file that people may write, and what it is called. */
export interface EditableFile {
  readonly file: string
  readonly title: string
  readonly language: Language
}

/** All of them. */
export const EDITABLE_FILES: readonly EditableFile[] = [
  { file: 'entry.yaml', title: 'Facts', language: 'yaml' },
  { file: 'README.md', title: 'Hands-on text', language: 'markdown' },
  { file: 'helm.yaml', title: 'Manifests', language: 'yaml' },
  { file: 'alerts.yaml', title: 'Alerting rules', language: 'yaml' },
  { file: 'alerts_test.yaml', title: 'Unit tests of the rules', language: 'yaml' },
  { file: 'dashboard.json', title: 'Dashboard', language: 'json' },
  { file: 'sample.prom', title: 'Recorded sample', language: 'plain' },
]

/** The place in a query string; reading where it names none of the files. */
export function parsePlace(search: string): FilePlace {
  const params = new URLSearchParams(search)
  const isFile = (file: string | null): file is string =>
    EDITABLE_FILES.some((each) => each.file === file)
  const edited = params.get('edit')
  if (isFile(edited)) return { view: 'edit', file: edited }
  const file = params.get('versions')
  if (!isFile(file)) return { view: 'read' }
  return { view: 'versions', file, from: params.get('from') ?? '', to: params.get('to') ?? '' }
}

/** The query string of a place below a tab; '' for the tab that an entry begins with. */
export function formatPlace(tab: string, place: FilePlace): string {
  const params = new URLSearchParams()
  if (tab !== '') params.set('tab', tab)
  if (place.view === 'edit') params.set('edit', place.file)
  if (place.view === 'versions') {
    params.set('versions', place.file)
    if (place.from !== '') params.set('from', place.from)
    if (place.to !== '') params.set('to', place.to)
  }
  return params.toString()
}
