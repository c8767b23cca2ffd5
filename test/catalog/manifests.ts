/** What must hold in the manifests of one file, as Kubernetes and the Prometheus operator take them. */

/** One document; a part of its fields. */
export interface Manifest {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly labels?: Labels }
  readonly spec?: Spec
}

/** Fields of the specs of all kinds. */
interface Spec {
  /** Of a Service plain labels, of others `matchLabels`. */
  readonly selector?: Selector
  readonly template?: {
    readonly metadata?: { readonly labels?: Labels }
    readonly spec?: PodSpec
  }
  readonly serviceName?: string
  readonly volumeClaimTemplates?: readonly { readonly metadata?: { readonly name?: string } }[]
  readonly ports?: readonly Port[]
  readonly endpoints?: readonly Endpoint[]
  readonly podMetricsEndpoints?: readonly Endpoint[]
}

interface Selector {
  readonly matchLabels?: Labels
  readonly [label: string]: string | Labels | undefined
}

interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly {
    readonly name?: string
    readonly configMap?: { readonly name?: string }
  }[]
}

interface Endpoint {
  readonly port?: string
}

type Labels = Readonly<Record<string, string>>

interface Port {
  readonly name?: string
  readonly port?: number
  readonly containerPort?: number
  readonly targetPort?: string | number
}

interface Container {
  readonly name?: string
  readonly image?: string
  readonly ports?: readonly Port[]
  readonly volumeMounts?: readonly { readonly name?: string }[]
}

const OPERATOR = 'monitoring.coreos.com/v1'

/** The version in which each kind is had. */
const VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Namespace: 'v1',
  Secret: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  PodMonitor: OPERATOR,
  ServiceMonitor: OPERATOR,
  RabbitmqCluster: 'rabbitmq.com/v1beta1',
}

const WORKLOADS = new Set(['DaemonSet', 'Deployment', 'StatefulSet'])

function makesPods({ kind = '' }: Manifest): boolean {
  return WORKLOADS.has(kind)
}

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** Everything that is wrong with them, together: what one names another has. */
export function problemsOfManifests(all: readonly Manifest[], port: number): readonly string[] {
  const problems = all.flatMap((each) => {
    const { kind = '', metadata } = each
    return problemsOf(each, all).map((problem) => `${kind} ${metadata?.name}: ${problem}`)
  })
  // What an operator makes of one resource has ports that stand nowhere here.
  const isByOperator = !all.some(makesPods) && !all.some(({ kind }) => kind === 'Service')
  const isNamed = new RegExp(`\\b${port}\\b`).test(JSON.stringify(all))
  if (!isByOperator && !isNamed) problems.push(`no port is ${port}`)
  return problems
}

function problemsOf(manifest: Manifest, all: readonly Manifest[]): readonly string[] {
  const { kind = '', apiVersion, metadata, spec } = manifest
  const problems: string[] = []
  if (VERSIONS[kind] === undefined) return ['a kind that nobody here knows']
  if (apiVersion !== VERSIONS[kind]) {
    problems.push(`apiVersion ${apiVersion}, wanted ${VERSIONS[kind]}`)
  }
  if (!NAME.test(metadata?.name ?? '')) problems.push('its name is none')
  if (makesPods(manifest)) problems.push(...problemsOfWorkload(kind, spec, all))
  if (kind === 'Service') problems.push(...problemsOfService(spec, all))
  if (kind === 'ServiceMonitor') problems.push(...problemsOfServiceMonitor(spec, all))
  if (kind === 'PodMonitor') problems.push(...problemsOfPodMonitor(spec, all))
  if (kind === 'PodDisruptionBudget') problems.push(...problemsOfSelector(spec, all))
  return problems
}

function problemsOfWorkload(
  kind: string,
  spec: Spec = {},
  all: readonly Manifest[],
): readonly string[] {
  const problems: string[] = []
  if (!has(spec.template?.metadata?.labels, spec.selector?.matchLabels)) {
    problems.push('its selector does not match the labels of its pods')
  }
  if (containersOf(spec).length === 0) problems.push('it has no container')
  for (const { name, image } of containersOf(spec)) {
    if (!NAME.test(name ?? '')) problems.push(`a container is called ${name}`)
    if (!/^[\w./-]+:[\w.-]+$/.test(image ?? '')) problems.push(`image ${image} has no version`)
  }
  const isHeadless = (each: Manifest): boolean =>
    each.kind === 'Service' && each.metadata?.name === spec.serviceName
  if (kind === 'StatefulSet' && !all.some(isHeadless)) problems.push('its Service is not there')
  return [...problems, ...problemsOfVolumes(spec, all)]
}

function problemsOfVolumes(spec: Spec, all: readonly Manifest[]): readonly string[] {
  const problems: string[] = []
  const { volumes = [], initContainers = [] } = spec.template?.spec ?? {}
  const maps = all.filter((each) => each.kind === 'ConfigMap').map((each) => each.metadata?.name)
  for (const { configMap, name } of volumes) {
    if (configMap !== undefined && !maps.includes(configMap.name)) {
      problems.push(`no ConfigMap ${configMap.name} for its volume ${name}`)
    }
  }
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name)
  const known = new Set([...volumes.map(({ name }) => name), ...claims])
  for (const { volumeMounts = [] } of [...containersOf(spec), ...initContainers]) {
    for (const { name } of volumeMounts) if (!known.has(name)) problems.push(`no volume ${name}`)
  }
  return problems
}

function problemsOfService(spec: Spec = {}, all: readonly Manifest[]): readonly string[] {
  const { ports = [] } = spec
  if (ports.length === 0) return ['it has no port']
  if (!all.some(makesPods)) return []
  const pods = podsWith(spec.selector, all)
  if (pods.length === 0) return ['no pod has its labels']
  const open = pods.flatMap(portsOf)
  return ports.flatMap(({ name, port, targetPort = port }) => {
    const isOpen = open.some((each) => [each.name, each.containerPort].includes(targetPort))
    return isOpen ? [] : [`port ${name} leads to ${targetPort}, which no container has`]
  })
}

function problemsOfServiceMonitor(spec: Spec = {}, all: readonly Manifest[]): readonly string[] {
  const services = all.filter(({ kind, metadata }) => {
    return kind === 'Service' && has(metadata?.labels, spec.selector?.matchLabels)
  })
  if (services.length === 0) return ['no Service has its labels']
  const ports = services.flatMap((each) => each.spec?.ports ?? [])
  return problemsOfEndpoints(spec.endpoints, ports, 'Service has')
}

function problemsOfPodMonitor(spec: Spec = {}, all: readonly Manifest[]): readonly string[] {
  const pods = podsWith(spec.selector?.matchLabels, all)
  if (pods.length === 0) return problemsOfSelector(spec, all)
  return problemsOfEndpoints(spec.podMetricsEndpoints, pods.flatMap(portsOf), 'pods have')
}

function problemsOfEndpoints(
  endpoints: readonly Endpoint[] = [],
  ports: readonly Port[],
  owner: string,
): readonly string[] {
  if (endpoints.length === 0) return ['it has no endpoint']
  const names = ports.map(({ name }) => name)
  return endpoints.flatMap(({ port }) =>
    names.includes(port) ? [] : [`its ${owner} no port ${port}`],
  )
}

/** Whether the pods that a selector means are made here, when any are. */
function problemsOfSelector(spec: Spec = {}, all: readonly Manifest[]): readonly string[] {
  if (!all.some(makesPods) || podsWith(spec.selector?.matchLabels, all).length > 0) return []
  return ['no pod has its labels']
}

/** Specs of the workloads whose pods have these labels. */
function podsWith(
  labels: Labels | Selector | undefined,
  all: readonly Manifest[],
): readonly Spec[] {
  return all.flatMap((each) => {
    const { spec = {} } = each
    return makesPods(each) && has(spec.template?.metadata?.labels, labels) ? [spec] : []
  })
}

function containersOf(spec: Spec): readonly Container[] {
  return spec.template?.spec?.containers ?? []
}

function portsOf(spec: Spec): readonly Port[] {
  return containersOf(spec).flatMap(({ ports = [] }) => ports)
}

/** Whether there are wanted labels, and all of them are among `labels`. */
function has(labels: Labels = {}, wanted: Labels | Selector = {}): boolean {
  const pairs = Object.entries(wanted)
  return pairs.length > 0 && pairs.every(([name, value]) => labels[name] === value)
}
