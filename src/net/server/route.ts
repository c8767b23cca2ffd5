/** The route table: whatever is not in it does not exist. */
import { assert } from '../../base/error.ts'
import type { Route } from './message.ts'

/** A path that is in the table. */
export interface RouteMatch {
  readonly route: Route
  readonly segments: ReadonlyMap<string, string>
}

/** Routes that are made when somebody who may come in asks for one of them. */
export interface LateRoutes {
  /** What their paths begin with. */
  readonly prefixes: readonly string[]
  /** Makes them; asked again where it failed. */
  load(): Promise<readonly Route[]>
}

const NO_SEGMENTS: ReadonlyMap<string, string> = new Map()

interface Pattern {
  readonly parts: readonly string[]
  readonly routes: Route[]
}

/** Finds routes by path and method. */
export class RouteTable {
  readonly #exact = new Map<string, Route[]>()
  readonly #patterns: Pattern[] = []
  /** Those that are not made yet. */
  readonly #late: Set<LateRoutes>
  readonly #loading = new Map<LateRoutes, Promise<void>>()

  constructor(routes: readonly Route[], late: readonly LateRoutes[] = []) {
    for (const route of routes) this.#add(route)
    this.#late = new Set(late)
  }

  /** As `find`, once routes that come late are made. @throws what making them throws */
  async reach(method: string, path: string): Promise<RouteMatch | readonly string[] | undefined> {
    let found = this.find(method, path)
    for (const late of found === undefined ? this.#late : []) {
      if (!late.prefixes.some((prefix) => path.startsWith(prefix))) continue
      await this.#load(late)
      found = this.find(method, path)
      if (found !== undefined) break
    }
    return found
  }

  /** The route; the methods that the path has instead; undefined for a path that is not there. */
  find(method: string, path: string): RouteMatch | readonly string[] | undefined {
    const wanted = method === 'HEAD' ? 'GET' : method
    const exact = this.#exact.get(path)
    if (exact !== undefined) return pick(exact, wanted, NO_SEGMENTS)
    const parts = path.split('/')
    for (const pattern of this.#patterns) {
      const segments = matchParts(pattern.parts, parts)
      if (segments !== undefined) return pick(pattern.routes, wanted, segments)
    }
    return undefined
  }

  #load(late: LateRoutes): Promise<void> {
    const loading = this.#loading.get(late) ?? this.#make(late)
    this.#loading.set(late, loading)
    return loading
  }

  async #make(late: LateRoutes): Promise<void> {
    try {
      for (const route of await late.load()) this.#add(route)
      this.#late.delete(late)
    } finally {
      this.#loading.delete(late)
    }
  }

  #add(route: Route): void {
    const routes = this.#routesAt(route.path)
    for (const method of route.methods) {
      const taken = routes.some((other) => other.methods.includes(method))
      assert(!taken, `${method} ${route.path} to be in the route table once`)
    }
    routes.push(route)
  }

  #routesAt(path: string): Route[] {
    if (!path.includes('/:')) {
      const routes = this.#exact.get(path) ?? []
      this.#exact.set(path, routes)
      return routes
    }
    const known = this.#patterns.find((pattern) => pattern.parts.join('/') === path)
    if (known !== undefined) return known.routes
    const pattern: Pattern = { parts: path.split('/'), routes: [] }
    this.#patterns.push(pattern)
    return pattern.routes
  }
}

function pick(
  routes: readonly Route[],
  method: string,
  segments: ReadonlyMap<string, string>,
): RouteMatch | readonly string[] {
  for (const route of routes) {
    if ((route.methods as readonly string[]).includes(method)) return { route, segments }
  }
  const methods = routes.flatMap((route) => route.methods as readonly string[])
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}

/** The decoded segments; undefined when the path is another one or cannot be decoded. */
function matchParts(
  pattern: readonly string[],
  parts: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const last = pattern[pattern.length - 1]
  const takesRest = last.startsWith(':') && last.endsWith('*')
  if (takesRest ? parts.length < pattern.length : parts.length !== pattern.length) return undefined
  const segments = new Map<string, string>()
  for (let i = 0; i < pattern.length; i++) {
    if (takesRest && i === pattern.length - 1) {
      segments.set(last.slice(1, -1), parts.slice(i).join('/'))
      break
    }
    if (!pattern[i].startsWith(':')) {
      if (pattern[i] !== parts[i]) return undefined
      continue
    }
    const value = decodeSegment(parts[i])
    if (value === undefined) return undefined
    segments.set(pattern[i].slice(1), value)
  }
  return segments
}

function decodeSegment(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined // broken percent-encoding names nothing
  }
}
