/** GET /api/v1/hub/sources, POST /api/v1/hub/refresh: where content comes from, and how that goes. */
import { NarthexError } from '../../base/error.ts'
import type { SourceStatus, SourcesView } from '../../model/sources.ts'
import type { Ask, Reply, Route } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'

const NAME_LENGTH_MAX = 64

/** Where sources are looked at and asked. */
export function sourceRoutes(sources: SourcesView): Route[] {
  return [
    {
      path: '/api/v1/hub/sources',
      ...{ methods: ['GET'], role: 'viewer', changes: false, body: 'none' },
      handle: () => listOf(sources.list()),
    },
    {
      path: '/api/v1/hub/refresh',
      ...{ methods: ['POST'], role: 'admin', changes: true, body: 'none' },
      handle: (ask) => handleRefresh(ask, sources),
    },
    {
      path: '/api/v1/hub/sources/:name',
      ...{ methods: ['DELETE'], role: 'admin', changes: true, body: 'none' },
      handle: (ask) => handleRemove(ask, sources),
    },
  ]
}

/** `?source=` names one; absent, all that this hub has are asked. */
export async function handleRefresh(
  { params }: Pick<Ask, 'params'>,
  sources: SourcesView,
): Promise<Reply> {
  return listOf(await sources.refresh(params.get('source') ?? ''))
}

async function handleRemove(
  { segments }: Pick<Ask, 'segments'>,
  sources: SourcesView,
): Promise<Reply> {
  const name = segments.get('name') ?? ''
  if (name === '' || name.length > NAME_LENGTH_MAX) {
    throw new NarthexError('not_found', 'cannot remove source: no such')
  }
  await sources.remove(name)
  return { status: 204, type: '', body: '' }
}

function listOf(sources: readonly SourceStatus[]): Reply {
  return success(
    sources,
    sources.filter(({ error }) => error !== '').map(({ name, error }) => `${name}: ${error}`),
  )
}
