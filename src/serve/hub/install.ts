/** Entries of the catalogue put to use: previews, installations and how they do, files for others. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { NarthexError } from '../../base/error.ts'
import type {
  ExportFile,
  Installation,
  InstallCandidates,
  Installer,
  InstallPlanner,
  InstallRequest,
  ScrapedView,
} from '../../model/install.ts'
import type { Outcome } from '../../model/registry.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { writeTar } from '../../wire/tar.ts'
import { success } from '../api/envelope.ts'
import {
  type Answer,
  answering,
  change,
  type DescribedRoute,
  question,
} from '../openapi/operation.ts'
import {
  inEnvelope,
  inEnvelopeWithWarnings,
  listOf,
  named,
  oneOfTexts,
  optional,
  record,
  text,
  time,
  whole,
} from '../openapi/schema.ts'
import { callerOf } from './caller.ts'
import { parseBody, refuse } from './taking.ts'

/** What routes are made from where nothing is scraped. */
export interface PlanDeps {
  readonly planner: InstallPlanner
  /** Makes a request of what came as JSON. @throws NarthexError `bad_data` */
  readRequest(value: unknown): InstallRequest
  /** Where an entry could be put to use, and what kept some of it from being known. */
  candidates(entry: string): Promise<InstallCandidates>
}

/** What routes are made from where it is scraped. */
export interface InstallDeps extends PlanDeps {
  readonly planner: Installer
  readonly scraped: ScrapedView
}

const compress = promisify(gzip)

const REQUEST = optional(record({ entry: text, targets: listOf(text) }), {
  ...{ job: text, interval: text },
})

const PLAN = named(
  'InstallPlan',
  record({
    ...{ name: text, entry: text, version: text, targets: listOf(text), scrape: text },
    ...{ rules: text, dashboard: text, notes: listOf(text) },
  }),
)

const INSTALLATION_FIELDS = {
  ...{ name: text, entry: text, version: text, installed: time, by: text },
  ...{ targets: listOf(text), files: listOf(text), fault: text },
}

const INSTALLATION = named('Installation', record(INSTALLATION_FIELDS))

const RUNNING_INSTALLATION = named(
  'RunningInstallation',
  record({ ...INSTALLATION_FIELDS, health: record({ up: whole, down: whole, unknown: whole }) }),
)

const HEALTH = oneOfTexts('up', 'down', 'unknown')

const INSTALLED_TARGET = named(
  'InstalledTarget',
  record({ address: text, health: HEALTH, error: text, lastScrapeMs: whole }),
)

const CANDIDATE = named(
  'InstallCandidate',
  record({ address: text, by: oneOfTexts('metrics', 'registry'), jobs: listOf(text) }),
)

const BODY = { 'application/json': REQUEST }

const YAML_TYPE = 'text/yaml; charset=utf-8'

/** Jobs and rules, or a dashboard. */
const FILE_ANSWER: Answer = {
  ...{ schema: text, type: 'text/yaml', others: { 'application/json': { type: 'object' } } },
}
const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
}

/** What an archive of all files ends with, whatever it is called. */
const ARCHIVE = '.tar.gz'

/** Preview and export: in every role that has the catalogue. */
export function planRoutes(deps: PlanDeps): DescribedRoute[] {
  const { planner } = deps
  return [
    change(
      'POST',
      '/api/v1/hub/install/preview',
      'viewer',
      {
        summary: 'Shows the texts that an entry comes to for some targets',
        ...{ body: BODY, answer: { schema: inEnvelope(PLAN) }, failures: [400, 404, 409, 422] },
      },
      async (ask) => answerOf(await planner.preview(requestOf(ask, deps), callerOf(ask))),
    ),
    question(
      '/api/v1/hub/entries/:name/targets',
      {
        summary: 'Lists targets on which an entry could be put to use',
        answer: { schema: inEnvelopeWithWarnings(record({ targets: listOf(CANDIDATE) })) },
        failures: [404],
      },
      async ({ segments }) => {
        const { targets, warnings } = await deps.candidates(segments.get('name') ?? '')
        return success({ targets }, warnings)
      },
    ),
    change(
      'POST',
      '/api/v1/hub/install/export',
      'viewer',
      {
        summary: 'Writes an installation as files for Prometheus, Alertmanager and Grafana',
        body: BODY,
        answer: { schema: inEnvelope(record({ files: listOf(record({ name: text, text })) })) },
        failures: [400, 404, 422],
      },
      async (ask) => {
        const outcome = await planner.files(requestOf(ask, deps), callerOf(ask))
        return answerOf('problems' in outcome ? outcome : { done: { files: outcome.done } })
      },
    ),
    change(
      'POST',
      '/api/v1/hub/install/export/:file',
      'viewer',
      {
        summary: 'Writes one file of an installation for others to use, or all as a .tar.gz',
        ...{ body: BODY, answer: FILE_ANSWER, failures: [400, 404, 422] },
      },
      (ask) => handleExport(ask, requestOf(ask, deps), deps),
    ),
    question(
      '/api/v1/hub/entries/:name/export/:file',
      {
        summary: 'Writes one file of an entry for others to use, or all as a .tar.gz',
        query: {
          targets: 'host:port; more than one with commas',
          job: 'name of the job',
          interval: 'of the job, such as 30s',
        },
        ...{ answer: FILE_ANSWER, failures: [400, 404, 422] },
      },
      (ask) => handleExport(ask, requestInQuery(ask, deps), deps),
    ),
  ]
}

/** Installations: where it is scraped. */
export function installRoutes(deps: InstallDeps): DescribedRoute[] {
  const { planner: installer, scraped } = deps
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
        failures: [400, 404, 409, 422],
      },
      async (ask) => answerOf(await installer.install(requestOf(ask, deps), callerOf(ask)), 201),
    ),
    question(
      '/api/v1/hub/installs',
      answering(
        inEnvelope(record({ installs: listOf(RUNNING_INSTALLATION) })),
        'Lists what is in use, and how it does',
      ),
      async () => {
        const installs = await installer.installs()
        return success({ installs: installs.map((each) => withHealth(each, scraped)) })
      },
    ),
    question(
      '/api/v1/hub/installs/:name/targets',
      answering(
        inEnvelope(record({ targets: listOf(INSTALLED_TARGET) })),
        'Lists how the targets of an installation do',
        [404],
      ),
      async ({ segments }) => {
        const name = segments.get('name') ?? ''
        const installs = await installer.installs()
        if (installs.some((each) => each.name === name)) {
          return success({ targets: scraped.targets(name) })
        }
        throw new NarthexError('not_found', `cannot find installation ${JSON.stringify(name)}`)
      },
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

function withHealth(installation: Installation, scraped: ScrapedView): object {
  const health = { up: 0, down: 0, unknown: 0 }
  for (const target of scraped.targets(installation.name)) health[target.health]++
  return { ...installation, health }
}

/** One file as Prometheus, Alertmanager and Grafana take it, or an archive of all. */
async function handleExport(ask: Ask, request: InstallRequest, deps: PlanDeps): Promise<Reply> {
  const outcome = await deps.planner.files(request, callerOf(ask))
  if ('problems' in outcome) return answerOf(outcome)
  const file = ask.segments.get('file') ?? ''
  const headers = { 'cache-control': 'no-cache' }
  if (file.endsWith(ARCHIVE)) {
    const folder = request.job || request.entry
    return {
      status: 200,
      type: 'application/gzip',
      body: await archive(folder, outcome.done),
      headers,
    }
  }
  const found = outcome.done.find(({ name }) => name === file)
  if (found === undefined) {
    const wanted = [...outcome.done.map(({ name }) => name), `a name with ${ARCHIVE}`].join(', ')
    throw new NarthexError('not_found', `cannot export ${JSON.stringify(file)}, wanted ${wanted}`)
  }
  const type = TYPES[/\.\w+$/.exec(file)?.[0] ?? ''] ?? YAML_TYPE
  return { status: 200, type, body: found.text, headers }
}

async function archive(folder: string, files: readonly ExportFile[]): Promise<Uint8Array> {
  const inFolder = files.map(({ name, text }) => ({ name: `${folder}/${name}`, text }))
  return await compress(writeTar(inFolder, Date.now()))
}

/** What was done, or 422 with every target that cannot be one. */
function answerOf(outcome: Outcome<unknown>, status: 200 | 201 = 200): Reply {
  if ('problems' in outcome) return refuse('targets', outcome.problems)
  return { ...success(outcome.done), status }
}

function requestOf({ body }: Ask, { readRequest }: PlanDeps): InstallRequest {
  return readRequest(parseBody(body))
}

function requestInQuery({ params, segments }: Ask, { readRequest }: PlanDeps): InstallRequest {
  return readRequest({
    entry: segments.get('name') ?? '',
    targets: params.getAll('targets').flatMap((list) => list.split(',')),
    job: params.get('job') ?? '',
    interval: params.get('interval') ?? '',
  })
}
