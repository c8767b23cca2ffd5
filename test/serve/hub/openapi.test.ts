/** The description of the interface says what the routes are, and what they answer. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { OPERATIONS } from '../../../src/serve/hub/openapi.ts'
import { registryRoutes, sdRoutes } from '../../../src/serve/hub/routes.ts'
import { openWorld } from '../../hub/registry/world.ts'
import { serve } from '../../net/server/support.ts'

const world = await openWorld()
const { registry } = world
const routes = [...registryRoutes(registry), ...sdRoutes({ registry, scheme: () => 'http' })]
const server = await serve({ routes })
after(async () => {
  await server.server.stop()
  await world[Symbol.asyncDispose]()
})

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly items?: Schema
}
interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
interface Described {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

const description: Description = JSON.parse((await server.ask('/api/v1/openapi.json')).text)
const { schemas } = description.components

test('every route is described with its role, and nothing else is', () => {
  const described = OPERATIONS.map(({ method, path, role }) => `${method} ${path} ${role}`)
  const served = routes.flatMap(({ methods, path, role }) =>
    methods.map((method) => `${method.toLowerCase()} ${path} ${role}`),
  )
  assert.deepEqual(described.sort(), served.sort())
  assert.match(description.openapi, /^3\.1\./)
})

test('names of operations are unique, references lead somewhere, places in paths are parameters', () => {
  const all = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.values(operations).map((operation) => ({ path, operation })),
  )
  assert.equal(new Set(all.map(({ operation }) => operation.operationId)).size, all.length)
  for (const { path, operation } of all) {
    const inPath = operation.parameters.filter((each) => each.in === 'path')
    assert.deepEqual(
      inPath.map(({ name }) => `{${name}}`),
      path.match(/\{\w+\}/g) ?? [],
    )
  }
  for (const [, name] of JSON.stringify(description).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(name in schemas, name)
  }
})

test('what is answered has the described shape', async () => {
  const entry = { targets: ['h:1'], labels: { a: 'b' } }
  const service = { nodes: [{ host: 'h', exporters: [{ job: 'node', port: 9100 }] }] }
  const lease = { group: 'g', target: 'h:2', ttl: '30s' }
  const csv = { 'content-type': 'text/csv' }
  for (const [method, path, address, body, headers] of [
    ['put', '/api/v1/sd/groups/{name}', '/api/v1/sd/groups/g', [entry]],
    ['put', '/api/v1/sd/groups/{name}', '/api/v1/sd/groups/g', null],
    ['get', '/api/v1/sd/groups', '/api/v1/sd/groups'],
    ['get', '/api/v1/sd/groups', '/api/v1/sd/groups?limit=x'],
    ['get', '/api/v1/sd/groups/{name}', '/api/v1/sd/groups/g'],
    ['get', '/api/v1/sd/groups/{name}', '/api/v1/sd/groups/none'],
    ['get', '/api/v1/sd/groups/{name}/history', '/api/v1/sd/groups/g/history'],
    ['get', '/api/v1/sd/groups/{name}/history', '/api/v1/sd/groups/g/history?version=1'],
    ['post', '/api/v1/sd/groups/{name}/undo', '/api/v1/sd/groups/g/undo', { version: 1 }],
    ['put', '/api/v1/sd/services/{name}', '/api/v1/sd/services/s', service],
    ['get', '/api/v1/sd/services', '/api/v1/sd/services'],
    ['get', '/api/v1/sd/services/{name}', '/api/v1/sd/services/s'],
    ['post', '/api/v1/sd/import', '/api/v1/sd/import', 'group,target\nx,h:3\n', csv],
    ['put', '/api/v1/sd/leases/{key}', '/api/v1/sd/leases/k', lease],
    ['get', '/api/v1/sd/leases', '/api/v1/sd/leases'],
    ['get', '/sd/http', '/sd/http'],
    ['get', '/sd/http/{job}', '/sd/http/node'],
    ['get', '/api/v1/sd/consumers', '/api/v1/sd/consumers'],
    ['delete', '/api/v1/sd/groups/{name}', '/api/v1/sd/groups/g'],
    ['delete', '/api/v1/sd/leases/{key}', '/api/v1/sd/leases/none'],
  ] as const satisfies readonly (readonly [string, string, string, unknown?, object?])[]) {
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await server.ask(address, {
      method: method.toUpperCase(),
      ...(body === undefined ? {} : { body: sent }),
      ...(headers === undefined ? {} : { headers }),
    })
    const response = description.paths[path][method].responses[answer.status]
    assert.ok(response !== undefined, `${method} ${address}: ${answer.status} is not described`)
    const schema = response.content?.['application/json']?.schema
    if (schema === undefined) assert.equal(answer.text, '', address)
    else assert.deepEqual(misfits(schema, JSON.parse(answer.text), '$'), [], address)
  }
})

/** What does not fit, with its place; objects have no fields that are not described. */
function misfits(schema: Schema, value: unknown, at: string): string[] {
  if (schema.$ref !== undefined) return misfits(schemas[schema.$ref.slice(21)], value, at)
  if (schema.oneOf !== undefined) {
    const all = schema.oneOf.map((choice) => misfits(choice, value, at))
    return all.find((faults) => faults.length === 0) ?? all[0]
  }
  if (schema.const !== undefined) return value === schema.const ? [] : [`${at}: ${value}`]
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at}: ${value}`]
  switch (schema.type) {
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no list`]
      return value.flatMap((each, i) => misfits(schema.items ?? {}, each, `${at}[${i}]`))
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is not whole`]
    case 'object': {
      if (typeof value !== 'object' || value === null) return [`${at} is no object`]
      const missing = (schema.required ?? []).filter((name) => !(name in value))
      return [
        ...missing.map((name) => `${at}.${name} is missing`),
        ...Object.entries(value).flatMap(([name, each]) => {
          const own = schema.properties?.[name] ?? schema.additionalProperties
          return own === undefined
            ? [`${at}.${name} is not described`]
            : misfits(own, each, `${at}.${name}`)
        }),
      ]
    }
    default:
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`]
  }
}
