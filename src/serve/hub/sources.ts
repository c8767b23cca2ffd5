/** GET /api/v1/hub/sources, POST /api/v1/hub/refresh: where content comes from, and how that goes. */
import { NarthexError } from '../../base/error.ts'
import type { SourceStatus, SourcesView } from '../../model/sources.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { change, type DescribedRoute, question } from '../openapi/operation.ts'
import {
  inEnvelopeWithWarnings,
  listOf,
  named,
  oneOfTexts,
  record,
  text,
  truth,
  whole,
} from '../openapi/schema.ts'

const NAME_LENGTH_MAX = 64

const SOURCE = named(
  'Source',
  record({
    ...{ name: text, type: oneOfTexts('bundled', 'folder', 'git'), origin: text, commit: text },
    ...{ entries: whole, checkedMs: whole, goodMs: whole, failingSinceMs: whole, error: text },
    ...{ faults: listOf(text), isRefreshing: truth, nextMs: whole },
  }),
)
const SOURCES = { schema: inEnvelopeWithWarnings(listOf(SOURCE)) }

/** Where sources are looked at and asked. */
export function sourceRoutes(sources: SourcesView): DescribedRoute[] {
  return [
    question(
      '/api/v1/hub/sources',
      { summary: 'Lists the content sources and how each does', answer: SOURCES, failures: [] },
      () => answerOf(sources.list()),
    ),
    change(
      'POST',
      '/api/v1/hub/refresh',
      'admin',
      {
        summary: 'Asks content sources now, and waits for what becomes of it',
        query: { source: 'only this one' },
        ...{ answer: SOURCES, failures: [404, 503] },
      },
      (ask) => handleRefresh(ask, sources),
    ),
    change(
      'DELETE',
      '/api/v1/hub/sources/:name',
      'admin',
      {
        summary: 'Forgets what a source has brought that is not configured any more',
        failures: [404, 409, 503],
      },
      (ask) => handleRemove(ask, sources),
    ),
  ]
}

/** `?source=` names one; absent, all that this hub has are asked. */
export async function handleRefresh(
  { params }: Pick<Ask, 'params'>,
  sources: SourcesView,
): Promise<Reply> {
  return answerOf(await sources.refresh(params.get('source') ?? ''))
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

function answerOf(sources: readonly SourceStatus[]): Reply {
  return success(
    sources,
    sources.filter(({ error }) => error !== '').map(({ name, error }) => `${name}: ${error}`),
  )
}
