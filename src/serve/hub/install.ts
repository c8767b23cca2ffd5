/** Entries of the catalogue put to use: previews, installations, and files for others to use. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Installer, InstallPlan, InstallPlanner, InstallRequest } from '../../model/install.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { answering, change, type DescribedRoute, question } from '../openapi/operation.ts'
import { inEnvelope, listOf, named, optional, record, text, time } from '../openapi/schema.ts'
import { callerOf } from './caller.ts'

/** What routes are made from; an installer only where it is scraped. */
export interface InstallDeps<P extends InstallPlanner> {
  readonly installer: P
  /** Makes a request of what came as JSON. @throws NarthexError `bad_data` */
  readRequest(value: unknown): InstallRequest
}

const REQUEST = optional(record({ entry: text, targets: listOf(text) }), { job: text })

const PLAN = named(
  'InstallPlan',
  record({
    ...{ name: text, entry: text, version: text, targets: listOf(text), scrape: text },
    ...{ rules: text, dashboard: text, notes: listOf(text) },
  }),
)

const INSTALLATION = named(
  'Installation',
  record({
    ...{ name: text, entry: text, version: text, installed: time, by: text },
    ...{ targets: listOf(text), files: listOf(text), fault: text },
  }),
)

const BODY = { 'application/json': REQUEST }

/** The files under which a plan is exported. */
const EXPORTS: Readonly<
  Record<string, readonly [type: string, of: (plan: InstallPlan) => string]>
> = {
  'scrape.yml': ['text/yaml; charset=utf-8', (plan) => plan.scrape],
  'rules.yml': ['text/yaml; charset=utf-8', (plan) => plan.rules],
  'dashboard.json': ['application/json', (plan) => plan.dashboard],
}

/** Preview and export: in every role that has the catalogue. */
export function planRoutes(deps: InstallDeps<InstallPlanner>): DescribedRoute[] {
  return [
    change(
      'POST',
      '/api/v1/hub/install/preview',
      'editor',
      {
        summary: 'Shows the texts that an entry comes to for some targets',
        ...{ body: BODY, answer: { schema: inEnvelope(PLAN) }, failures: [400, 404, 409] },
      },
      async (ask) => success(await deps.installer.preview(requestOf(ask, deps), callerOf(ask))),
    ),
    question(
      '/api/v1/hub/entries/:name/export/:file',
      {
        summary: 'Writes scrape.yml, rules.yml or dashboard.json of an entry',
        query: { targets: 'host:port; more than one with commas', job: 'name of the job' },
        ...{ answer: { schema: text, type: 'text/yaml' }, failures: [400, 404] },
      },
      (ask) => handleExport(ask, deps),
    ),
  ]
}

/** Installations: where it is scraped. */
export function installRoutes(deps: InstallDeps<Installer>): DescribedRoute[] {
  const { installer } = deps
  return [
    ...planRoutes(deps),
    change(
      'POST',
      '/api/v1/hub/install',
      'editor',
      {
        summary: 'Puts an entry to use',
        body: BODY,
        answer: { schema: inEnvelope(INSTALLATION), status: 201 },
        failures: [400, 404, 409],
      },
      async (ask) => {
        const installed = await installer.install(requestOf(ask, deps), callerOf(ask))
        return { ...success(installed), status: 201 }
      },
    ),
    question(
      '/api/v1/hub/installs',
      answering(inEnvelope(record({ installs: listOf(INSTALLATION) })), 'Lists what is in use'),
      async () => success({ installs: await installer.installs() }),
    ),
    change(
      'DELETE',
      '/api/v1/hub/installs/:name',
      'editor',
      answering(inEnvelope(INSTALLATION), 'Takes an entry out of use', [404]),
      async (ask) => success(await installer.uninstall(ask.segments.get('name') ?? '')),
    ),
  ]
}

/** One file of a plan, as Prometheus and Grafana take it. */
async function handleExport(ask: Ask, deps: InstallDeps<InstallPlanner>): Promise<Reply> {
  const { params, segments } = ask
  const file = segments.get('file') ?? ''
  const entry = segments.get('name') ?? ''
  if (!Object.hasOwn(EXPORTS, file)) {
    const wanted = Object.keys(EXPORTS).join(', ')
    throw new NarthexError('not_found', `cannot export ${JSON.stringify(file)}, wanted ${wanted}`)
  }
  const [type, textOf] = EXPORTS[file]
  const targets = params.getAll('targets').flatMap((list) => list.split(','))
  const request = deps.readRequest({ entry, targets, job: params.get('job') ?? '' })
  const body = textOf(await deps.installer.preview(request, callerOf(ask)))
  if (body !== '') return { status: 200, type, body, headers: { 'cache-control': 'no-cache' } }
  throw new NarthexError('not_found', `cannot export ${file}: the entry ${entry} has none`)
}

function requestOf({ body }: Ask, { readRequest }: InstallDeps<InstallPlanner>): InstallRequest {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read JSON: ${messageOf(error)}`, error)
  }
  return readRequest(value)
}
