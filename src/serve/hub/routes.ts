/** The addresses of the registry and of service discovery, and who may use them. */
import type { DocumentKind, Registry } from '../../model/registry.ts'
import {
  answering,
  change,
  type DescribedRoute,
  KNOWN_TAG,
  question,
  TAG,
} from '../openapi/operation.ts'
import { inEnvelope, listOf, oneOfTexts, record, text, whole } from '../openapi/schema.ts'
import { batchRoutes } from './batchroutes.ts'
import {
  handleDocument,
  handleHistory,
  handleHold,
  handleLeases,
  handleList,
  handlePut,
  handleRelease,
  handleRemove,
  handleUndo,
  PAGE_MAX,
} from './registry.ts'
import {
  CONSUMER,
  DIFF,
  DOCUMENT,
  HEAD,
  LEASE,
  NEW_LEASE,
  SERVICE,
  TAKEN,
  VERSION,
} from './registryschema.ts'
import { handleConsumers, handleScrapeConfig, handleTargetList, REFRESH_HEADER } from './sd.ts'

const LEASES = '/api/v1/sd/leases'

export interface SdDeps {
  readonly registry: Registry
  /** Of our own addresses: http or https. */
  scheme(): string
}

/** Groups, services, leases and what became of them. */
export function registryRoutes(registry: Registry): DescribedRoute[] {
  return [
    ...documentRoutes('group', registry),
    ...documentRoutes('service', registry),
    ...batchRoutes(registry),
    question(
      LEASES,
      answering(
        inEnvelope(record({ leases: listOf(LEASE) })),
        'Lists the targets that registered themselves',
        [503],
      ),
      () => handleLeases(registry),
    ),
    {
      ...change(
        'PUT',
        `${LEASES}/:key`,
        'editor',
        {
          summary: 'Registers a target, or says that it is still there',
          body: { 'application/json': NEW_LEASE },
          answer: { schema: inEnvelope(LEASE) },
          failures: [422, 503],
        },
        (ask) => handleHold(ask, registry),
      ),
      // The registry notes itself what begins and ends.
      isHeartbeat: true,
    },
    change(
      'DELETE',
      `${LEASES}/:key`,
      'editor',
      { summary: 'Takes a registered target away', failures: [404, 503] },
      (ask) => handleRelease(ask, registry),
    ),
  ]
}

/** What consumers ask for, and what is known of them. */
export function sdRoutes({ registry, scheme }: SdDeps): DescribedRoute[] {
  return [
    ...['/sd/http', '/sd/http/:job'].map((path) =>
      question(
        path,
        {
          summary: 'Lists targets for who scrapes',
          anyQuery: 'labels, each with one of its values',
          headers: { ...KNOWN_TAG, [REFRESH_HEADER]: 'seconds until the consumer asks again' },
          answer: { schema: DOCUMENT, headers: TAG },
          failures: [304, 400, 503],
        },
        (ask) => handleTargetList(ask, registry),
      ),
    ),
    question(
      '/api/v1/sd/consumers',
      answering(
        inEnvelope(record({ consumers: listOf(CONSUMER) })),
        'Lists who asks for targets',
        [503],
      ),
      () => handleConsumers(registry),
    ),
    question(
      '/api/v1/sd/scrape-config',
      {
        summary: 'Writes the configuration of a consumer',
        query: {
          for: { means: 'who reads it', schema: oneOfTexts('prometheus', 'vmagent', 'narthex') },
          job: 'the list of one job',
        },
        anyQuery: 'labels, each with one of its values',
        answer: { schema: text, type: 'text/yaml' },
        failures: [400],
      },
      (ask) => handleScrapeConfig(ask, scheme()),
    ),
  ]
}

function documentRoutes(kind: DocumentKind, registry: Registry): DescribedRoute[] {
  const list = `/api/v1/sd/${kind}s`
  const one = `${list}/:name`
  const schema = kind === 'group' ? DOCUMENT : SERVICE
  return [
    question(
      list,
      {
        summary: `Lists ${kind}s by name`,
        query: {
          search: 'in names, targets and labels',
          limit: { means: `at most ${PAGE_MAX}`, schema: whole },
          offset: { means: 'from 0', schema: whole },
        },
        answer: { schema: inEnvelope(record({ total: whole, [`${kind}s`]: listOf(HEAD) })) },
        failures: [400, 503],
      },
      (ask) => handleList(kind, ask, registry),
    ),
    question(
      one,
      {
        summary: `Gives back a ${kind} as it was put`,
        answer: { schema, headers: { etag: 'its version' } },
        failures: [404, 503],
      },
      (ask) => handleDocument(kind, ask, registry),
    ),
    change(
      'PUT',
      one,
      'editor',
      {
        summary: `Makes or replaces a ${kind}`,
        headers: {
          'if-match': 'ETag of the version that was seen: no other one is replaced',
          'if-none-match': '*: none is replaced',
        },
        body: { 'application/json': schema },
        answer: { schema: inEnvelope(TAKEN) },
        failures: [400, 409, 422, 503],
      },
      (ask) => handlePut(kind, ask, registry),
    ),
    change('DELETE', one, 'editor', { summary: `Deletes a ${kind}`, failures: [404, 503] }, (ask) =>
      handleRemove(kind, ask, registry),
    ),
    question(
      `${one}/history`,
      {
        summary: `Lists the versions of a ${kind}, or tells what one of them changed`,
        query: { version: { means: 'compared with the one before', schema: whole } },
        answer: {
          schema: inEnvelope({
            oneOf: [record({ name: text, versions: listOf(VERSION) }), DIFF],
          }),
        },
        failures: [400, 404, 503],
      },
      (ask) => handleHistory(kind, ask, registry),
    ),
    change(
      'POST',
      `${one}/undo`,
      'editor',
      {
        summary: `Makes a ${kind} what it was at a version`,
        body: { 'application/json': record({ version: whole }) },
        answer: { schema: inEnvelope(TAKEN) },
        failures: [400, 404, 503],
      },
      (ask) => handleUndo(kind, ask, registry),
    ),
  ]
}
