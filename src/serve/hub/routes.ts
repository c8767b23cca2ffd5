/** The addresses of the registry and of service discovery, and who may use them. */

import type { DocumentKind, Registry } from '../../model/registry.ts'
import type { Role } from '../../model/role.ts'
import type { Ask, BodyKind, Reply, Route } from '../../net/server/message.ts'
import { handleOpenApi } from './openapi.ts'
import {
  handleDocument,
  handleHistory,
  handleHold,
  handleImport,
  handleLeases,
  handleList,
  handlePut,
  handleRelease,
  handleRemove,
  handleUndo,
} from './registry.ts'
import { handleConsumers, handleScrapeConfig, handleTargetList } from './sd.ts'

export interface SdDeps {
  readonly registry: Registry
  /** Of our own addresses: http or https. */
  scheme(): string
}

/** Groups, services, leases and what became of them. */
export function registryRoutes(registry: Registry): Route[] {
  return [
    ...documentRoutes('group', registry),
    ...documentRoutes('service', registry),
    change('POST', '/api/v1/sd/import', 'bytes', (ask) => handleImport(ask, registry)),
    get('/api/v1/sd/leases', () => handleLeases(registry)),
    change('PUT', '/api/v1/sd/leases/:key', 'bytes', (ask) => handleHold(ask, registry)),
    change('DELETE', '/api/v1/sd/leases/:key', 'none', (ask) => handleRelease(ask, registry)),
  ]
}

/** What consumers ask for, and what is known of them. */
export function sdRoutes({ registry, scheme }: SdDeps): Route[] {
  return [
    get('/sd/http', (ask) => handleTargetList(ask, registry)),
    get('/sd/http/:job', (ask) => handleTargetList(ask, registry)),
    get('/api/v1/sd/consumers', () => handleConsumers(registry)),
    get('/api/v1/sd/scrape-config', (ask) => handleScrapeConfig(ask, scheme())),
    get('/api/v1/openapi.json', handleOpenApi),
  ]
}

function documentRoutes(kind: DocumentKind, registry: Registry): Route[] {
  const list = `/api/v1/sd/${kind}s`
  const one = `${list}/:name`
  return [
    get(list, (ask) => handleList(kind, ask, registry)),
    get(one, (ask) => handleDocument(kind, ask, registry)),
    change('PUT', one, 'bytes', (ask) => handlePut(kind, ask, registry)),
    change('DELETE', one, 'none', (ask) => handleRemove(kind, ask, registry)),
    get(`${one}/history`, (ask) => handleHistory(kind, ask, registry)),
    change('POST', `${one}/undo`, 'bytes', (ask) => handleUndo(kind, ask, registry)),
  ]
}

type Handle = (ask: Ask) => Reply | Promise<Reply>

function get(path: string, handle: Handle): Route {
  return routeOf(path, 'GET', 'none', 'viewer', handle)
}

function change(
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  body: BodyKind,
  handle: Handle,
): Route {
  return routeOf(path, method, body, 'editor', handle)
}

function routeOf(
  path: string,
  method: Route['methods'][number],
  body: BodyKind,
  role: Role,
  handle: Handle,
): Route {
  return { path, methods: [method], body, role, changes: method !== 'GET', handle }
}
