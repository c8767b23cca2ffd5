/** The table of entries; its heads sort it, arrow keys go through it. */
import type { JSX } from 'preact'
import type { ContentKind, EntrySummary, VerifiedShares } from '../../src/model/catalogue.ts'
import { followLink, hrefBelow } from '../shell/router.ts'
import { SortHead } from '../shell/sorthead.tsx'
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

export function CatalogueTable({ entries, state, onSort }: CatalogueTableProps): JSX.Element {
  const order = state.isDescending ? 'descending' : 'ascending'
  const headOf = (key: SortKey, title: string, isNumber = false): JSX.Element => (
    <SortHead
      order={orderOf(state) === key ? order : undefined}
      isNumber={isNumber}
      onSort={() => onSort(key)}
    >
      {title}
    </SortHead>
  )
  return (
    <div class="card rows-card">
      <table class="rows-table catalogue-table">
        <thead>
          <tr>
            {headOf('name', 'Exporter')}
            {headOf('category', 'Category')}
            <th scope="col">Content</th>
            {headOf('verified', 'Verified')}
            {headOf('port', 'Port', true)}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.name} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
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
        {port}
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
  if (rules.all + panels.all === 0) return <span class="faint">–</span>
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
