/** `narthex hub refresh`: has a hub that runs ask its content sources, and says what became of it. */
import type { SourceStatus } from '../../model/sources.ts'
import type { FlagReader } from '../sharedflags.ts'
import { openClient, URL_FLAGS } from './place.ts'
import type { HubTool, ToolOutcome } from './tool.ts'

/** Longest that the sources may take together, in ms. */
const REFRESH_MS_MAX = 3_600_000

export const REFRESH_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub refresh',
      summary:
        'Has a hub that runs ask its content sources now, waits, and lists how each did. Ends with 1 ' +
        'when one of them fails.',
      flags: [...URL_FLAGS, { name: 'source', value: 'name', help: 'only this one' }],
    },
    run: refresh,
  },
]

async function refresh(flags: FlagReader): Promise<ToolOutcome> {
  const source = flags.text('source')
  const sources = await openClient(flags).call<readonly SourceStatus[]>(
    'POST',
    'api/v1/hub/refresh',
    { params: source === '' ? {} : { source }, waitMsMax: REFRESH_MS_MAX },
  )
  return {
    lines: sources.filter(({ error }) => error === '').map(factsOf),
    faults: sources.filter(({ error }) => error !== '').map(faultOf),
  }
}

function factsOf({ name, type, entries, commit }: SourceStatus): string {
  return `${name}  ${type}  ${entries} entries  ${commit.slice(0, 12)}`.trimEnd()
}

function faultOf(source: SourceStatus): string {
  const since = new Date(source.failingSinceMs).toISOString()
  return `${factsOf(source)}  failing since ${since}: ${source.error}`
}
