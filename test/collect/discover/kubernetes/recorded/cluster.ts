/** What happens in the cluster of the recordings. */

/** Asks the API as its admin. */
export type Ask = (method: string, path: string, body?: object) => Promise<void>

const PODS = '/api/v1/namespaces/shop/pods'
const SERVICES = '/api/v1/namespaces/shop/services'
const ENDPOINTS = '/api/v1/namespaces/shop/endpoints'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses'
const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
const BINDING = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'

/** What is there before anybody looks. The reader may not see ingresses yet. */
export async function fillCluster(ask: Ask, reader: string): Promise<void> {
  await ask('POST', '/api/v1/namespaces', {
    metadata: { name: 'shop', labels: { team: 'shop' }, annotations: { 'example.org/cost': '7' } },
  })
  await ask('POST', ROLE, {
    metadata: { name: 'reader' },
    rules: [
      readOf('', ['nodes', 'pods', 'services', 'endpoints', 'namespaces']),
      readOf('discovery.k8s.io', ['endpointslices']),
    ],
  })
  await ask('POST', BINDING, {
    metadata: { name: 'reader' },
    subjects: [{ kind: 'User', name: reader, apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'ClusterRole', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' },
  })
  await addNode(ask, 'node-a', '192.0.2.21')
  await addNode(ask, 'node-b', '192.0.2.22')
  await addPod(ask, 'web-1', 'node-a', '198.51.100.11')
  await addPod(ask, 'web-2', 'node-b', '198.51.100.12')
  await ask('POST', SERVICES, {
    metadata: {
      name: 'web',
      labels: { 'app.kubernetes.io/name': 'web' },
      annotations: { 'prometheus.io/scrape': 'true', 'example.org/owner': 'größe 漢字 😀' },
    },
    spec: {
      clusterIP: '10.96.0.20',
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'metrics', port: 9102, targetPort: 'metrics' },
      ],
    },
  })
  await ask('POST', SERVICES, {
    metadata: { name: 'outside' },
    spec: { type: 'ExternalName', externalName: 'db.example.org', ports: [{ port: 5432 }] },
  })
  await ask('POST', ENDPOINTS, {
    metadata: { name: 'web', labels: { app: 'web' } },
    subsets: [subset(['198.51.100.11', 'web-1'], ['198.51.100.12', 'web-2'])],
  })
  await ask('POST', SLICES, slice([endpoint('198.51.100.11', 'web-1', 'node-a', true)]))
  await ask('POST', INGRESSES, ingress(['shop.example.org']))
}

/** The reader may see everything. */
export async function openIngresses(ask: Ask): Promise<void> {
  await ask('PATCH', `${ROLE}/reader`, {
    rules: [
      readOf('', ['nodes', 'pods', 'services', 'endpoints', 'namespaces']),
      readOf('discovery.k8s.io', ['endpointslices']),
      readOf('networking.k8s.io', ['ingresses']),
    ],
  })
}

/** What the watches tell. */
export async function changeCluster(ask: Ask): Promise<void> {
  await addNode(ask, 'node-c', '192.0.2.23')
  await ask('PATCH', '/api/v1/nodes/node-b', { metadata: { labels: { zone: 'b-2' } } })
  await addPod(ask, 'web-3', 'node-c', '198.51.100.13')
  await ask('PATCH', `${PODS}/web-1/status`, {
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  })
  await ask('DELETE', `${PODS}/web-2`, { gracePeriodSeconds: 0 })
  await ask('PATCH', `${SERVICES}/web`, { metadata: { labels: { tier: 'front' } } })
  await ask('POST', SERVICES, {
    metadata: { name: 'cache' },
    spec: { clusterIP: 'None', ports: [{ port: 6379 }] },
  })
  await ask('PUT', `${ENDPOINTS}/web`, {
    metadata: { name: 'web', labels: { app: 'web' } },
    subsets: [
      {
        ...subset(['198.51.100.13', 'web-3']),
        notReadyAddresses: [address('198.51.100.11', 'web-1')],
      },
    ],
  })
  await ask(
    'PUT',
    `${SLICES}/web-x7`,
    slice([
      endpoint('198.51.100.11', 'web-1', 'node-a', false),
      endpoint('198.51.100.13', 'web-3', 'node-c', true),
    ]),
  )
  await ask('PUT', `${INGRESSES}/shop`, ingress(['shop.example.org', '*.example.net']))
}

/** What happens while nobody can ask; `round` makes it another change each time. */
export async function changeUnseen(ask: Ask, round: number): Promise<void> {
  const mark = { metadata: { labels: { round: String(round) } } }
  await ask('PATCH', '/api/v1/nodes/node-a', mark)
  await ask('PATCH', `${PODS}/web-3`, mark)
  await ask('PATCH', `${SERVICES}/cache`, mark)
  await ask('PATCH', `${ENDPOINTS}/web`, mark)
  await ask('PATCH', `${SLICES}/web-x7`, mark)
  await ask('PATCH', `${INGRESSES}/shop`, mark)
  await addPod(ask, `late-${round}`, 'node-b', `198.51.100.${30 + round}`)
  if (round > 1) await ask('DELETE', `${PODS}/late-${round - 1}`, { gracePeriodSeconds: 0 })
}

function readOf(group: string, resources: readonly string[]): object {
  return { apiGroups: [group], resources, verbs: ['get', 'list', 'watch'] }
}

async function addNode(ask: Ask, name: string, ip: string): Promise<void> {
  await ask('POST', '/api/v1/nodes', {
    metadata: { name, labels: { zone: 'a-1' }, annotations: { 'example.org/rack': '4' } },
    spec: { providerID: `example://${name}` },
  })
  await ask('PATCH', `/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  })
}

async function addPod(ask: Ask, name: string, nodeName: string, ip: string): Promise<void> {
  const ports = [
    { name: 'http', containerPort: 8080 },
    { name: 'metrics', containerPort: 9102 },
  ]
  await ask('POST', PODS, {
    metadata: { name, labels: { app: 'web' }, annotations: { 'prometheus.io/port': '9102' } },
    spec: {
      nodeName,
      containers: [
        { name: 'web', image: 'registry.example/web:1.4.2', ports },
        { name: 'sidecar', image: 'registry.example/proxy:2' },
      ],
      initContainers: [{ name: 'setup', image: 'registry.example/setup:1' }],
    },
  })
  await ask('PATCH', `${PODS}/${name}/status`, {
    status: {
      phase: 'Running',
      hostIP: '192.0.2.21',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'web',
          ready: true,
          restartCount: 0,
          image: 'registry.example/web:1.4.2',
          imageID: 'registry.example/web@sha256:5f0e1c',
          containerID: `containerd://${name}-web`,
        },
      ],
    },
  })
}

function address(ip: string, pod: string): object {
  return { ip, nodeName: 'node-a', targetRef: { kind: 'Pod', name: pod, namespace: 'shop' } }
}

function subset(...ready: readonly (readonly [string, string])[]): object {
  return {
    addresses: ready.map(([ip, pod]) => address(ip, pod)),
    ports: [{ name: 'metrics', port: 9102 }],
  }
}

function endpoint(ip: string, pod: string, nodeName: string, ready: boolean): object {
  return {
    addresses: [ip],
    conditions: { ready, serving: ready, terminating: !ready },
    nodeName,
    zone: 'a-1',
    targetRef: { kind: 'Pod', name: pod, namespace: 'shop' },
  }
}

function slice(endpoints: readonly object[]): object {
  return {
    metadata: { name: 'web-x7', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'metrics', port: 9102, protocol: 'TCP', appProtocol: 'http' }],
    endpoints,
  }
}

function ingress(hosts: readonly string[]): object {
  const backend = { service: { name: 'web', port: { number: 80 } } }
  const paths = [
    { path: '/', pathType: 'Prefix', backend },
    { path: '/api', pathType: 'Exact', backend },
  ]
  return {
    metadata: { name: 'shop', labels: { app: 'shop' } },
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: ['shop.example.org'], secretName: 'shop-tls' }],
      rules: hosts.map((host) => ({ host, http: { paths } })),
    },
  }
}
