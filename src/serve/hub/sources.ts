/** /api/v1/hub/sources: where content comes from, how that goes, and which sources people have added. */
import { NarthexError } from '../../base/error.ts'
import type { SourceStatus, SourcesView } from '../../model/sources.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { change, type DescribedRoute, question } from '../openapi/operation.ts'
import {
  inEnvelope,
  inEnvelopeWithWarnings,
  listOf,
  named,
  oneOfTexts,
  optional,
  orNull,
  record,
  text,
  truth,
  whole,
} from '../openapi/schema.ts'
import { callerOf } from './caller.ts'
import { answer, readSeenVersion } from './taking.ts'

const NAME_LENGTH_MAX = 64

const PROGRESS = record({
  ...{ step: oneOfTexts('waiting', 'asking', 'fetching', 'reading'), done: whole, all: whole },
})
const ADDED = record({
  ...{ url: text, repository: text, branch: text, path: text, refreshInterval: text },
  ...{ hasToken: truth, version: whole, changedMs: whole, changedBy: text },
})
const SOURCE = named(
  'Source',
  record({
    ...{ name: text, type: oneOfTexts('bundled', 'folder', 'git', 'github'), origin: text },
    ...{ commit: text, entries: whole, checkedMs: whole, goodMs: whole, failingSinceMs: whole },
    ...{ error: text, faults: listOf(text), isRefreshing: truth, nextMs: whole },
    place: oneOfTexts('program', 'edits', 'configuration', 'records', 'elsewhere'),
    progress: orNull(PROGRESS),
    added: orNull(ADDED),
  }),
)
const SOURCES = { schema: inEnvelopeWithWarnings(listOf(SOURCE)) }
const WANTED_SOURCE = named(
  'WantedSource',
  optional(record({ type: oneOfTexts('git', 'github') }), {
    ...{ url: text, repository: text, branch: text, path: text, refreshInterval: text },
    token: text,
  }),
)

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
      'POST',
      '/api/v1/hub/sources/:name/refresh',
      'admin',
      {
        summary: 'Asks one content source now, and waits for what becomes of it',
        ...{ answer: SOURCES, failures: [404, 503] },
      },
      async (ask) => answerOf(await sources.refresh(nameOf(ask))),
    ),
    change(
      'PUT',
      '/api/v1/hub/sources/:name',
      'admin',
      {
        summary: 'Adds a content source, or changes one that was added; an absent token stays',
        headers: { 'if-match': 'the version that was seen, in quotes' },
        body: { 'application/json': WANTED_SOURCE },
        ...{ answer: { schema: inEnvelope(SOURCE) }, failures: [409, 422, 503] },
      },
      (ask) => handlePut(ask, sources),
    ),
    change(
      'DELETE',
      '/api/v1/hub/sources/:name',
      'admin',
      {
        summary: 'Forgets a source that stands in no configuration file, and what it has brought',
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

/** Takes settings, or says everything that is wrong with them. */
export async function handlePut(ask: Ask, sources: SourcesView): Promise<Reply> {
  const name = ask.segments.get('name') ?? ''
  const change = { by: callerOf(ask), version: readSeenVersion(ask) }
  return await answer(ask.body, `source ${JSON.stringify(name)}`, (value) =>
    sources.put(name, value, change),
  )
}

async function handleRemove(ask: Ask, sources: SourcesView): Promise<Reply> {
  await sources.remove(nameOf(ask), callerOf(ask))
  return { status: 204, type: '', body: '' }
}

function nameOf({ segments }: Pick<Ask, 'segments'>): string {
  const name = segments.get('name') ?? ''
  if (name !== '' && name.length <= NAME_LENGTH_MAX) return name
  throw new NarthexError('not_found', 'cannot find the source: no such')
}

function answerOf(sources: readonly SourceStatus[]): Reply {
  return success(
    sources,
    sources.filter(({ error }) => error !== '').map(({ name, error }) => `${name}: ${error}`),
  )
}
