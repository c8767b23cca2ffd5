/** Docker discovery against a simulated daemon on a socket of this machine and on TCP. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DockerDiscovery } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { DiscoveryBench } from './bench.ts'

interface Daemon {
  readonly host: string
  readonly asked: string[]
  containers: unknown
  /** Answers in place of the daemon. */
  fault: ((response: http.ServerResponse) => void) | undefined
}

async function openDaemon(t: TestContext, kind: 'unix' | 'tcp' | 'http' = 'unix'): Promise<Daemon> {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    if (daemon.fault !== undefined) daemon.fault(response)
    else if (request.url?.startsWith('/networks')) response.end(JSON.stringify(NETWORKS))
    else response.end(JSON.stringify(daemon.containers))
  })
  const dir = mkdtempSync(path.join(tmpdir(), 'narthex-docker-'))
  const socket = path.join(dir, 'docker.sock')
  if (kind === 'unix') server.listen(socket)
  else server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(dir, { recursive: true })
  })
  const place = kind === 'unix' ? socket : `127.0.0.1:${(server.address() as AddressInfo).port}`
  const daemon: Daemon = { host: `${kind}://${place}`, asked, containers: [WEB], fault: undefined }
  return daemon
}

function open(
  t: TestContext,
  host: string,
  changed: Partial<DockerDiscovery> = {},
): DiscoveryBench {
  const bench = new DiscoveryBench(t)
  const config: DockerDiscovery = {
    host,
    port: 80,
    filters: [],
    hostNetworkingHost: 'localhost',
    matchFirstNetwork: true,
    refreshIntervalMs: 60_000,
    http: PLAIN_HTTP,
    ...changed,
  }
  bench.apply({ docker: [config] })
  return bench
}

const NETWORKS = [
  {
    Id: 'net-a',
    Name: 'shop_default',
    Scope: 'local',
    Internal: false,
    Ingress: false,
    Labels: { 'com.docker.compose.network': 'default' },
  },
  { Id: 'net-b', Name: 'other', Scope: 'swarm', Internal: true, Ingress: true, Labels: null },
]

const WEB = {
  Id: 'c1',
  Names: ['/shop_web_1', '/alias'],
  Image: 'shop:2',
  State: 'running',
  Labels: { 'com.docker.compose.service': 'web' },
  HostConfig: { NetworkMode: 'shop_default' },
  NetworkSettings: {
    Networks: {
      shop_default: { NetworkID: 'net-a', IPAddress: '172.18.0.2' },
      another: { NetworkID: 'net-b', IPAddress: '172.19.0.2' },
    },
  },
  Ports: [
    { IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 32_768, Type: 'tcp' },
    { PrivatePort: 9100, Type: 'tcp' },
    { PrivatePort: 53, Type: 'udp' },
  ],
}

const CONTAINER = {
  __meta_docker_container_id: 'c1',
  __meta_docker_container_name: '/shop_web_1',
  __meta_docker_container_network_mode: 'shop_default',
  __meta_docker_container_label_com_docker_compose_service: 'web',
}

const NETWORK_A = {
  __meta_docker_network_id: 'net-a',
  __meta_docker_network_name: 'shop_default',
  __meta_docker_network_scope: 'local',
  __meta_docker_network_internal: 'false',
  __meta_docker_network_ingress: 'false',
  __meta_docker_network_label_com_docker_compose_network: 'default',
  __meta_docker_network_ip: '172.18.0.2',
}

const NETWORK_B = {
  __meta_docker_network_id: 'net-b',
  __meta_docker_network_name: 'other',
  __meta_docker_network_scope: 'swarm',
  __meta_docker_network_internal: 'true',
  __meta_docker_network_ingress: 'true',
  __meta_docker_network_ip: '172.19.0.2',
}

const PUBLIC = {
  __meta_docker_port_private: '8080',
  __meta_docker_port_public: '32768',
  __meta_docker_port_public_ip: '0.0.0.0',
}

test('a container has a target for each TCP port in its first network by name', async (t) => {
  const daemon = await openDaemon(t)
  const bench = open(t, daemon.host)
  await bench.until('targets', () => bench.targets.length > 0)
  assert.deepEqual(bench.targets, [
    { __address__: '172.19.0.2:8080', ...CONTAINER, ...NETWORK_B, ...PUBLIC },
    {
      __address__: '172.19.0.2:9100',
      ...CONTAINER,
      ...NETWORK_B,
      __meta_docker_port_private: '9100',
    },
  ])
  assert.deepEqual(daemon.asked, ['/containers/json', '/networks'])
})

test('without match_first_network it has them in every network', async (t) => {
  const daemon = await openDaemon(t)
  const bench = open(t, daemon.host, { matchFirstNetwork: false })
  await bench.until('targets', () => bench.targets.length === 4)
  assert.deepEqual(bench.targets[2], {
    __address__: '172.18.0.2:8080',
    ...CONTAINER,
    ...NETWORK_A,
    ...PUBLIC,
  })
})

test('without TCP ports the configured port counts, in the network of the host its name', async (t) => {
  const daemon = await openDaemon(t)
  const one = (name: string, mode: string, ip: string): object => ({
    Id: name,
    Names: [`/${name}`],
    HostConfig: { NetworkMode: mode },
    NetworkSettings: { Networks: { [mode]: { NetworkID: 'x', IPAddress: ip } } },
    Ports: [{ PrivatePort: 53, Type: 'udp' }],
  })
  daemon.containers = [one('plain', 'bridge', '172.17.0.3'), one('host', 'host', '')]
  const bench = open(t, daemon.host, { port: 9100, hostNetworkingHost: 'docker-1' })
  await bench.untilAddresses('172.17.0.3:9100', 'docker-1')
})

test('a container in the network of another has the addresses of that one', async (t) => {
  const daemon = await openDaemon(t)
  const sharing = (id: string, mode: string): object => ({
    Id: id,
    Names: [`/${id}`],
    HostConfig: { NetworkMode: mode },
    NetworkSettings: { Networks: {} },
    Ports: [{ PrivatePort: 7000, Type: 'tcp' }],
  })
  daemon.containers = [
    WEB,
    sharing('side', 'container:c1'),
    sharing('further', 'container:side'),
    sharing('lost', 'container:gone'),
    sharing('circle', 'container:circle'),
    sharing('alone', 'none'),
    { ...WEB, Id: 'nameless', Names: [] },
  ]
  const bench = open(t, daemon.host)
  await bench.untilAddresses(
    '172.19.0.2:8080',
    '172.19.0.2:9100',
    '172.19.0.2:7000',
    '172.19.0.2:7000',
  )
})

test('filters are sent as the daemon reads them', async (t) => {
  const daemon = await openDaemon(t)
  const bench = open(t, daemon.host, {
    filters: [
      { name: 'label', values: ['a=b', 'c'] },
      { name: 'label', values: ['d'] },
      { name: 'status', values: ['running'] },
    ],
  })
  await bench.until('targets', () => bench.targets.length > 0)
  const url = new URL(daemon.asked[0], 'http://docker')
  assert.deepEqual(JSON.parse(url.searchParams.get('filters') ?? ''), {
    label: { 'a=b': true, c: true, d: true },
    status: { running: true },
  })
})

for (const kind of ['tcp', 'http'] as const) {
  test(`the daemon may be at ${kind}://`, async (t) => {
    const daemon = await openDaemon(t, kind)
    const bench = open(t, daemon.host)
    await bench.until('targets', () => bench.targets.length === 2)
  })
}

for (const [name, fault] of [
  ['500', (response) => response.writeHead(500).end('{"message":"no"}')],
  ['half an answer', (response) => response.end('[{"Id":')],
  ['an object', (response) => response.end('{}')],
  ['a closed connection', (response) => response.destroy()],
  ['nothing at all', () => {}],
] as const satisfies readonly (readonly [string, (response: http.ServerResponse) => void])[]) {
  test(`C21: ${name} keeps the targets and is counted, and [] removes them`, async (t) => {
    const daemon = await openDaemon(t)
    const bench = open(t, daemon.host)
    await bench.until('targets', () => bench.targets.length === 2)
    daemon.fault = fault
    await bench.until('an error', () => bench.status.lastError !== '')
    assert.equal(bench.targets.length, 2)
    assert.ok(bench.metric('prometheus_sd_refresh_failures_total{mechanism="docker"}') >= 1)
    daemon.fault = undefined
    daemon.containers = []
    await bench.untilAddresses()
    assert.equal(bench.status.lastError, '')
  })
}

test('a daemon whose socket is not there is an error that passes, one of another kind one that says so', async (t) => {
  const missing = open(t, 'unix:///nowhere/docker.sock')
  await missing.until('an error', () => missing.status.lastError !== '')
  assert.match(missing.status.lastError, /ENOENT/)
  const strange = open(t, 'ssh://user:CANARY@host')
  await strange.until('an error', () => strange.status.lastError !== '')
  assert.match(strange.status.lastError, /wanted unix:\/\/, tcp:\/\//)
  assert.doesNotMatch(JSON.stringify(strange.status), /CANARY/)
})
