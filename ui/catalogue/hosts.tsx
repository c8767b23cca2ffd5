/** The targets that an entry runs on, each with the way to it. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { TargetKey } from '../../src/model/found.ts'
import { usePolled } from '../api/polled.ts'
import { urlOf } from '../api/root.ts'
import { followLink, hasPage } from '../shell/router.ts'
import { loadWhereabouts, type Whereabouts } from './load.ts'
import { describeHosts, WhereBadge } from './where.tsx'

const REFRESH_MS = 60_000
/** Targets shown before a person asks for all. */
const FEW = 8

/** Asks on which targets an entry runs; undefined until that is known. */
export function useWhereabouts(name: string): {
  readonly where: Whereabouts | undefined
  readonly failure: string
} {
  const load = useCallback((abort: AbortSignal) => loadWhereabouts(name, abort), [name])
  const { data, failure } = usePolled(load, REFRESH_MS)
  return { where: data, failure }
}

interface HostsProps {
  readonly where: Whereabouts | undefined
  readonly failure: string
}

/** The badge beside the name; nothing where it runs nowhere. */
export function HostsBadge({ where }: Pick<HostsProps, 'where'>): JSX.Element | null {
  if (where === undefined || where.hosts === 0) return null
  return <WhereBadge hosts={where.hosts} by={where.by} />
}

/** The targets in words and links. */
export function Hosts({ where, failure }: HostsProps): JSX.Element {
  const [isWhole, setIsWhole] = useState(false)
  if (where === undefined) {
    return <span class="faint">{failure === '' ? 'looking …' : `not known: ${failure}`}</span>
  }
  const { by, hosts, targets, targetCount } = where
  if (hosts === 0) {
    const unseen = by === 'metrics' ? 'no target has its metrics' : 'no registered target looks so'
    return <span class="faint">{unseen}</span>
  }
  const shown = isWhole ? targets : targets.slice(0, FEW)
  return (
    <div class="entry-hosts">
      <span class="sr-only">{describeHosts(hosts, by)}</span>
      <ul>
        {shown.map((target) => (
          <li key={`${target.job} ${target.instance}`}>
            <TargetLink target={target} />
          </li>
        ))}
      </ul>
      {targets.length > shown.length && (
        <button type="button" class="button bare" onClick={() => setIsWhole(true)}>
          {`Show all ${targets.length}`}
        </button>
      )}
      {isWhole && targetCount > targets.length && (
        <span class="faint">{`and ${targetCount - targets.length} more`}</span>
      )}
      {by === 'registry' && (
        <span class="faint">by job and port of registered targets, which nothing here asks</span>
      )}
    </div>
  )
}

/** To the page that knows most about it in this role. */
function TargetLink({ target: { job, instance } }: { readonly target: TargetKey }): JSX.Element {
  const page = hasPage('targets') ? 'targets' : 'registry'
  const query = new URLSearchParams({ search: instance })
  return (
    <a class="mono" href={urlOf(`${page}?${query}`).href} title={`job ${job}`} onClick={followLink}>
      {instance}
    </a>
  )
}
