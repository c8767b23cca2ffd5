/** Targets of Endpoints and EndpointSlices, with what is known of their services and pods. */
import type { Labels } from '../../../model/labels.ts'
import { joinHostPort, type MetaLabels } from '../metalabels.ts'
import type { EndpointSlice, Endpoints, Pod, Reference, SliceEndpoint } from './objects.ts'
import {
  kubeLabels,
  type Lookup,
  setContainer,
  setMeta,
  setNamespace,
  setNode,
  setPod,
} from './roles.ts'

/** The label of an EndpointSlice that names its service. */
const SERVICE_LABEL = 'kubernetes.io/service-name'

/** A pod that endpoints lead to, and the ports by which they do. */
interface SeenPod {
  readonly pod: Pod
  readonly ports: Set<number>
}

/** Puts together the targets of one object; ports of its pods that it does not name follow last. */
class Assembly {
  readonly targets: Labels[] = []
  readonly #shared: MetaLabels
  readonly #look: Lookup
  readonly #seen = new Map<string, SeenPod>()

  constructor(shared: MetaLabels, look: Lookup) {
    this.#shared = shared
    this.#look = look
  }

  /** A set that begins with what the targets share. */
  begin(): MetaLabels {
    return this.#shared.copy()
  }

  add(
    labels: MetaLabels,
    address: string,
    port: number | undefined,
    target: Reference | undefined,
  ): void {
    const pod = target?.kind === 'Pod' ? this.#look.pod(target.namespace, target.name) : undefined
    if (pod !== undefined) {
      setPod(labels, pod)
      this.#setPort(labels, pod, port)
    }
    this.targets.push(labels.target(port === undefined ? address : joinHostPort(address, port)))
  }

  /** The ports of the pods that no endpoint has named. */
  finish(): Labels[] {
    for (const { pod, ports } of this.#seen.values()) {
      if (pod.ip === '') continue
      for (const container of pod.containers) {
        for (const { name, number, protocol } of container.ports) {
          if (ports.has(number)) continue
          const labels = setContainer(setPod(this.begin(), pod), container)
            .set('pod_container_port_name', name)
            .set('pod_container_port_number', String(number))
            .set('pod_container_port_protocol', protocol)
          this.targets.push(labels.target(joinHostPort(pod.ip, number)))
        }
      }
    }
    return this.targets
  }

  /** Names the container that listens on the port. */
  #setPort(labels: MetaLabels, pod: Pod, port: number | undefined): void {
    const key = `${pod.namespace}/${pod.name}`
    const seen = this.#seen.get(key) ?? { pod, ports: new Set<number>() }
    this.#seen.set(key, seen)
    if (port === undefined) return
    seen.ports.add(port)
    for (const container of pod.containers) {
      const found = container.ports.find(({ number }) => number === port)
      if (found === undefined) continue
      setContainer(labels, container)
        .set('pod_container_port_name', found.name)
        .set('pod_container_port_number', String(port))
        .set('pod_container_port_protocol', found.protocol)
    }
  }
}

function setService(labels: MetaLabels, namespace: string, name: string, look: Lookup): void {
  const service = name === '' ? undefined : look.service(namespace, name)
  if (service !== undefined) setMeta(labels, 'service', service)
}

export function endpointsTargets(endpoints: Endpoints, look: Lookup): Labels[] {
  const { namespace, name } = endpoints
  const shared = setNamespace(setMeta(kubeLabels(), 'endpoints', endpoints), namespace, look)
  setService(shared, namespace, name, look)
  const assembly = new Assembly(shared, look)
  for (const { ports, addresses } of endpoints.subsets) {
    for (const port of ports) {
      for (const address of addresses) {
        const { target, nodeName } = address
        const labels = assembly
          .begin()
          .set('endpoint_port_name', port.name)
          .set('endpoint_port_protocol', port.protocol)
          .set('endpoint_ready', String(address.isReady))
          .set('endpoint_address_target_kind', target?.kind ?? '')
          .set('endpoint_address_target_name', target?.name ?? '')
          .set('endpoint_node_name', nodeName)
          .set('endpoint_hostname', address.hostname)
        setNode(labels, target?.kind === 'Node' ? target.name : nodeName, look)
        assembly.add(labels, address.ip, port.number, target)
      }
    }
  }
  return assembly.finish()
}

export function sliceTargets(slice: EndpointSlice, look: Lookup): Labels[] {
  const { namespace } = slice
  const shared = setNamespace(setMeta(kubeLabels(), 'endpointslice', slice), namespace, look)
  shared.set('endpointslice_address_type', slice.addressType)
  const at = slice.labels.findIndex((text, i) => i % 2 === 0 && text === SERVICE_LABEL)
  if (at >= 0) setService(shared, namespace, slice.labels[at + 1], look)
  const assembly = new Assembly(shared, look)
  for (const endpoint of slice.endpoints) {
    for (const port of slice.ports) {
      const number = port.number === undefined ? '' : String(port.number)
      for (const address of endpoint.addresses) {
        const labels = setEndpoint(assembly.begin(), endpoint)
          .set('endpointslice_port_name', port.name)
          .set('endpointslice_port_protocol', port.protocol)
          .set('endpointslice_port', number)
          .set('endpointslice_port_app_protocol', port.appProtocol)
        const { target, nodeName } = endpoint
        setNode(labels, target?.kind === 'Node' ? target.name : nodeName, look)
        assembly.add(labels, address, port.number, target)
      }
    }
  }
  return assembly.finish()
}

function setEndpoint(labels: MetaLabels, endpoint: SliceEndpoint): MetaLabels {
  return labels
    .set('endpointslice_endpoint_conditions_ready', endpoint.ready)
    .set('endpointslice_endpoint_conditions_serving', endpoint.serving)
    .set('endpointslice_endpoint_conditions_terminating', endpoint.terminating)
    .set('endpointslice_endpoint_hostname', endpoint.hostname)
    .set('endpointslice_endpoint_node_name', endpoint.nodeName)
    .set('endpointslice_endpoint_zone', endpoint.zone)
    .set('endpointslice_address_target_kind', endpoint.target?.kind ?? '')
    .set('endpointslice_address_target_name', endpoint.target?.name ?? '')
    .setEachPresent(
      'endpointslice_endpoint_topology_',
      'endpointslice_endpoint_topology_present_',
      endpoint.topology,
    )
}
