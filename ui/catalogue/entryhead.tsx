/** What an entry is, how far it was verified, where it runs and how much it is used. */
import type { JSX } from 'preact'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import type { ShownEntry } from '../../src/model/interest.ts'
import { Ago } from '../shell/ago.tsx'
import { followLink, hasPage, hrefBelow } from '../shell/router.ts'
import { describeShares, describeUse, verifiedRank } from './filter.ts'
import { Hosts, HostsBadge, useWhereabouts } from './hosts.tsx'
import { ExternalLink } from './link.tsx'
import { Star } from './star.tsx'
import { NewBadge } from './table.tsx'

export function EntryHead({ entry }: { readonly entry: ShownEntry }): JSX.Element {
  const { name, title, description, official, category, port, path, upstream, recognise } = entry
  const { where, failure } = useWhereabouts(name)
  return (
    <header class="entry-head">
      <div class="page-head">
        <h1>{title}</h1>
        <Star name={name} title={title} />
        {official && <span class="badge good">official</span>}
        {entry.isNew && <NewBadge />}
        <HostsBadge where={where} />
        <a
          class="button primary entry-install"
          href={hrefBelow('catalogue', name, 'install')}
          onClick={followLink}
        >
          {hasPage('installs') ? 'Install' : 'Use it'}
        </a>
      </div>
      <p class="soft">{description}</p>
      <dl class="entry-facts">
        <dt>Category</dt>
        <dd>{category}</dd>
        <dt>Address</dt>
        <dd class="mono">{port === 0 ? path : `:${port}${path}`}</dd>
        <dt>Verified</dt>
        <dd>
          <Verified entry={entry} />
        </dd>
        {recognise.length > 0 && (
          <>
            <dt>Recognised by</dt>
            <dd class="mono">{recognise.join(', ')}</dd>
          </>
        )}
        <dt>Runs on your hosts</dt>
        <dd>
          <Hosts where={where} failure={failure} />
        </dd>
        <dt>Used here</dt>
        <dd>
          <Used entry={entry} />
        </dd>
        {upstream !== '' && (
          <>
            <dt>Source</dt>
            <dd>
              <ExternalLink address={upstream} />
            </dd>
          </>
        )}
      </dl>
    </header>
  )
}

/** How much it is looked at, and when it came and changed. */
function Used({ entry }: { readonly entry: ShownEntry }): JSX.Element {
  const { addedMs, changedMs } = entry
  const use = describeUse(entry)
  return (
    <span>
      {use === '' ? <span class="faint">not in 90 days</span> : `${use} in 90 days`}
      {addedMs > 0 && (
        <>
          {', here since '}
          <Ago timeMs={addedMs} never="" />
        </>
      )}
      {changedMs > addedMs && (
        <>
          {', changed '}
          <Ago timeMs={changedMs} never="" />
        </>
      )}
    </span>
  )
}

/** What was held against what. */
function Verified({ entry }: { readonly entry: EntryDetail }): JSX.Element {
  const { verified, recorded } = entry
  const { rules, panels, on } = verified
  if (rules.all + panels.all === 0) return <span class="faint">no rules and no dashboard yet</span>
  if (verifiedRank(verified) < 0) {
    return (
      <span>
        <span class="badge">not verified</span>
        {` ${rules.all} rules, ${panels.all} panels: never held against the exporter`}
      </span>
    )
  }
  const server = recorded === undefined ? '' : ` with ${recorded.with}`
  return <span>{`${describeShares(verified)} verified on ${on}${server}`}</span>
}
