/** Labels of every role, against what Prometheus documents for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubernetesDiscovery, KubernetesRole } from '../../../../src/config/discovery.ts'
import { FakeApiServer, type FakeObject } from '../../../support/kubernetes.ts'
import { DiscoveryBench } from '../bench.ts'
import { kubernetes } from './config.ts'
import { endpointSlice, endpoints, ingress, namespace, node, pod, service } from './objects.ts'

const META = '__meta_kubernetes_'

/** The targets of a role over some objects, without the common prefix. */
async function discover(
  t: { after(stop: () => void): void },
  role: KubernetesRole,
  objects: readonly (readonly [string, FakeObject])[],
  changed: Partial<KubernetesDiscovery> = {},
): Promise<Record<string, string>[]> {
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  for (const [plural, object] of objects) api.put(plural, object)
  const bench = new DiscoveryBench(t, {})
  bench.apply(kubernetes(api.url, role, changed))
  await bench.until('a list', () => bench.targets.length > 0)
  return bench.targets.map((target) =>
    Object.fromEntries(
      Object.entries(target).map(([name, value]) => [name.replace(META, ''), value]),
    ),
  )
}

const POD = {
  pod_name: 'shop-1',
  pod_ip: '10.1.2.3',
  pod_ready: 'true',
  pod_phase: 'Running',
  pod_node_name: 'node-a',
  pod_host_ip: '192.168.0.7',
  pod_uid: 'uid-shop-1',
  pod_controller_kind: 'ReplicaSet',
  pod_controller_name: 'shop-6d5f8c7b9d',
  pod_label_app: 'shop',
  pod_labelpresent_app: 'true',
  pod_label_app_kubernetes_io_name: 'shop',
  pod_labelpresent_app_kubernetes_io_name: 'true',
  pod_annotation_prometheus_io_scrape: 'true',
  pod_annotationpresent_prometheus_io_scrape: 'true',
  pod_annotationpresent_empty: 'true',
}

const WEB = {
  pod_container_name: 'web',
  pod_container_image: 'registry.example/shop:2',
  pod_container_init: 'false',
}

const HTTP_PORT = {
  pod_container_port_name: 'http',
  pod_container_port_number: '8080',
  pod_container_port_protocol: 'TCP',
}

const METRICS_PORT = {
  ...HTTP_PORT,
  pod_container_port_name: 'metrics',
  pod_container_port_number: '9102',
}

const PROXY = {
  pod_container_name: 'proxy',
  pod_container_image: 'proxy:1',
  pod_container_init: 'true',
  pod_container_port_name: 'admin',
  pod_container_port_number: '15090',
  pod_container_port_protocol: 'TCP',
}

const NODE = {
  node_name: 'node-a',
  node_label_kubernetes_io_hostname: 'node-a',
  node_labelpresent_kubernetes_io_hostname: 'true',
  node_label_topology_kubernetes_io_zone: 'z1',
  node_labelpresent_topology_kubernetes_io_zone: 'true',
  node_annotation_node_alpha_kubernetes_io_ttl: '0',
  node_annotationpresent_node_alpha_kubernetes_io_ttl: 'true',
}

const NAMESPACE = {
  namespace_label_env: 'prod',
  namespace_labelpresent_env: 'true',
  namespace_annotation_owner: 'me',
  namespace_annotationpresent_owner: 'true',
}

const SERVICE = {
  service_name: 'shop',
  service_label_team: 'sales',
  service_labelpresent_team: 'true',
  service_annotation_prometheus_io_probe: 'yes',
  service_annotationpresent_prometheus_io_probe: 'true',
}

test('role pod: a target for each port, one for a container without ports, sidecars too', async (t) => {
  const pending = { ...pod('pending', ''), status: { phase: 'Pending' } }
  const targets = await discover(t, 'pod', [
    ['pods', pod()],
    ['pods', pending],
  ])
  const shared = { ...POD, namespace: 'prod' }
  assert.deepEqual(targets, [
    {
      __address__: '10.1.2.3:8080',
      ...shared,
      ...WEB,
      ...HTTP_PORT,
      pod_container_id: 'containerd://w1',
    },
    {
      __address__: '10.1.2.3:9102',
      ...shared,
      ...WEB,
      ...METRICS_PORT,
      pod_container_id: 'containerd://w1',
    },
    {
      __address__: '10.1.2.3',
      ...shared,
      pod_container_name: 'helper',
      pod_container_image: 'busybox',
      pod_container_init: 'false',
      pod_container_id: 'containerd://h1',
    },
    { __address__: '10.1.2.3:15090', ...shared, ...PROXY, pod_container_id: 'containerd://p1' },
  ])
})

test('role pod: labels of node and namespace are attached when wanted, IPv6 has brackets', async (t) => {
  const targets = await discover(
    t,
    'pod',
    [
      ['pods', pod('shop-1', 'fd00::1')],
      ['nodes', node()],
      ['namespaces', namespace()],
    ],
    { attachNode: true, attachNamespace: true },
  )
  assert.equal(targets[0].__address__, '[fd00::1]:8080')
  const wanted = { ...NODE, ...NAMESPACE, namespace: 'prod' }
  for (const target of targets) assert.deepEqual({ ...target, ...wanted }, target)
})

test('role node: the kubelet at the preferred address, with the name as instance', async (t) => {
  const targets = await discover(t, 'node', [['nodes', node()]])
  assert.deepEqual(targets, [
    {
      __address__: '192.168.0.7:10250',
      instance: 'node-a',
      ...NODE,
      node_provider_id: 'aws:///z1/i-0abc',
      node_address_Hostname: 'node-a',
      node_address_ExternalIP: '203.0.113.9',
      node_address_InternalIP: '192.168.0.7',
    },
  ])
})

test('role service: a target for each port, with what its type says', async (t) => {
  const external = service('away', { type: 'ExternalName', externalName: 'x.example' })
  const balanced = service('front', { type: 'LoadBalancer', loadBalancerIP: '198.51.100.1' })
  const targets = await discover(t, 'service', [
    ['services', service()],
    ['services', external],
    ['services', balanced],
  ])
  const shared = {
    ...SERVICE,
    namespace: 'prod',
    service_port_name: 'http',
    service_port_number: '80',
    service_port_protocol: 'TCP',
  }
  assert.deepEqual(targets, [
    {
      __address__: 'away.prod.svc:80',
      ...shared,
      service_name: 'away',
      service_type: 'ExternalName',
      service_external_name: 'x.example',
    },
    {
      __address__: 'front.prod.svc:80',
      ...shared,
      service_name: 'front',
      service_type: 'LoadBalancer',
      service_cluster_ip: '10.96.0.20',
      service_loadbalancer_ip: '198.51.100.1',
    },
    {
      __address__: 'shop.prod.svc:80',
      ...shared,
      service_type: 'ClusterIP',
      service_cluster_ip: '10.96.0.20',
    },
  ])
})

const ENDPOINT_PORT = {
  endpoint_port_name: 'http',
  endpoint_port_protocol: 'TCP',
  endpoint_ready: 'true',
}

const POD_ENDPOINT = {
  endpoint_address_target_kind: 'Pod',
  endpoint_address_target_name: 'shop-1',
  endpoint_node_name: 'node-a',
}

test('role endpoints: addresses, their pods and service, and the ports that no service names', async (t) => {
  const targets = await discover(
    t,
    'endpoints',
    [
      ['endpoints', endpoints()],
      ['services', service()],
      ['pods', pod()],
      ['nodes', node()],
    ],
    { attachNode: true },
  )
  const shared = {
    namespace: 'prod',
    endpoints_name: 'shop',
    endpoints_label_endpoints_kubernetes_io_managed_by: 'x',
    endpoints_labelpresent_endpoints_kubernetes_io_managed_by: 'true',
    endpoints_annotation_endpoints_kubernetes_io_last_change_trigger_time: 't',
    endpoints_annotationpresent_endpoints_kubernetes_io_last_change_trigger_time: 'true',
    ...SERVICE,
  }
  assert.deepEqual(targets, [
    {
      __address__: '10.1.2.3:8080',
      ...shared,
      ...ENDPOINT_PORT,
      ...POD_ENDPOINT,
      ...NODE,
      ...POD,
      ...WEB,
      ...HTTP_PORT,
    },
    { __address__: '10.9.9.9:8080', ...shared, ...ENDPOINT_PORT, endpoint_hostname: 'outside' },
    {
      __address__: '10.1.2.4:8080',
      ...shared,
      ...ENDPOINT_PORT,
      endpoint_ready: 'false',
      endpoint_node_name: 'node-b',
    },
    { __address__: '10.1.2.3:9102', ...shared, ...POD, ...WEB, ...METRICS_PORT },
    { __address__: '10.1.2.3:15090', ...shared, ...POD, ...PROXY },
  ])
})

test('role endpointslice: conditions, zone, topology, the service by its label', async (t) => {
  const targets = await discover(t, 'endpointslice', [
    ['endpointslices', endpointSlice()],
    ['services', service()],
    ['pods', pod()],
  ])
  const shared = {
    namespace: 'prod',
    endpointslice_name: 'shop-x7k2p',
    endpointslice_label_kubernetes_io_service_name: 'shop',
    endpointslice_labelpresent_kubernetes_io_service_name: 'true',
    endpointslice_annotation_a: 'b',
    endpointslice_annotationpresent_a: 'true',
    endpointslice_address_type: 'IPv4',
    ...SERVICE,
  }
  const port = {
    endpointslice_port: '8080',
    endpointslice_port_name: 'http',
    endpointslice_port_protocol: 'TCP',
    endpointslice_port_app_protocol: 'http',
  }
  assert.deepEqual(targets, [
    {
      __address__: '10.1.2.3:8080',
      ...shared,
      ...port,
      endpointslice_endpoint_conditions_ready: 'true',
      endpointslice_endpoint_conditions_serving: 'true',
      endpointslice_endpoint_conditions_terminating: 'false',
      endpointslice_endpoint_hostname: 'shop-1',
      endpointslice_endpoint_node_name: 'node-a',
      endpointslice_endpoint_zone: 'z1',
      endpointslice_address_target_kind: 'Pod',
      endpointslice_address_target_name: 'shop-1',
      endpointslice_endpoint_topology_topology_kubernetes_io_region: 'r1',
      endpointslice_endpoint_topology_present_topology_kubernetes_io_region: 'true',
      ...POD,
      ...WEB,
      ...HTTP_PORT,
    },
    {
      __address__: '10.9.9.9:8080',
      ...shared,
      ...port,
      endpointslice_endpoint_conditions_ready: 'false',
    },
    { __address__: '10.1.2.3:9102', ...shared, ...POD, ...WEB, ...METRICS_PORT },
    { __address__: '10.1.2.3:15090', ...shared, ...POD, ...PROXY },
  ])
})

test('role ingress: a target for each path, with the scheme that TLS says', async (t) => {
  const targets = await discover(t, 'ingress', [['ingresses', ingress()]])
  const shared = {
    namespace: 'prod',
    ingress_name: 'shop',
    ingress_class_name: 'nginx',
    ingress_label_team: 'sales',
    ingress_labelpresent_team: 'true',
    ingress_annotation_x: 'y',
    ingress_annotationpresent_x: 'true',
  }
  const at = (host: string, path: string, scheme: string): Record<string, string> => ({
    ...shared,
    ...(host === '' ? {} : { __address__: host, ingress_host: host }),
    ingress_path: path,
    ingress_scheme: scheme,
  })
  assert.deepEqual(targets, [
    at('www.shop.example', '/a', 'https'),
    at('www.shop.example', '/', 'https'),
    at('a.b.shop.example', '/', 'http'),
    at('', '/all', 'http'),
  ])
})
