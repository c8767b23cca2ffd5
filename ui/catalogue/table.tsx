/** The table of entries; its heads sort it, arrow keys go through it. */
import type { JSX } from 'preact'
import type { ContentKind, VerifiedShares } from '../../src/model/catalogue.ts'
import type { ListedEntry } from '../../src/model/interest.ts'
import { wordsOf } from '../format/words.ts'
import { Ago } from '../shell/ago.tsx'
import { followLink, hrefBelow } from '../shell/router.ts'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { type CatalogueState, describeUse, orderOf, type SortKey, verifiedRank } from './filter.ts'
import type { Hosts } from './load.ts'
import { Matches } from './match.tsx'
import { Star } from './star.tsx'
import { WhereBadge } from './where.tsx'

/** What each letter stands for. */
export const CONTENTS: readonly (readonly [ContentKind, string])[] = [
  ['E', 'how to run the exporter'],
  ['I', 'manifests'],
  ['A', 'alerting rules'],
  ['G', 'dashboard'],
]

const COLUMNS: readonly Column<SortKey>[] = [
  { title: 'Exporter', sort: 'name' },
  { title: 'Category', sort: 'category' },
  { title: 'Content' },
  { title: 'Verified', sort: 'verified' },
  { title: 'Port', sort: 'port', isNumber: true },
]

/** A column that is there while it says why the rows stand as they do. */
const REASONS: Partial<Record<SortKey, Column<SortKey>>> = {
  popular: { title: 'Used here', sort: 'popular' },
  trending: { title: 'Rise', sort: 'trending' },
  recent: { title: 'Changed', sort: 'recent' },
}

interface CatalogueTableProps {
  readonly entries: readonly ListedEntry[]
  readonly state: CatalogueState
  /** Undefined while nobody knows. */
  readonly hosts: Hosts | undefined
  readonly onSort: (key: SortKey) => void
}

export function CatalogueTable(props: CatalogueTableProps): JSX.Element {
  const { entries, state, hosts, onSort } = props
  const by = orderOf(state)
  const reason = by && REASONS[by]
  const words = wordsOf(state.text)
  return (
    <RowsTable
      look="catalogue-table"
      columns={reason === undefined ? COLUMNS : [...COLUMNS, reason]}
      sorting={{ by, isDescending: state.isDescending, onSort }}
      rows={entries}
    >
      {(entry) => (
        <tr key={entry.name} data-entry={entry.name}>
          <Name entry={entry} hosts={hosts} words={words} />
          <td data-title="Category">{entry.category}</td>
          <td data-title="Content">
            <ContentFlags content={entry.content} />
          </td>
          <td data-title="Verified">
            <Shares verified={entry.verified} />
          </td>
          <td class="number" data-title="Port">
            {entry.port === 0 ? <None why="nobody said it" /> : entry.port}
          </td>
          {reason !== undefined && (
            <td data-title={reason.title}>
              <Reason entry={entry} by={by} />
            </td>
          )}
        </tr>
      )}
    </RowsTable>
  )
}

interface NameProps {
  readonly entry: ListedEntry
  readonly hosts: Hosts | undefined
  readonly words: readonly string[]
}

function Name({ entry, hosts, words }: NameProps): JSX.Element {
  const { name, title, description, official, isNew, matches = [] } = entry
  const count = hosts?.counts.get(name) ?? 0
  return (
    <th scope="row">
      <div class="entry-title">
        <a class="row-name" href={hrefBelow('catalogue', name)} onClick={followLink}>
          {title}
        </a>
        <Star name={name} title={title} />
        {official && <span class="badge good">official</span>}
        {isNew && <NewBadge />}
        {hosts !== undefined && count > 0 && <WhereBadge hosts={count} by={hosts.by} />}
      </div>
      <span class="soft">{description}</span>
      {matches.length > 0 && <Matches matches={matches} words={words} />}
    </th>
  )
}

export function NewBadge(): JSX.Element {
  return (
    <span class="badge new" title="In this catalogue for at most 7 days">
      NEW
    </span>
  )
}

/** Why the row stands where it does. */
function Reason(props: { entry: ListedEntry; by: SortKey | undefined }): JSX.Element {
  const { entry, by } = props
  if (by === 'recent') {
    const changedMs = entry.changedMs === 0 ? undefined : entry.changedMs
    return <Ago timeMs={changedMs} never="not since the first start" />
  }
  if (by === 'trending') {
    if (entry.trend === 0) return <None why="not more than before" />
    return <span title="How clearly the last 7 days rise above the time before">{entry.trend}</span>
  }
  const use = describeUse(entry)
  return use === '' ? <None why="not in 90 days" /> : <span title="In 90 days">{use}</span>
}

/** Four letters; those of what is not there are faint. */
export function ContentFlags(props: { readonly content: ListedEntry['content'] }): JSX.Element {
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
  if (rules.all + panels.all === 0) return <None why="no rules and no dashboard" />
  if (verifiedRank(verified) < 0) {
    return (
      <span class="badge" title="Never held against the exporter">
        not verified
      </span>
    )
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
