/** Kubernetes discovery: its keys, and which of them go together. Checked only. */
import { isCustomHttp, type RawHttp } from './httpshape.ts'
import { filePath, text, truth, url } from './scalars.ts'
import { listOf, type MapPlace, mapOf, type Shape } from './shape.ts'

interface Selector {
  readonly role: string
  readonly label: string
  readonly field: string
}

interface Namespaces {
  readonly own_namespace: boolean
  readonly names: readonly string[]
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

/** The keys besides those of the HTTP client. */
export const KUBERNETES_KEYS: Readonly<Record<string, Shape<unknown>>> = {
  api_server: url,
  role: text,
  kubeconfig_file: filePath,
  namespaces: mapOf<Namespaces, Namespaces>(
    TYPE,
    { own_namespace: truth(false), names: listOf(text) },
    (raw) => raw,
  ),
  selectors: listOf(
    mapOf<Selector, Selector>(TYPE, { role: text, label: text, field: text }, (raw) => raw),
  ),
  attach_metadata: mapOf(TYPE, { node: truth(false), namespace: truth(false) }, (raw) => raw),
}

/** @source Prometheus discovery/kubernetes, SDConfig.UnmarshalYAML */
export function checkKubernetes(raw: Readonly<Record<string, unknown>>, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  const role = String(raw.role)
  if (role === '') {
    refuse('role', 'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)')
    return
  }
  if (!Object.hasOwn(SELECTORS, role)) {
    refuse('role', `unknown Kubernetes SD role "${role}"`)
    return
  }
  checkAccess(raw, place, refuse)
  checkSelectors(role, raw.selectors as readonly Selector[], refuse)
}

type Refuse = (key: string, message: string) => void

function checkAccess(
  raw: Readonly<Record<string, unknown>>,
  place: MapPlace,
  refuse: Refuse,
): void {
  const custom = isCustomHttp(raw as unknown as RawHttp, place)
  const own = (raw.namespaces as Namespaces).own_namespace
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

function checkSelectors(role: string, selectors: readonly Selector[], refuse: Refuse): void {
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
