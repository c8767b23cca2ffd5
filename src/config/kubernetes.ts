/** Kubernetes discovery: its keys, and which of them go together. */
import type { KubernetesDiscovery, KubernetesRole, KubernetesSelector } from './discovery.ts'
import { buildHttp, checkHttp, HTTP_KEYS, isCustomHttp, type RawHttp } from './httpshape.ts'
import { filePath, text, truth, url } from './scalars.ts'
import { type Keys, listOf, type MapPlace, mapOf, type Shape } from './shape.ts'
import type { UrlParts } from './url.ts'

interface Namespaces {
  readonly own_namespace: boolean
  readonly names: readonly string[]
}

interface Attached {
  readonly node: boolean
  readonly namespace: boolean
}

interface RawKubernetes extends RawHttp {
  readonly api_server: UrlParts | undefined
  readonly role: string
  readonly kubeconfig_file: string
  readonly namespaces: Namespaces
  readonly selectors: readonly KubernetesSelector[]
  readonly attach_metadata: Attached
}

/** Roles, and the roles whose objects a selector may narrow for each. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  endpoints: ['pod', 'service', 'endpoints'],
  node: ['node'],
  ingress: ['ingress'],
}

const TYPE = 'kubernetes.plain'

const KUBERNETES_KEYS: Keys<RawKubernetes> = {
  ...HTTP_KEYS,
  api_server: url,
  role: text,
  kubeconfig_file: filePath,
  namespaces: mapOf<Namespaces, Namespaces>(
    TYPE,
    { own_namespace: truth(false), names: listOf(text) },
    (raw) => raw,
  ),
  selectors: listOf(
    mapOf<KubernetesSelector, KubernetesSelector>(
      TYPE,
      { role: text, label: text, field: text },
      (raw) => raw,
    ),
  ),
  attach_metadata: mapOf<Attached, Attached>(
    TYPE,
    { node: truth(false), namespace: truth(false) },
    (raw) => raw,
  ),
}

/** `kubernetes_sd_configs`, one entry. */
export const kubernetesDiscovery: Shape<KubernetesDiscovery> = mapOf(
  TYPE,
  KUBERNETES_KEYS,
  (raw): KubernetesDiscovery => ({
    role: raw.role as KubernetesRole,
    apiServer: raw.api_server?.text ?? '',
    kubeconfigFile: raw.kubeconfig_file,
    namespaces: raw.namespaces.names,
    ownNamespace: raw.namespaces.own_namespace,
    selectors: raw.selectors,
    attachNode: raw.attach_metadata.node,
    attachNamespace: raw.attach_metadata.namespace,
    http: buildHttp(raw),
  }),
  (raw, place) => {
    checkHttp(raw, place)
    checkKubernetes(raw, place)
  },
)

/** @source Prometheus discovery/kubernetes, SDConfig.UnmarshalYAML */
function checkKubernetes(raw: RawKubernetes, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  const { role } = raw
  if (role === '') {
    refuse('role', 'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)')
    return
  }
  if (!Object.hasOwn(SELECTORS, role)) {
    refuse('role', `unknown Kubernetes SD role "${role}"`)
    return
  }
  checkAccess(raw, place, refuse)
  checkSelectors(role, raw.selectors, refuse)
}

type Refuse = (key: string, message: string) => void

function checkAccess(raw: RawKubernetes, place: MapPlace, refuse: Refuse): void {
  const custom = isCustomHttp(raw, place)
  const own = raw.namespaces.own_namespace
  const file = place.has('kubeconfig_file')
  const server = place.has('api_server')
  if (file && server)
    refuse('api_server', "cannot use 'kubeconfig_file' and 'api_server' simultaneously")
  if (file && custom) {
    refuse(
      'kubeconfig_file',
      "cannot use a custom HTTP client configuration together with 'kubeconfig_file'",
    )
  }
  if (!file && !server && custom) {
    refuse(
      'api_server',
      "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
    )
  }
  if (server && own) {
    refuse('namespaces', "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously")
  }
  if (file && own) {
    refuse(
      'namespaces',
      "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously",
    )
  }
}

function checkSelectors(
  role: string,
  selectors: readonly KubernetesSelector[],
  refuse: Refuse,
): void {
  const allowed = SELECTORS[role]
  const seen = new Set<string>()
  for (const selector of selectors) {
    if (seen.has(selector.role)) refuse('selectors', `duplicated selector role: ${selector.role}`)
    seen.add(selector.role)
    if (!allowed.includes(selector.role)) {
      refuse('selectors', `${role} role supports only ${allowed.join(', ')} selectors`)
    }
    for (const part of selector.field.split(',')) {
      if (part !== '' && !part.includes('=')) {
        refuse('selectors', `invalid selector: '${selector.field}'; can't understand '${part}'`)
      }
    }
  }
}
