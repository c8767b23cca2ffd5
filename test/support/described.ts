/** A server whose every answer is held against what its routes say of themselves. */
import assert from 'node:assert/strict'
import type { Ask, Route } from '../../src/net/server/message.ts'
import { describeRoutes } from '../../src/serve/openapi/document.ts'
import type { DescribedRoute } from '../../src/serve/openapi/operation.ts'
import { type Answer, type Given, type How, serve, type TestServer } from '../net/server/support.ts'
import { misfits, type WrittenSchema, type WrittenSchemas } from './schema.ts'

/** A description as it is written. */
export interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
  readonly components: { readonly schemas: WrittenSchemas }
}

export interface DescribedOperation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: object
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, { readonly schema: WrittenSchema }>> }
    >
  >
}

export interface DescribedServer extends AsyncDisposable {
  readonly server: TestServer
  readonly description: Description
  /** Asks as TestServer does. @throws AssertionError for an answer that is not described */
  ask(method: string, address: string, how?: Omit<How, 'method'>): Promise<Answer>
  /** Operations that nobody has had an answer of: `get /sd/http`. */
  unasked(): string[]
}

/** Serves routes, all of which have to be described. */
export async function serveDescribed(
  routes: readonly DescribedRoute[],
  given: Omit<Given, 'routes'> = {},
): Promise<DescribedServer> {
  const description = JSON.parse(JSON.stringify(describeRoutes('test', routes))) as Description
  const answered = new Set<string>()
  const reached: { route: DescribedRoute; params: Set<string> }[] = []
  const watched = routes.map(
    (route): Route => ({
      ...route,
      handle: (ask) => {
        const params = new Set<string>()
        reached.push({ route, params })
        return route.handle(watch(ask, params))
      },
    }),
  )
  const server = await serve({ ...given, routes: watched })
  return {
    server,
    description,
    async ask(method, address, how = {}) {
      const answer = await server.ask(address, { ...how, method })
      const { route, params } = reached.pop() ?? assert.fail(`${address} reached no route`)
      const path = route.path.replaceAll(/:(\w+)\*?/g, '{$1}')
      const operation = description.paths[path][method.toLowerCase()]
      assert.deepEqual(faultsOf(operation, answer, params, description), [], `${method} ${address}`)
      if (answer.status < 300) answered.add(`${method.toLowerCase()} ${route.path}`)
      return answer
    },
    unasked: () =>
      routes
        .flatMap(({ methods, path }) => methods.map((method) => `${method.toLowerCase()} ${path}`))
        .filter((name) => !answered.has(name)),
    [Symbol.asyncDispose]: () => server.server.stop(),
  }
}

/** The request, noting by their names which parameters of the query are looked at. */
function watch(ask: Ask, names: Set<string>): Ask {
  const params = noting(ask.params, (member, [name]) => {
    if (['get', 'getAll', 'has'].includes(member)) names.add(String(name))
  })
  return new Proxy(
    noting(ask, () => {}),
    {
      get: (target, member) => (member === 'params' ? params : Reflect.get(target, member)),
    },
  )
}

/** The object, telling of each call of a method. */
function noting<T extends object>(
  object: T,
  note: (member: string, args: readonly unknown[]) => void,
): T {
  return new Proxy(object, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member)
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]) => {
        note(String(member), args)
        return value.apply(target, args)
      }
    },
  })
}

function faultsOf(
  { parameters, responses }: DescribedOperation,
  { status, text, headers }: Answer,
  params: ReadonlySet<string>,
  { components }: Description,
): string[] {
  const told = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name))
  const stray = [...params].filter((name) => !told.has(name))
  const faults = stray.map((name) => `the parameter ${name} is not described`)
  const response = responses[status]
  if (response === undefined)
    return [...faults, `${status} is not described: ${text.slice(0, 200)}`]
  if (response.content === undefined) return text === '' ? faults : [...faults, 'it has a body']
  const type = (headers['content-type'] ?? '').split(';')[0]
  const schema = response.content[type]?.schema
  if (schema === undefined) return [...faults, `${status} is of type ${type}`]
  const value: unknown = type === 'application/json' ? JSON.parse(text) : text
  return [...faults, ...misfits(schema, value, components.schemas)]
}
