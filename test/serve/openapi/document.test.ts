/** Routes come to a description that generators of clients can read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRoutes, descriptionRoute } from '../../../src/serve/openapi/document.ts'
import { answering, change, question } from '../../../src/serve/openapi/operation.ts'
import {
  inEnvelope,
  listOf,
  named,
  record,
  text,
  truth,
  whole,
} from '../../../src/serve/openapi/schema.ts'
import { serve } from '../../net/server/support.ts'
import type { Description } from '../../support/described.ts'

const thing = named('Thing', record({ name: text, parts: listOf(named('Part', record({}))) }))
const nothing = () => ({ status: 204, type: '', body: '' })
const ROUTES = [
  question(
    '/api/v1/things/:name',
    {
      summary: 'Gives a thing',
      query: { deep: { means: 'with its parts', schema: truth, isRequired: true } },
      headers: { 'if-none-match': 'what is known' },
      answer: { schema: inEnvelope(thing), headers: { etag: 'its version' } },
      failures: [304, 404],
    },
    nothing,
  ),
  change(
    'PUT',
    '/api/v1/things/:name',
    'editor',
    {
      summary: 'Makes a thing',
      body: { 'application/json': thing, 'text/csv': text },
      answer: { schema: inEnvelope(thing), status: 201 },
      failures: [422],
    },
    nothing,
  ),
  change('DELETE', '/api/v1/things/:name', 'admin', { summary: 'x', failures: [] }, nothing),
  question('/plain', { summary: 'x', answer: { schema: whole }, failures: [503] }, nothing),
]

function describe(): Description {
  return JSON.parse(JSON.stringify(describeRoutes('things', ROUTES)))
}

test('a route is its path, its method and all that it takes and answers', () => {
  const { paths, components, openapi } = describe()
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(Object.keys(paths), ['/api/v1/things/{name}', '/plain'])
  const { get, put, delete: remove } = paths['/api/v1/things/{name}']
  assert.deepEqual(
    [get, put, remove].map(({ operationId }) => operationId),
    ['getApiV1ThingsName', 'putApiV1ThingsName', 'deleteApiV1ThingsName'],
  )
  assert.deepEqual(get.parameters, [
    { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
    {
      ...{ name: 'deep', in: 'query', description: 'with its parts', required: true },
      schema: { type: 'boolean' },
    },
    {
      ...{ name: 'if-none-match', in: 'header', description: 'what is known' },
      schema: { type: 'string' },
    },
  ])
  assert.deepEqual(Object.keys(get.responses), ['200', '304', '404', 'default'])
  assert.deepEqual(Object.keys(put.responses), ['201', '422', 'default'])
  assert.deepEqual(Object.keys(remove.responses), ['204', 'default'])
  assert.deepEqual(Object.keys(components.schemas).sort(), ['Failure', 'Part', 'Problem', 'Thing'])
})

test('schemas with a name stand once, and every reference leads to one', () => {
  const description = describe()
  const written = JSON.stringify(description)
  const references = [...written.matchAll(/"#\/components\/schemas\/(\w+)"/g)]
  assert.ok(references.length > 5)
  for (const [, name] of references) assert.ok(name in description.components.schemas, name)
  const other = question('/x', answering(named('Thing', whole), 'x'), nothing)
  assert.throws(() => describeRoutes('things', [...ROUTES, other]), /one schema with the name/)
})

test('refusals have an envelope below /api/ and are a line elsewhere', () => {
  const { paths } = describe()
  const types = [paths['/api/v1/things/{name}'].get, paths['/plain'].get].map(({ responses }) =>
    Object.keys(responses.default.content ?? {}),
  )
  assert.deepEqual(types, [['application/json'], ['text/plain']])
})

test('a body is taken where one is described', () => {
  assert.deepEqual(
    ROUTES.map(({ body }) => body),
    ['none', 'bytes', 'none', 'none'],
  )
})

test('the description is served beside the routes, and describes itself', async () => {
  await using server = await serve({ routes: [...ROUTES, descriptionRoute('things', ROUTES)] })
  const { paths }: Description = JSON.parse((await server.ask('/api/v1/openapi.json')).text)
  assert.ok('/api/v1/openapi.json' in paths)
  assert.ok('/plain' in paths)
})
