/** Entries of the catalogue put to use: previews, installations, and files for others to use. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Installer, InstallPlan, InstallPlanner, InstallRequest } from '../../model/install.ts'
import type { Ask, Reply, Route } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { callerOf } from './caller.ts'

/** What routes are made from; an installer only where it is scraped. */
export interface InstallDeps<P extends InstallPlanner> {
  readonly installer: P
  /** Makes a request of what came as JSON. @throws NarthexError `bad_data` */
  readRequest(value: unknown): InstallRequest
}

const EDITOR = { role: 'editor', changes: true } as const
const VIEWER = { role: 'viewer', changes: false, body: 'none', methods: ['GET'] } as const

/** The files under which a plan is exported. */
const EXPORTS: Readonly<
  Record<string, readonly [type: string, of: (plan: InstallPlan) => string]>
> = {
  'scrape.yml': ['text/yaml; charset=utf-8', (plan) => plan.scrape],
  'rules.yml': ['text/yaml; charset=utf-8', (plan) => plan.rules],
  'dashboard.json': ['application/json', (plan) => plan.dashboard],
}

/** Preview and export: in every role that has the catalogue. */
export function planRoutes(deps: InstallDeps<InstallPlanner>): Route[] {
  return [
    {
      ...EDITOR,
      path: '/api/v1/hub/install/preview',
      methods: ['POST'],
      body: 'bytes',
      handle: async (ask) =>
        success(await deps.installer.preview(requestOf(ask, deps), callerOf(ask))),
    },
    {
      ...VIEWER,
      path: '/api/v1/hub/entries/:name/export/:file',
      handle: (ask) => handleExport(ask, deps),
    },
  ]
}

/** Installations: where it is scraped. */
export function installRoutes(deps: InstallDeps<Installer>): Route[] {
  const { installer } = deps
  return [
    ...planRoutes(deps),
    {
      ...EDITOR,
      path: '/api/v1/hub/install',
      methods: ['POST'],
      body: 'bytes',
      handle: async (ask) => {
        const installed = await installer.install(requestOf(ask, deps), callerOf(ask))
        return { ...success(installed), status: 201 }
      },
    },
    {
      ...VIEWER,
      path: '/api/v1/hub/installs',
      handle: async () => success({ installs: await installer.installs() }),
    },
    {
      ...EDITOR,
      path: '/api/v1/hub/installs/:name',
      methods: ['DELETE'],
      body: 'none',
      handle: async (ask) => success(await installer.uninstall(ask.segments.get('name') ?? '')),
    },
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
