/** That content sources fail, where the catalogue is looked at; nothing of it is missing for that. */
import type { JSX } from 'preact'
import type { SourceStatus } from '../../src/model/sources.ts'
import { ask } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { Icon } from '../shell/icon.tsx'
import { followLink, hrefOf } from '../shell/router.ts'

const REFRESH_MS = 60_000

export function FailingSources(): JSX.Element | null {
  const { data = [] } = usePolled(loadFailing, REFRESH_MS)
  if (data.length === 0) return null
  const words = data.length === 1 ? `The source ${data[0]} fails` : `${data.length} sources fail`
  return (
    <p class="note warn">
      <Icon name="warn" />
      <span>
        {`${words}; what is here stays. `}
        <a href={hrefOf('sources')} onClick={followLink}>
          See why
        </a>
      </span>
    </p>
  )
}

async function loadFailing(abort: AbortSignal): Promise<readonly string[]> {
  const { data } = await ask<readonly SourceStatus[]>('hub/sources', {}, abort)
  return data.filter(({ error }) => error !== '').map(({ name }) => name)
}
