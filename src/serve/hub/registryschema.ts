/** How targets, what they are kept in, and those who ask for them look in bodies and answers. */
import {
  listOf,
  mapOf,
  named,
  number,
  oneOfTexts,
  optional,
  record,
  type Schema,
  text,
  time,
  truth,
  whole,
} from '../openapi/schema.ts'

const labels = mapOf(text)

const entry = named('Entry', optional(record({ targets: listOf(text) }), { labels }))

/** What consumers get, and what a group is. */
export const DOCUMENT: Schema = named('Document', listOf(entry))

const node = optional(
  record({ host: text, exporters: listOf(record({ job: text, port: whole })) }),
  { labels },
)

export const SERVICE: Schema = named(
  'Service',
  optional(record({ nodes: listOf(node) }), { labels }),
)

const head = { name: text, version: whole, targets: whole, changed: time, by: text }

export const HEAD: Schema = named('Head', record(head))

const ACTION = oneOfTexts('put', 'delete', 'import', 'undo', 'relabel')

export const KIND: Schema = oneOfTexts('group', 'service')

export const VERSION: Schema = named(
  'Version',
  record({ ...head, action: ACTION, revision: whole }),
)

export const TAKEN: Schema = named(
  'Taken',
  record({ name: text, version: whole, targets: whole, repeated: listOf(text) }),
)

const target = named('LabelledTarget', record({ target: text, labels }))

const diff = {
  ...{ addedCount: whole, removedCount: whole },
  ...{ added: listOf(target), removed: listOf(target) },
}

export const DIFF: Schema = named('Diff', record(diff))

const planned = record({
  ...{ kind: KIND, name: text, action: oneOfTexts('add', 'change', 'delete', 'keep') },
  ...{ version: whole, targets: whole, repeated: listOf(text), ...diff },
})

/** What a change of several documents would do. */
export const PLAN: Schema = named(
  'Plan',
  record({ tag: text, documents: listOf(named('PlannedDocument', planned)) }),
)

const key = record({ kind: KIND, name: text })

export const BULK_EDIT: Schema = named('BulkEdit', {
  oneOf: [
    record({ action: { const: 'delete' }, documents: listOf(key) }),
    optional(record({ action: { const: 'relabel' }, documents: listOf(key) }), {
      ...{ set: labels, remove: listOf(text) },
    }),
    record({ action: { const: 'undo' }, revision: whole }),
  ],
})

const leaseEvent = record({
  ...{ key: text, action: oneOfTexts('hold', 'change', 'release', 'expire') },
  ...{ group: text, target: text, labels, at: time, by: text },
})

export const CHANGE: Schema = named(
  'Change',
  record({
    ...{ revision: whole, at: time, by: text, count: whole },
    documents: listOf(record({ ...head, kind: KIND, action: ACTION })),
    leases: listOf(named('LeaseEvent', leaseEvent)),
  }),
)

export const NEW_LEASE: Schema = named(
  'NewLease',
  optional(record({ group: text, target: text, ttl: text }), { labels }),
)

export const LEASE: Schema = named(
  'Lease',
  record({
    ...{ key: text, group: text, target: text, labels },
    ...{ ttlSeconds: number, expires: time, by: text },
  }),
)

export const CONSUMER: Schema = named(
  'Consumer',
  record({
    ...{ name: text, address: text, path: text, agent: text },
    ...{ intervalSeconds: number, polls: whole, status: whole, targets: whole },
    ...{ etag: text, lastSeen: time, isLate: truth },
  }),
)
