/** The table of entries; its heads sort it, arrow keys go through it. */
import type { JSX } from 'preact'
import type { ContentKind, EntrySummary, VerifiedShares } from '../../src/model/catalogue.ts'
import { followLink, hrefBelow } from '../shell/router.ts'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { type CatalogueState, orderOf, type SortKey, verifiedRank } from './filter.ts'

/** What each letter stands for. */
export const CONTENTS: readonly (readonly [ContentKind, string])[] = [
  ['E', 'how to run the exporter'],
  ['I', 'manifests'],
  ['A', 'alerting rules'],
  ['G', 'dashboard'],
]

interface CatalogueTableProps {
  readonly entries: readonly EntrySummary[]
  readonly state: CatalogueState
  readonly onSort: (key: SortKey) => void
}

const COLUMNS: readonly Column<SortKey>[] = [
  { title: 'Exporter', sort: 'name' },
  { title: 'Category', sort: 'category' },
  { title: 'Content' },
  { title: 'Verified', sort: 'verified' },
  { title: 'Port', sort: 'port', isNumber: true },
]

export function CatalogueTable({ entries, state, onSort }: CatalogueTableProps): JSX.Element {
  const sorting = { by: orderOf(state), isDescending: state.isDescending, onSort }
  return (
    <RowsTable columns={COLUMNS} sorting={sorting} look="catalogue-table" rows={entries}>
      {(entry) => <Row key={entry.name} entry={entry} />}
    </RowsTable>
  )
}

function Row({ entry }: { readonly entry: EntrySummary }): JSX.Element {
  const { name, title, description, category, official, port } = entry
  return (
    <tr>
      <th scope="row">
        <div class="entry-title">
          <a class="row-name" href={hrefBelow('catalogue', name)} onClick={followLink}>
            {title}
          </a>
          {official && <span class="badge good">official</span>}
        </div>
        <span class="soft">{description}</span>
      </th>
      <td data-title="Category">{category}</td>
      <td data-title="Content">
        <ContentFlags content={entry.content} />
      </td>
      <td data-title="Verified">
        <Shares verified={entry.verified} />
      </td>
      <td class="number" data-title="Port">
        {port === 0 ? <None why="It has no port of its own" /> : port}
      </td>
    </tr>
  )
}

/** Four letters; those of what is not there are faint. */
export function ContentFlags(props: { readonly content: EntrySummary['content'] }): JSX.Element {
  const there = CONTENTS.filter(([kind]) => props.content[kind])
  const words = there.map(([, what]) => what).join(', ')
  return (
    <span class="content-flags" role="img" aria-label={words === '' ? 'nothing yet' : words}>
      {CONTENTS.map(([kind, what]) => (
        <i
          key={kind}
          class={props.content[kind] ? 'is-there' : undefined}
          title={props.content[kind] ? what : `no ${what}`}
        >
          {kind}
        </i>
      ))}
    </span>
  )
}

/** How many rules and panels were held against the exporter, each with a bar. */
function Shares({ verified }: { readonly verified: VerifiedShares }): JSX.Element {
  const { rules, panels, on } = verified
  if (rules.all + panels.all === 0) return <None />
  if (verifiedRank(verified) < 0) {
    return <span class="faint">never held against the exporter</span>
  }
  return (
    <span class="shares" title={`held against version ${on}`}>
      {rules.all > 0 && <Share ok={rules.ok} all={rules.all} what="rules" />}
      {panels.all > 0 && <Share ok={panels.ok} all={panels.all} what="panels" />}
    </span>
  )
}

function Share(props: { ok: number; all: number; what: string }): JSX.Element {
  const { ok, all, what } = props
  return (
    <span class="share">
      <span>{`${ok} of ${all} ${what}`}</span>
      <progress
        class={ok === all ? 'is-whole' : undefined}
        max={all}
        value={ok}
        aria-hidden="true"
      />
    </span>
  )
}
