/** Targets of nodes, pods, services and ingresses with all labels of Prometheus. */
import type { Labels } from '../../../model/labels.ts'
import { joinHostPort, MetaLabels, sanitizeName } from '../metalabels.ts'
import type { Container, Ingress, KubeObject, Node, Pod, Service } from './objects.ts'

/** Finds objects beside the one that targets are made of, and notes that they matter. */
export interface Lookup {
  pod(namespace: string, name: string): Pod | undefined
  service(namespace: string, name: string): Service | undefined
  /** Undefined also when labels of nodes are not wanted. */
  node(name: string): Node | undefined
  /** Undefined also when labels of namespaces are not wanted. */
  namespace(name: string): KubeObject | undefined
}

/** An empty set under the prefix of Kubernetes. */
export function kubeLabels(): MetaLabels {
  return new MetaLabels('__meta_kubernetes_')
}

/** Name, labels and annotations of an object. */
export function setMeta(labels: MetaLabels, role: string, object: KubeObject): MetaLabels {
  return setMarks(labels.set(`${role}_name`, object.name), role, object)
}

function setMarks(labels: MetaLabels, role: string, object: KubeObject): MetaLabels {
  return labels
    .setEachPresent(`${role}_label_`, `${role}_labelpresent_`, object.labels)
    .setEachPresent(`${role}_annotation_`, `${role}_annotationpresent_`, object.annotations)
}

/** The namespace of an object and, when wanted, its labels. */
export function setNamespace(labels: MetaLabels, name: string, look: Lookup): MetaLabels {
  labels.set('namespace', name)
  const namespace = look.namespace(name)
  return namespace === undefined ? labels : setMarks(labels, 'namespace', namespace)
}

/** Labels of the node that something runs on, when wanted. */
export function setNode(labels: MetaLabels, name: string, look: Lookup): MetaLabels {
  const node = name === '' ? undefined : look.node(name)
  return node === undefined ? labels : setMeta(labels, 'node', node)
}

const ADDRESS_TYPES = [
  'InternalIP',
  'InternalDNS',
  'ExternalIP',
  'ExternalDNS',
  'LegacyHostIP',
  'Hostname',
]

export function nodeTargets(node: Node): Labels[] {
  const byType = new Map<string, string>()
  for (let i = 0; i < node.addresses.length; i += 2) {
    const type = node.addresses[i]
    if (!byType.has(type)) byType.set(type, node.addresses[i + 1])
  }
  const type = ADDRESS_TYPES.find((one) => byType.has(one))
  if (type === undefined) return []
  const labels = setMeta(kubeLabels(), 'node', node).set('node_provider_id', node.providerId)
  for (const [kind, address] of byType) labels.set(`node_address_${sanitizeName(kind)}`, address)
  const address = joinHostPort(byType.get(type) ?? '', node.kubeletPort)
  return [labels.targetNamed(address, node.name)]
}

/** What is said of a pod, whichever way it was found. */
export function setPod(labels: MetaLabels, pod: Pod): MetaLabels {
  return setMeta(labels, 'pod', pod)
    .set('pod_ip', pod.ip)
    .set('pod_ready', pod.ready)
    .set('pod_phase', pod.phase)
    .set('pod_node_name', pod.nodeName)
    .set('pod_host_ip', pod.hostIp)
    .set('pod_uid', pod.uid)
    .set('pod_controller_kind', pod.controllerKind)
    .set('pod_controller_name', pod.controllerName)
}

export function setContainer(labels: MetaLabels, container: Container): MetaLabels {
  return labels
    .set('pod_container_name', container.name)
    .set('pod_container_image', container.image)
    .set('pod_container_init', String(container.isInit))
}

export function podTargets(pod: Pod, look: Lookup): Labels[] {
  if (pod.ip === '') return []
  const shared = setNamespace(setPod(kubeLabels(), pod), pod.namespace, look)
  setNode(shared, pod.nodeName, look)
  return pod.containers.flatMap((container) => {
    const labels = setContainer(shared.copy(), container).set('pod_container_id', container.id)
    if (container.ports.length === 0) return [labels.target(pod.ip)]
    return container.ports.map((port) =>
      labels
        .copy()
        .set('pod_container_port_name', port.name)
        .set('pod_container_port_number', String(port.number))
        .set('pod_container_port_protocol', port.protocol)
        .target(joinHostPort(pod.ip, port.number)),
    )
  })
}

export function serviceTargets(service: Service, look: Lookup): Labels[] {
  const shared = setNamespace(setMeta(kubeLabels(), 'service', service), service.namespace, look)
  shared.set('service_type', service.type)
  if (service.type === 'ExternalName') shared.set('service_external_name', service.externalName)
  else shared.set('service_cluster_ip', service.clusterIp)
  if (service.type === 'LoadBalancer') shared.set('service_loadbalancer_ip', service.loadBalancerIp)
  return service.ports.map((port) =>
    shared
      .copy()
      .set('service_port_name', port.name)
      .set('service_port_number', String(port.number))
      .set('service_port_protocol', port.protocol)
      .target(`${service.name}.${service.namespace}.svc:${port.number}`),
  )
}

export function ingressTargets(ingress: Ingress, look: Lookup): Labels[] {
  const shared = setNamespace(setMeta(kubeLabels(), 'ingress', ingress), ingress.namespace, look)
  shared.set('ingress_class_name', ingress.className)
  return ingress.rules.flatMap(({ host, paths }) => {
    const secure = ingress.tlsHosts.some((pattern) => matchesHost(pattern, host))
    return (paths.length === 0 ? ['/'] : paths).map((path) =>
      shared
        .copy()
        .set('ingress_scheme', secure ? 'https' : 'http')
        .set('ingress_host', host)
        .set('ingress_path', path === '' ? '/' : path)
        .target(host),
    )
  })
}

/** Whether a host is the pattern, or matches its leading `*`, which stands for one part. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true
  if (!pattern.startsWith('*.')) return false
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}
