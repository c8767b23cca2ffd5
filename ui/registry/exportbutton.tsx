/** All groups or services as a file, which an import takes again. */
import type { JSX } from 'preact'
import type { DocumentKind } from '../../src/model/registry.ts'
import { apiUrl } from '../api/client.ts'
import { Popover } from '../shell/popover.tsx'

const FORMATS: Readonly<Record<DocumentKind, readonly string[]>> = {
  group: ['csv', 'yaml', 'json'],
  service: ['yaml', 'json'],
}

export function ExportButton({ kind }: { readonly kind: DocumentKind }): JSX.Element {
  return (
    <Popover name={`Export all ${kind}s`} face="Export">
      {(close) => (
        <ul class="export-formats">
          {FORMATS[kind].map((format) => (
            <li key={format}>
              <a
                class="button bare"
                href={apiUrl(`sd/export?kind=${kind}&format=${format}`)}
                download={`${kind}s.${format}`}
                onClick={close}
              >
                {format === 'yaml' ? 'YAML' : format.toUpperCase()}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  )
}
