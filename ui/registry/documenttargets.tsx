/** What a document lists: targets that share their labels, or nodes with what runs on them. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DocumentKind, TargetEntry } from '../../src/model/registry.ts'
import { type Column, More, RowsTable } from '../shell/rowstable.tsx'
import { entriesOf, type Service, serviceOf } from './document.ts'
import { LabelChips } from './labels.tsx'

/** Targets of a row that are shown before a person asks for more. */
const TARGETS_FIRST = 20

const ENTRY_COLUMNS: readonly Column[] = [{ title: 'Targets' }, { title: 'Labels' }]
const NODE_COLUMNS: readonly Column[] = [
  { title: 'Node' },
  { title: 'Asked there' },
  { title: 'Labels' },
]

interface DocumentTargetsProps {
  readonly kind: DocumentKind
  readonly text: string
}

export function DocumentTargets({ kind, text }: DocumentTargetsProps): JSX.Element {
  return kind === 'group' ? (
    <Entries entries={entriesOf(text)} />
  ) : (
    <Nodes service={serviceOf(text)} />
  )
}

function Entries({ entries }: { readonly entries: readonly TargetEntry[] }): JSX.Element {
  if (entries.length === 0) return <p class="card empty">It lists no targets.</p>
  return (
    <RowsTable columns={ENTRY_COLUMNS} look="entries-table" rows={entries}>
      {(entry, index) => (
        <tr key={index}>
          <th scope="row">
            <TargetList targets={entry.targets} />
          </th>
          <td>
            <LabelChips labels={entry.labels ?? {}} />
          </td>
        </tr>
      )}
    </RowsTable>
  )
}

function TargetList({ targets }: { readonly targets: readonly string[] }): JSX.Element {
  const [isWhole, setIsWhole] = useState(false)
  const shown = isWhole ? targets : targets.slice(0, TARGETS_FIRST)
  if (targets.length === 0) return <span class="faint">none</span>
  return (
    <>
      <ul class="mono">
        {shown.map((target, index) => (
          <li key={index}>{target}</li>
        ))}
      </ul>
      <More count={targets.length - shown.length} onMore={() => setIsWhole(true)} />
    </>
  )
}

function Nodes({ service }: { readonly service: Service }): JSX.Element {
  const { labels = {}, nodes } = service
  return (
    <div class="registry-section">
      {Object.keys(labels).length > 0 && (
        <div class="card service-labels">
          <span class="soft">All nodes</span>
          <LabelChips labels={labels} />
        </div>
      )}
      {nodes.length === 0 && <p class="card empty">It has no nodes.</p>}
      {nodes.length > 0 && (
        <RowsTable columns={NODE_COLUMNS} look="entries-table" rows={nodes}>
          {(node, index) => (
            <tr key={index}>
              <th scope="row" class="mono">
                {node.host}
              </th>
              <td>
                <span class="chips">
                  {node.exporters.map(({ job, port }, at) => (
                    <span key={at} class="chip">
                      <span>
                        <b>{job}</b>
                        {` :${port}`}
                      </span>
                    </span>
                  ))}
                </span>
              </td>
              <td>
                <LabelChips labels={node.labels ?? {}} />
              </td>
            </tr>
          )}
        </RowsTable>
      )}
    </div>
  )
}
