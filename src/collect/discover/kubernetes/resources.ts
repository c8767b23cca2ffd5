/** The kinds of objects that are watched: where they are, and what is kept of each. */
import type { KubernetesRole } from '../../../config/discovery.ts'
import type { JsonRecord } from '../json.ts'
import {
  type KubeObject,
  reduceEndpoints,
  reduceIngress,
  reduceNamespace,
  reduceNode,
  reducePod,
  reduceService,
  reduceSlice,
} from './objects.ts'

export type Kind = KubernetesRole | 'namespace'

export interface Resource {
  /** Path of the API group. */
  readonly group: string
  readonly plural: string
  readonly isNamespaced: boolean
  readonly reduce: (object: JsonRecord) => KubeObject
}

const CORE = '/api/v1'

export const RESOURCES: Readonly<Record<Kind, Resource>> = {
  node: { group: CORE, plural: 'nodes', isNamespaced: false, reduce: reduceNode },
  namespace: { group: CORE, plural: 'namespaces', isNamespaced: false, reduce: reduceNamespace },
  pod: { group: CORE, plural: 'pods', isNamespaced: true, reduce: reducePod },
  service: { group: CORE, plural: 'services', isNamespaced: true, reduce: reduceService },
  endpoints: { group: CORE, plural: 'endpoints', isNamespaced: true, reduce: reduceEndpoints },
  endpointslice: {
    group: '/apis/discovery.k8s.io/v1',
    plural: 'endpointslices',
    isNamespaced: true,
    reduce: reduceSlice,
  },
  ingress: {
    group: '/apis/networking.k8s.io/v1',
    plural: 'ingresses',
    isNamespaced: true,
    reduce: reduceIngress,
  },
}

/** What else a role looks at. */
export const COMPANIONS: Readonly<Record<KubernetesRole, readonly Kind[]>> = {
  node: [],
  pod: [],
  service: [],
  ingress: [],
  endpoints: ['service', 'pod'],
  endpointslice: ['service', 'pod'],
}

/** The path of all objects of a kind in a namespace; '' for all namespaces. */
export function resourcePath(kind: Kind, namespace: string): string {
  const { group, plural, isNamespaced } = RESOURCES[kind]
  const within =
    isNamespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${group}${within}/${plural}`
}

/** What an object is found by. */
export function objectKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
