/** Digests of what entries contain, taken anew whenever the catalogue has changed. */
import { createHash } from 'node:crypto'
import { ALL_ENTRIES, type CatalogueView } from '../../model/catalogue.ts'

/**
 * Digests by entry. They are of the texts alone, not of what this program makes of them, so that
 * another version of it changes no entry.
 */
export function followContents(catalogue: CatalogueView): () => ReadonlyMap<string, string> {
  let version: string | undefined
  let contents: ReadonlyMap<string, string> = new Map()
  return () => {
    if (version === catalogue.version) return contents
    version = catalogue.version
    contents = new Map(
      catalogue.entries(ALL_ENTRIES).map(({ name }) => [name, digestOf(catalogue, name)]),
    )
    return contents
  }
}

function digestOf(catalogue: CatalogueView, name: string): string {
  const { files } = catalogue.entry(name) ?? {}
  const hash = createHash('sha256')
  for (const [file, text] of Object.entries(files ?? {})) {
    if (text !== '') hash.update(`${file}\0${text}\0`)
  }
  return hash.digest('base64url').slice(0, 22)
}
