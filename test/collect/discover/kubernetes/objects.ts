/** Objects as they are made, with what labels need and much that they do not; the server adds its own. */
import type { FakeObject } from '../../../support/kubernetes.ts'

const NOISE = { generateName: 'shop-6d5f8c7b9d-', generation: 3 }

export function pod(name = 'shop-1', ip = '10.1.2.3', namespace = 'prod'): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name,
      namespace,
      uid: `uid-${name}`,
      labels: { app: 'shop', 'app.kubernetes.io/name': 'shop' },
      annotations: { 'prometheus.io/scrape': 'true', empty: '' },
      ownerReferences: [
        { kind: 'Other', name: 'nobody', controller: false },
        { kind: 'ReplicaSet', name: 'shop-6d5f8c7b9d', controller: true, uid: 'x' },
      ],
    },
    spec: {
      nodeName: 'node-a',
      volumes: [{ name: 'token', projected: {} }],
      initContainers: [
        {
          name: 'proxy',
          image: 'proxy:1',
          restartPolicy: 'Always',
          ports: [{ name: 'admin', containerPort: 15_090, protocol: 'TCP' }],
        },
      ],
      containers: [
        {
          name: 'web',
          image: 'registry.example/shop:2',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'metrics', containerPort: 9102, protocol: 'TCP' },
          ],
          env: [{ name: 'PASSWORD', value: 'CANARY' }],
        },
        { name: 'helper', image: 'busybox' },
      ],
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '192.168.0.7',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
      containerStatuses: [
        { name: 'helper', containerID: 'containerd://h1' },
        { name: 'web', containerID: 'containerd://w1' },
      ],
      initContainerStatuses: [{ name: 'proxy', containerID: 'containerd://p1' }],
    },
  }
}

export function service(name = 'shop', spec: Record<string, unknown> = {}): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name,
      namespace: 'prod',
      labels: { team: 'sales' },
      annotations: { 'prometheus.io/probe': 'yes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.20',
      selector: { app: 'shop' },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...spec,
    },
    status: { loadBalancer: {} },
  }
}

export function node(name = 'node-a'): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': 'z1' },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: { providerID: 'aws:///z1/i-0abc', podCIDR: '10.1.0.0/16' },
    status: {
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'ExternalIP', address: '203.0.113.9' },
        { type: 'InternalIP', address: '192.168.0.7' },
        { type: 'InternalIP', address: 'fd00::7' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      images: [{ names: ['a'], sizeBytes: 1 }],
    },
  }
}

export function namespace(name = 'prod'): FakeObject {
  return {
    metadata: { name, labels: { env: 'prod' }, annotations: { owner: 'me' } },
  }
}

const TARGET = { kind: 'Pod', namespace: 'prod', name: 'shop-1', uid: 'uid-shop-1' }

export function endpoints(name = 'shop'): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name,
      namespace: 'prod',
      labels: { 'endpoints.kubernetes.io/managed-by': 'x' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': 't' },
    },
    subsets: [
      {
        addresses: [
          { ip: '10.1.2.3', nodeName: 'node-a', targetRef: TARGET },
          { ip: '10.9.9.9', hostname: 'outside' },
        ],
        notReadyAddresses: [{ ip: '10.1.2.4', nodeName: 'node-b' }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ],
  }
}

export function endpointSlice(name = 'shop-x7k2p'): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name,
      namespace: 'prod',
      labels: { 'kubernetes.io/service-name': 'shop' },
      annotations: { a: 'b' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }],
    endpoints: [
      {
        addresses: ['10.1.2.3'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'shop-1',
        nodeName: 'node-a',
        zone: 'z1',
        targetRef: TARGET,
        deprecatedTopology: { 'topology.kubernetes.io/region': 'r1' },
      },
      { addresses: ['10.9.9.9'], conditions: { ready: false } },
    ],
  }
}

export function ingress(): FakeObject {
  return {
    metadata: {
      ...NOISE,
      name: 'shop',
      namespace: 'prod',
      labels: { team: 'sales' },
      annotations: { x: 'y' },
    },
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: ['*.shop.example'], secretName: 's' }],
      rules: [
        { host: 'www.shop.example', http: { paths: [{ path: '/a' }, { path: '' }] } },
        { host: 'a.b.shop.example' },
        { http: { paths: [{ path: '/all' }] } },
      ],
    },
  }
}
