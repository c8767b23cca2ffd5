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

export const VERSION: Schema = named(
  'Version',
  record({ ...head, action: oneOfTexts('put', 'delete', 'import', 'undo') }),
)

export const TAKEN: Schema = named(
  'Taken',
  record({ name: text, version: whole, targets: whole, repeated: listOf(text) }),
)

const target = named('LabelledTarget', record({ target: text, labels }))

export const DIFF: Schema = named(
  'Diff',
  record({
    ...{ addedCount: whole, removedCount: whole },
    ...{ added: listOf(target), removed: listOf(target) },
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
