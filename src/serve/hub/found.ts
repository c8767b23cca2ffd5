/** GET /api/v1/hub/found and /api/v1/hub/found/:name: where the exporters of the catalogue run. */
import type { Found, FoundView } from '../../model/found.ts'
import type { Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { type DescribedRoute, question } from '../openapi/operation.ts'
import { inEnvelope, listOf, oneOfTexts, record, text, whole } from '../openapi/schema.ts'

const counts = { entry: text, hosts: whole, targetCount: whole }
const asked = { by: oneOfTexts('metrics', 'registry'), atMs: whole }

/** Where it is asked on which hosts entries run. */
export function foundRoutes(view: FoundView): DescribedRoute[] {
  return [
    question(
      '/api/v1/hub/found',
      {
        summary: 'Counts the hosts on which the entries of the catalogue run',
        answer: { schema: inEnvelope(record({ ...asked, entries: listOf(record(counts)) })) },
        failures: [503],
      },
      async () => showCounts(await view.found()),
    ),
    question(
      '/api/v1/hub/found/:name',
      {
        summary: 'Lists the targets that an entry runs on',
        answer: {
          schema: inEnvelope(
            record({
              ...{ ...asked, ...counts },
              targets: listOf(record({ job: text, instance: text })),
            }),
          ),
        },
        failures: [503],
      },
      async ({ segments }) => showTargets(await view.found(), segments.get('name') ?? ''),
    ),
  ]
}

function showCounts({ by, atMs, entries }: Found): Reply {
  const counts = entries.map(({ targets: _, ...rest }) => rest)
  return uncached(success({ by, atMs, entries: counts }))
}

function showTargets({ by, atMs, entries }: Found, name: string): Reply {
  const none = { entry: name, hosts: 0, targetCount: 0, targets: [] }
  return uncached(success({ by, atMs, ...(entries.find(({ entry }) => entry === name) ?? none) }))
}

function uncached(reply: Reply): Reply {
  return { ...reply, headers: { 'cache-control': 'no-store' } }
}
