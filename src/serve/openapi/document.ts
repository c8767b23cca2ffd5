/** GET /api/v1/openapi.json: the HTTP interface, written from its routes for those who generate clients. */
import { assert } from '../../base/error.ts'
import { VERSION } from '../../base/version.ts'
import {
  answering,
  type DescribedRoute,
  FAILURES,
  type Operation,
  type Parameter,
  question,
} from './operation.ts'
import { FAILURE, type Schema, text } from './schema.ts'

const JSON_TYPE = 'application/json'

/** The route under which routes are described, and itself. */
export function descriptionRoute(title: string, routes: readonly DescribedRoute[]): DescribedRoute {
  const own = question(
    '/api/v1/openapi.json',
    answering({ type: 'object' }, 'Describes this interface'),
    () => ({ status: 200, type: JSON_TYPE, body }),
  )
  const body = JSON.stringify(describeRoutes(title, [...routes, own]))
  return own
}

/** The document, in OpenAPI 3.1. */
export function describeRoutes(title: string, routes: readonly DescribedRoute[]): object {
  const schemas = new Components()
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)\*?/g, '{$1}')
    paths[path] ??= {}
    for (const method of route.methods) {
      paths[path][method.toLowerCase()] = describeOperation(route, method.toLowerCase(), schemas)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title, version: VERSION },
    paths,
    components: {
      schemas: schemas.all,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: { type: 'http', scheme: 'basic' },
      },
    },
    security: [{}, { token: [] }, { password: [] }],
  }
}

/** Named schemas, each once. */
class Components {
  readonly all: Record<string, object> = {}
  readonly #seen = new Map<string, string>()

  /** The schema with references in the place of all that have a name. */
  refer(schema: Schema): object {
    const { title, items, oneOf, properties, additionalProperties, ...rest } = schema
    const inner = {
      ...rest,
      ...(items && { items: this.refer(items) }),
      ...(oneOf && { oneOf: oneOf.map((each) => this.refer(each)) }),
      ...(properties && { properties: this.#referAll(properties) }),
      ...(additionalProperties && { additionalProperties: this.refer(additionalProperties) }),
    }
    if (title === undefined) return inner
    const written = JSON.stringify(inner)
    const known = this.#seen.get(title)
    assert(known === undefined || known === written, `one schema with the name ${title}`)
    this.#seen.set(title, written)
    this.all[title] = inner
    return { $ref: `#/components/schemas/${title}` }
  }

  #referAll(properties: Readonly<Record<string, Schema>>): object {
    const pairs = Object.entries(properties).map(([name, schema]) => [name, this.refer(schema)])
    return Object.fromEntries(pairs)
  }
}

function describeOperation(route: DescribedRoute, method: string, schemas: Components): object {
  const { path, role, operation } = route
  return {
    operationId: idOf(method, path),
    summary: operation.summary,
    description: `Needs the role ${role}.`,
    parameters: parametersOf(path, operation, schemas),
    ...(operation.body && {
      requestBody: { required: true, content: contentOf(operation.body, schemas) },
    }),
    responses: { ...answerOf(operation, schemas), ...failuresOf(path, operation, schemas) },
  }
}

function contentOf(byType: Readonly<Record<string, Schema>>, schemas: Components): object {
  const pairs = Object.entries(byType).map(([type, schema]) => [
    type,
    { schema: schemas.refer(schema) },
  ])
  return Object.fromEntries(pairs)
}

/** `putApiV1SdGroupsName` */
function idOf(method: string, path: string): string {
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  return method + words.map((word) => word[0].toUpperCase() + word.slice(1)).join('')
}

function parametersOf(path: string, operation: Operation, schemas: Components): object[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: text },
  }))
  const inQuery = Object.entries(operation.query ?? {}).map(([name, parameter]) =>
    queryParameter(name, parameter, schemas),
  )
  const inHeaders = Object.entries(operation.headers ?? {}).map(([name, description]) => ({
    ...{ name, in: 'header', description, schema: text },
  }))
  if (operation.anyQuery !== undefined) {
    inQuery.push({
      ...{ name: 'others', in: 'query', description: operation.anyQuery, style: 'form' },
      ...{ explode: true, schema: { type: 'object', additionalProperties: text } },
    })
  }
  return [...inPath, ...inQuery, ...inHeaders]
}

function queryParameter(name: string, parameter: Parameter, schemas: Components): object {
  const { means, schema, isRequired } =
    typeof parameter === 'string' ? { means: parameter } : parameter
  return {
    ...{ name, in: 'query', description: means, schema: schemas.refer(schema ?? text) },
    ...(isRequired && { required: true }),
  }
}

function answerOf({ answer }: Operation, schemas: Components): object {
  if (answer === undefined) return { 204: { description: 'Done.' } }
  const { schema, type = JSON_TYPE, others = {}, status = 200, headers = {} } = answer
  const told = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: text },
  ])
  return {
    [status]: {
      description: 'The answer.',
      ...(told.length > 0 && { headers: Object.fromEntries(told) }),
      content: contentOf({ [type]: schema, ...others }, schemas),
    },
  }
}

/** Refusals have an envelope below /api/, and are a line of text elsewhere. */
function failuresOf(path: string, { failures }: Operation, schemas: Components): object {
  const content = path.startsWith('/api/')
    ? { [JSON_TYPE]: { schema: schemas.refer(FAILURE) } }
    : { 'text/plain': { schema: text } }
  const told = failures.map((status) => {
    const description = FAILURES[status]
    return [status, status === 304 ? { description } : { description, content }]
  })
  const others = { description: 'Refused: who asks is not known, or asks for too much.', content }
  return { ...Object.fromEntries(told), default: others }
}
