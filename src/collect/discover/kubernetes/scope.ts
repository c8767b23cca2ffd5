/** The objects of one namespace (or of all) and the targets made of them, kept up to date piecewise. */
import type { KubernetesRole } from '../../../config/discovery.ts'
import type { Labels } from '../../../model/labels.ts'
import { endpointsTargets, sliceTargets } from './endpoints.ts'
import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  KubeObject,
  Node,
  Pod,
  Service,
} from './objects.ts'
import type { Reflector } from './reflector.ts'
import { type Kind, objectKey } from './resources.ts'
import { ingressTargets, type Lookup, nodeTargets, podTargets, serviceTargets } from './roles.ts'

/** Targets of one object, and what else was looked at for them. */
interface Made {
  readonly targets: readonly Labels[]
  readonly uses: ReadonlySet<string>
}

export class Scope {
  readonly namespace: string
  /** That of the role first. */
  readonly reflectors: readonly Reflector[]
  readonly #clusterWide: readonly Reflector[]
  readonly #made = new Map<string, Made>()
  /** Keys of objects of the role by what they look at. */
  readonly #users = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()

  constructor(
    namespace: string,
    reflectors: readonly Reflector[],
    clusterWide: readonly Reflector[],
  ) {
    this.namespace = namespace
    this.reflectors = reflectors
    this.#clusterWide = clusterWide
  }

  /** Whether everything that targets are made of has been there. */
  get isComplete(): boolean {
    return [...this.reflectors, ...this.#clusterWide].every((one) => one.synced)
  }

  /** Notes that an object is not what it was. */
  touch(kind: Kind, key: string): void {
    if (kind === this.reflectors[0].kind) this.#stale.add(key)
    for (const user of this.#users.get(`${kind} ${key}`) ?? []) this.#stale.add(user)
  }

  /** All targets; only what changed is made anew. */
  targets(role: KubernetesRole): Labels[] {
    const { objects } = this.reflectors[0]
    for (const key of this.#stale) {
      this.#forget(key)
      const object = objects.get(key)
      if (object !== undefined) this.#make(key, role, object)
    }
    this.#stale.clear()
    return [...this.#made.values()].flatMap((made) => made.targets)
  }

  #forget(key: string): void {
    const made = this.#made.get(key)
    if (made === undefined) return
    this.#made.delete(key)
    for (const used of made.uses) {
      const users = this.#users.get(used)
      users?.delete(key)
      if (users?.size === 0) this.#users.delete(used)
    }
  }

  #make(key: string, role: KubernetesRole, object: KubeObject): void {
    const uses = new Set<string>()
    const targets = makeTargets(role, object, this.#lookup(uses))
    this.#made.set(key, { targets, uses })
    for (const used of uses) {
      const users = this.#users.get(used)
      if (users === undefined) this.#users.set(used, new Set([key]))
      else users.add(key)
    }
  }

  #lookup(uses: Set<string>): Lookup {
    const find = (kind: Kind, key: string): KubeObject | undefined => {
      const reflectors = [...this.reflectors.slice(1), ...this.#clusterWide]
      const reflector = reflectors.find((one) => one.kind === kind)
      if (reflector === undefined) return undefined
      uses.add(`${kind} ${key}`)
      return reflector.objects.get(key)
    }
    return {
      pod: (namespace, name) => find('pod', objectKey(namespace, name)) as Pod | undefined,
      service: (namespace, name) =>
        find('service', objectKey(namespace, name)) as Service | undefined,
      node: (name) => find('node', name) as Node | undefined,
      namespace: (name) => find('namespace', name),
    }
  }
}

function makeTargets(role: KubernetesRole, object: KubeObject, look: Lookup): readonly Labels[] {
  switch (role) {
    case 'node':
      return nodeTargets(object as Node)
    case 'pod':
      return podTargets(object as Pod, look)
    case 'service':
      return serviceTargets(object as Service, look)
    case 'ingress':
      return ingressTargets(object as Ingress, look)
    case 'endpoints':
      return endpointsTargets(object as Endpoints, look)
    case 'endpointslice':
      return sliceTargets(object as EndpointSlice, look)
  }
}
