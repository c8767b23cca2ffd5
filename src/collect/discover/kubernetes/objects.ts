/** Objects of the Kubernetes API, reduced to what labels need. */
import { type JsonRecord, listAt, numberAt, pairsAt, recordAt, textAt, toRecord } from '../json.ts'

/** What every object has. */
export interface KubeObject {
  readonly namespace: string
  readonly name: string
  /** Changes whenever the object changes; opaque. */
  readonly version: string
  /** Names and values, one after the other. */
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
}

export interface ContainerPort {
  readonly name: string
  readonly number: number
  readonly protocol: string
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly id: string
  readonly isInit: boolean
  readonly ports: readonly ContainerPort[]
}

export interface Pod extends KubeObject {
  readonly uid: string
  readonly ip: string
  readonly hostIp: string
  readonly nodeName: string
  readonly phase: string
  /** `true`, `false` or `unknown` */
  readonly ready: string
  readonly controllerKind: string
  readonly controllerName: string
  /** Those that run, then those that run before. */
  readonly containers: readonly Container[]
}

export interface Node extends KubeObject {
  readonly providerId: string
  /** Types and addresses, one after the other. */
  readonly addresses: readonly string[]
  readonly kubeletPort: number
}

export interface Service extends KubeObject {
  readonly type: string
  readonly clusterIp: string
  readonly externalName: string
  readonly loadBalancerIp: string
  readonly ports: readonly ContainerPort[]
}

/** What an address leads to. */
export interface Reference {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname: string
  readonly nodeName: string
  readonly target: Reference | undefined
  readonly isReady: boolean
}

export interface EndpointSubset {
  readonly ports: readonly ContainerPort[]
  /** Ready ones first. */
  readonly addresses: readonly EndpointAddress[]
}

export interface Endpoints extends KubeObject {
  readonly subsets: readonly EndpointSubset[]
}

export interface SlicePort {
  readonly name: string
  readonly number: number | undefined
  readonly protocol: string
  readonly appProtocol: string
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  /** `true`, `false`, or '' when it is not said. */
  readonly ready: string
  readonly serving: string
  readonly terminating: string
  readonly hostname: string
  readonly nodeName: string
  readonly zone: string
  readonly target: Reference | undefined
  readonly topology: readonly string[]
}

export interface EndpointSlice extends KubeObject {
  readonly addressType: string
  readonly ports: readonly SlicePort[]
  readonly endpoints: readonly SliceEndpoint[]
}

export interface IngressRule {
  readonly host: string
  readonly paths: readonly string[]
}

export interface Ingress extends KubeObject {
  readonly className: string
  readonly tlsHosts: readonly string[]
  readonly rules: readonly IngressRule[]
}

function reduceMeta(object: JsonRecord): KubeObject {
  const meta = recordAt(object, 'metadata')
  return {
    namespace: textAt(meta, 'namespace'),
    name: textAt(meta, 'name'),
    version: textAt(meta, 'resourceVersion'),
    labels: pairsAt(meta, 'labels'),
    annotations: pairsAt(meta, 'annotations'),
  }
}

export function reducePod(object: JsonRecord): Pod {
  const meta = recordAt(object, 'metadata')
  const spec = recordAt(object, 'spec')
  const status = recordAt(object, 'status')
  const controller = listAt(meta, 'ownerReferences')
    .map(toRecord)
    .find((owner) => owner.controller === true)
  const condition = listAt(status, 'conditions')
    .map(toRecord)
    .find((one) => one.type === 'Ready')
  return {
    ...reduceMeta(object),
    uid: textAt(meta, 'uid'),
    ip: textAt(status, 'podIP'),
    hostIp: textAt(status, 'hostIP'),
    nodeName: textAt(spec, 'nodeName'),
    phase: textAt(status, 'phase'),
    ready: condition === undefined ? 'unknown' : textAt(condition, 'status').toLowerCase(),
    controllerKind: controller === undefined ? '' : textAt(controller, 'kind'),
    controllerName: controller === undefined ? '' : textAt(controller, 'name'),
    containers: [
      ...reduceContainers(spec, status, 'containers', 'containerStatuses', false),
      ...reduceContainers(spec, status, 'initContainers', 'initContainerStatuses', true),
    ],
  }
}

function reduceContainers(
  spec: JsonRecord,
  status: JsonRecord,
  key: string,
  statusKey: string,
  isInit: boolean,
): Container[] {
  const ids = new Map<string, string>()
  for (const one of listAt(status, statusKey).map(toRecord)) {
    ids.set(textAt(one, 'name'), textAt(one, 'containerID'))
  }
  return listAt(spec, key)
    .map(toRecord)
    .map((container) => {
      const name = textAt(container, 'name')
      const image = textAt(container, 'image')
      const ports = listAt(container, 'ports').map((port) => reducePort(port, 'containerPort'))
      return { name, image, id: ids.get(name) ?? '', isInit, ports }
    })
}

function reducePort(value: unknown, key: string): ContainerPort {
  const port = toRecord(value)
  return {
    name: textAt(port, 'name'),
    number: numberAt(port, key) ?? 0,
    protocol: textAt(port, 'protocol'),
  }
}

export function reduceNode(object: JsonRecord): Node {
  const status = recordAt(object, 'status')
  const kubelet = recordAt(recordAt(status, 'daemonEndpoints'), 'kubeletEndpoint')
  return {
    ...reduceMeta(object),
    providerId: textAt(recordAt(object, 'spec'), 'providerID'),
    addresses: listAt(status, 'addresses')
      .map(toRecord)
      .flatMap((one) => [textAt(one, 'type'), textAt(one, 'address')]),
    kubeletPort: numberAt(kubelet, 'Port') ?? 0,
  }
}

export function reduceService(object: JsonRecord): Service {
  const spec = recordAt(object, 'spec')
  return {
    ...reduceMeta(object),
    type: textAt(spec, 'type'),
    clusterIp: textAt(spec, 'clusterIP'),
    externalName: textAt(spec, 'externalName'),
    loadBalancerIp: textAt(spec, 'loadBalancerIP'),
    ports: listAt(spec, 'ports').map((port) => reducePort(port, 'port')),
  }
}

export function reduceEndpoints(object: JsonRecord): Endpoints {
  const subsets = listAt(object, 'subsets')
    .map(toRecord)
    .map((subset) => ({
      ports: listAt(subset, 'ports').map((port) => reducePort(port, 'port')),
      addresses: [
        ...listAt(subset, 'addresses').map((one) => reduceAddress(one, true)),
        ...listAt(subset, 'notReadyAddresses').map((one) => reduceAddress(one, false)),
      ],
    }))
  return { ...reduceMeta(object), subsets }
}

function reduceAddress(value: unknown, isReady: boolean): EndpointAddress {
  const address = toRecord(value)
  return {
    ip: textAt(address, 'ip'),
    hostname: textAt(address, 'hostname'),
    nodeName: textAt(address, 'nodeName'),
    target: reduceReference(address),
    isReady,
  }
}

function reduceReference(object: JsonRecord): Reference | undefined {
  if (object.targetRef === undefined || object.targetRef === null) return undefined
  const target = recordAt(object, 'targetRef')
  return {
    kind: textAt(target, 'kind'),
    namespace: textAt(target, 'namespace'),
    name: textAt(target, 'name'),
  }
}

export function reduceSlice(object: JsonRecord): EndpointSlice {
  return {
    ...reduceMeta(object),
    addressType: textAt(object, 'addressType'),
    ports: listAt(object, 'ports')
      .map(toRecord)
      .map((port) => ({
        name: textAt(port, 'name'),
        number: numberAt(port, 'port'),
        protocol: textAt(port, 'protocol'),
        appProtocol: textAt(port, 'appProtocol'),
      })),
    endpoints: listAt(object, 'endpoints').map(toRecord).map(reduceEndpoint),
  }
}

function reduceEndpoint(endpoint: JsonRecord): SliceEndpoint {
  const conditions = recordAt(endpoint, 'conditions')
  const truth = (key: string): string =>
    typeof conditions[key] === 'boolean' ? String(conditions[key]) : ''
  return {
    addresses: listAt(endpoint, 'addresses').filter((one) => typeof one === 'string'),
    ready: truth('ready'),
    serving: truth('serving'),
    terminating: truth('terminating'),
    hostname: textAt(endpoint, 'hostname'),
    nodeName: textAt(endpoint, 'nodeName'),
    zone: textAt(endpoint, 'zone'),
    target: reduceReference(endpoint),
    topology: pairsAt(endpoint, 'deprecatedTopology'),
  }
}

export function reduceIngress(object: JsonRecord): Ingress {
  const spec = recordAt(object, 'spec')
  return {
    ...reduceMeta(object),
    className: textAt(spec, 'ingressClassName'),
    tlsHosts: listAt(spec, 'tls')
      .map(toRecord)
      .flatMap((tls) => listAt(tls, 'hosts'))
      .filter((host) => typeof host === 'string'),
    rules: listAt(spec, 'rules')
      .map(toRecord)
      .map((rule) => ({
        host: textAt(rule, 'host'),
        paths: listAt(recordAt(rule, 'http'), 'paths').map((one) => textAt(toRecord(one), 'path')),
      })),
  }
}

export function reduceNamespace(object: JsonRecord): KubeObject {
  return reduceMeta(object)
}
