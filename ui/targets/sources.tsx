/** Sources of targets that fail: of which pool, why, and how old the list is that counts meanwhile. */
import type { JSX } from 'preact'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import type { FailedSource } from './target.ts'

export function FailedSources({ sources }: { sources: readonly FailedSource[] }): JSX.Element {
  return (
    <>
      {sources.map((each) => (
        <FailedSourceNote key={`${each.scrapePool} ${each.kind} ${each.source}`} failed={each} />
      ))}
    </>
  )
}

function FailedSourceNote({ failed }: { failed: FailedSource }): JSX.Element {
  const { scrapePool, kind, source, targetCount, lastError } = failed
  const successMs = Date.parse(failed.lastSuccess)
  return (
    <p class="note bad">
      <Icon name="warn" />
      <span>
        {`${scrapePool}: discovery by ${kind} fails`}
        {source !== '' && <span class="mono">{` (${source})`}</span>}
        {`: ${lastError}. `}
        {targetCount > 0 && `${formatCount(targetCount)} of its targets stay. `}
        {'Its last good list: '}
        <Ago timeMs={successMs > 0 ? successMs : undefined} never="none since the start" />
      </span>
    </p>
  )
}
