/** The addresses where several documents are changed at once, and where that is told. */
import type { Registry } from '../../model/registry.ts'
import { change, type DescribedRoute, question } from '../openapi/operation.ts'
import {
  inEnvelope,
  listOf,
  mapOf,
  oneOfTexts,
  record,
  text,
  truth,
  whole,
} from '../openapi/schema.ts'
import { CHANGES_MAX, handleBulk, handleChanges, handleExport, handleImport } from './batch.ts'
import { BULK_EDIT, CHANGE, DOCUMENT, KIND, PLAN, SERVICE, TAKEN } from './registryschema.ts'

const OF_KIND = { means: 'of which documents; groups where absent', schema: KIND }
const DRY_RUN = { means: 'tells what would be done, and does nothing', schema: truth }
const IF_MATCH = { 'if-match': 'ETag of a dry run: refused where documents were changed since' }

/** Documents by name. */
const FILE = mapOf({ oneOf: [DOCUMENT, SERVICE] })

/** Changes of several documents at once, files of them, and what was changed. */
export function batchRoutes(registry: Registry): DescribedRoute[] {
  return [
    change(
      'POST',
      '/api/v1/sd/import',
      'editor',
      {
        summary: 'Takes a file of documents by name: all of them or none',
        query: {
          ...{ kind: OF_KIND, dry_run: DRY_RUN },
          whole: { means: 'documents that are not in the file go', schema: truth },
        },
        headers: IF_MATCH,
        body: { 'application/json': FILE, 'application/yaml': text, 'text/csv': text },
        answer: {
          schema: inEnvelope({
            oneOf: [record({ groups: listOf(TAKEN) }), record({ services: listOf(TAKEN) }), PLAN],
          }),
        },
        failures: [400, 409, 422, 503],
      },
      (ask) => handleImport(ask, registry),
    ),
    question(
      '/api/v1/sd/export',
      {
        summary: 'Writes a file that an import takes',
        query: {
          kind: OF_KIND,
          format: { means: 'json where absent', schema: oneOfTexts('json', 'yaml', 'csv') },
        },
        answer: { schema: FILE, others: { 'application/yaml': text, 'text/csv': text } },
        failures: [400, 503],
      },
      (ask) => handleExport(ask, registry),
    ),
    change(
      'POST',
      '/api/v1/sd/bulk',
      'editor',
      {
        summary: 'Deletes or relabels documents, or undoes a change, as one change',
        query: { dry_run: DRY_RUN },
        headers: IF_MATCH,
        body: { 'application/json': BULK_EDIT },
        answer: {
          schema: inEnvelope({ oneOf: [record({ documents: listOf(TAKEN) }), PLAN] }),
        },
        failures: [400, 404, 409, 422, 503],
      },
      (ask) => handleBulk(ask, registry),
    ),
    question(
      '/api/v1/sd/changes',
      {
        summary: 'Lists changes of documents, and the coming and going of leases, newest first',
        query: {
          before: { means: 'only older ones than this revision', schema: whole },
          limit: { means: `at most ${CHANGES_MAX}`, schema: whole },
          search: 'in names, targets of leases, and who did it',
        },
        answer: { schema: inEnvelope(record({ changes: listOf(CHANGE) })) },
        failures: [400, 503],
      },
      (ask) => handleChanges(ask, registry),
    ),
  ]
}
