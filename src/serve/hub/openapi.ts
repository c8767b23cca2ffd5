/** GET /api/v1/openapi.json: the HTTP interface of the registry, for those who generate clients. */
import { VERSION } from '../../base/version.ts'
import type { Role } from '../../model/role.ts'
import type { Reply } from '../../net/server/message.ts'

/** One request that may be made. */
export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** As routes write it: `/a/:name`. */
  readonly path: string
  readonly role: Role
  readonly summary: string
  /** Parameters of the query, with what they mean. */
  readonly query?: Readonly<Record<string, string>>
  /** Schema of the body by media type. */
  readonly body?: Readonly<Record<string, object>>
  /** Schema of the answer with 200; absent where there is none (204). */
  readonly answer?: object
  readonly answerType?: string
  /** Statuses besides, of those in FAILURES. */
  readonly failures: readonly (keyof typeof FAILURES)[]
}

const FAILURES = {
  304: 'The client has it already.',
  400: 'The request cannot be understood.',
  404: 'There is no such thing.',
  409: 'Somebody else was quicker: it is another version than the one in If-Match.',
  422: 'It is not taken; every problem is told.',
  503: 'The database is away; what consumers have stays true.',
} as const

const text = { type: 'string' }
const whole = { type: 'integer' }
const time = { type: 'string', format: 'date-time' }
const labels = { type: 'object', additionalProperties: text }
const listOf = (items: object): object => ({ type: 'array', items })
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
const record = (properties: Readonly<Record<string, object>>, optional: string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})
const success = (data: object): object => record({ status: { const: 'success' }, data })

const head = { name: text, version: whole, targets: whole, changed: time, by: text }

const SCHEMAS: Readonly<Record<string, object>> = {
  Entry: record({ targets: listOf(text), labels }, ['labels']),
  Document: listOf(ref('Entry')),
  Service: record(
    {
      labels,
      nodes: listOf(
        record({ host: text, labels, exporters: listOf(record({ job: text, port: whole })) }, [
          'labels',
        ]),
      ),
    },
    ['labels'],
  ),
  Head: record(head),
  Version: record({ ...head, action: { enum: ['put', 'delete', 'import', 'undo'] } }),
  Taken: record({ name: text, version: whole, targets: whole, repeated: listOf(text) }),
  LabelledTarget: record({ target: text, labels }),
  Diff: record({
    addedCount: whole,
    removedCount: whole,
    added: listOf(ref('LabelledTarget')),
    removed: listOf(ref('LabelledTarget')),
  }),
  NewLease: record({ group: text, target: text, labels, ttl: text }, ['labels']),
  Lease: record({
    ...{ key: text, group: text, target: text, labels },
    ...{ ttlSeconds: { type: 'number' }, expires: time, by: text },
  }),
  Consumer: record({
    ...{ name: text, address: text, path: text, agent: text },
    ...{ intervalSeconds: { type: 'number' }, polls: whole, status: whole, targets: whole },
    ...{ etag: text, lastSeen: time, isLate: { type: 'boolean' } },
  }),
  Problem: record({ index: whole, field: text, reason: text }),
  Failure: record(
    {
      status: { const: 'error' },
      errorType: text,
      error: text,
      problems: listOf(ref('Problem')),
    },
    ['problems'],
  ),
}

/** Of the registry and of discovery, in the order of the routes. */
export const OPERATIONS: readonly Operation[] = [
  ...documentOperations('group', ref('Document')),
  ...documentOperations('service', ref('Service')),
  {
    ...{ method: 'post', path: '/api/v1/sd/import', role: 'editor' },
    summary: 'Takes a file of groups: all of them or none',
    body: {
      'application/json': { type: 'object', additionalProperties: ref('Document') },
      'application/yaml': text,
      'text/csv': text,
    },
    answer: success(record({ groups: listOf(ref('Taken')) })),
    failures: [400, 422, 503],
  },
  {
    ...{ method: 'get', path: '/api/v1/sd/leases', role: 'viewer' },
    summary: 'Lists the targets that registered themselves',
    answer: success(record({ leases: listOf(ref('Lease')) })),
    failures: [503],
  },
  {
    ...{ method: 'put', path: '/api/v1/sd/leases/:key', role: 'editor' },
    summary: 'Registers a target, or says that it is still there',
    body: { 'application/json': ref('NewLease') },
    answer: success(ref('Lease')),
    failures: [422, 503],
  },
  {
    ...{ method: 'delete', path: '/api/v1/sd/leases/:key', role: 'editor' },
    summary: 'Takes a registered target away',
    failures: [404, 503],
  },
  ...['/sd/http', '/sd/http/:job'].map(
    (path): Operation => ({
      ...{ method: 'get', path, role: 'viewer' },
      summary: 'Lists targets for who scrapes; every parameter is a label and one of its values',
      answer: ref('Document'),
      failures: [304, 400, 503],
    }),
  ),
  {
    ...{ method: 'get', path: '/api/v1/sd/consumers', role: 'viewer' },
    summary: 'Lists who asks for targets',
    answer: success(record({ consumers: listOf(ref('Consumer')) })),
    failures: [503],
  },
  {
    ...{ method: 'get', path: '/api/v1/sd/scrape-config', role: 'viewer' },
    summary: 'Writes the configuration of a consumer; further parameters are filters',
    query: { for: 'prometheus, vmagent or narthex', job: 'the list of one job' },
    ...{ answer: text, answerType: 'text/yaml' },
    failures: [400],
  },
  {
    ...{ method: 'get', path: '/api/v1/openapi.json', role: 'viewer' },
    summary: 'This description',
    answer: { type: 'object' },
    failures: [],
  },
]

/** The description of a version is always the same. */
export function handleOpenApi(): Reply {
  return { status: 200, type: 'application/json', body: DESCRIPTION }
}

function documentOperations(kind: 'group' | 'service', schema: object): Operation[] {
  const list = `/api/v1/sd/${kind}s`
  const one = `${list}/:name`
  const json = (body: object): Readonly<Record<string, object>> => ({ 'application/json': body })
  return [
    {
      ...{ method: 'get', path: list, role: 'viewer', summary: `Lists ${kind}s by name` },
      query: { search: 'in names, targets and labels', limit: 'at most 1000', offset: 'from 0' },
      answer: success(record({ total: whole, [`${kind}s`]: listOf(ref('Head')) })),
      failures: [400, 503],
    },
    {
      ...{
        method: 'get',
        path: one,
        role: 'viewer',
        summary: `Gives back a ${kind} as it was put`,
      },
      answer: schema,
      failures: [404, 503],
    },
    {
      ...{ method: 'put', path: one, role: 'editor', summary: `Makes or replaces a ${kind}` },
      body: json(schema),
      answer: success(ref('Taken')),
      failures: [400, 409, 422, 503],
    },
    {
      ...{ method: 'delete', path: one, role: 'editor', summary: `Deletes a ${kind}` },
      failures: [404, 503],
    },
    {
      ...{ method: 'get', path: `${one}/history`, role: 'viewer' },
      summary: `Lists the versions of a ${kind}, or with one of them what it changed`,
      query: { version: 'the version to compare with the one before' },
      answer: {
        oneOf: [
          success(record({ name: text, versions: listOf(ref('Version')) })),
          success(ref('Diff')),
        ],
      },
      failures: [400, 404, 503],
    },
    {
      ...{ method: 'post', path: `${one}/undo`, role: 'editor' },
      summary: `Makes a ${kind} what it was at a version`,
      body: json(record({ version: whole })),
      answer: success(ref('Taken')),
      failures: [400, 404, 503],
    },
  ]
}

const DESCRIPTION = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'narthex hub', version: VERSION },
  paths: pathsOf(OPERATIONS),
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      password: { type: 'http', scheme: 'basic' },
    },
  },
  security: [{}, { token: [] }, { password: [] }],
})

function pathsOf(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method] = describe(operation)
  }
  return paths
}

function describe(operation: Operation): object {
  const { method, path, role, summary, query = {}, body, answer, answerType } = operation
  const { failures } = operation
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: text },
  }))
  const inQuery = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: 'query', description, schema: text },
  }))
  const failed = failures.map((status) => {
    const isPlain = status === 304 || path.startsWith('/sd/')
    const content = { 'application/json': { schema: ref('Failure') } }
    return [status, { description: FAILURES[status], ...(isPlain ? {} : { content }) }]
  })
  const done =
    answer === undefined
      ? [[204, { description: 'Done.' }]]
      : [
          [
            200,
            {
              description: 'The answer.',
              content: { [answerType ?? 'application/json']: { schema: answer } },
            },
          ],
        ]
  return {
    operationId: `${method}${path.replaceAll(/[^a-zA-Z]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: `${summary} (${role})`,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: Object.fromEntries([...done, ...failed]),
  }
}

function bodyOf(body: Readonly<Record<string, object>>): object {
  const content = Object.entries(body).map(([type, schema]) => [type, { schema }])
  return { required: true, content: Object.fromEntries(content) }
}
