/** Ways into a cluster: from a pod, by a kubeconfig, by a URL. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { NarthexError } from '../../../../src/base/error.ts'
import { readKubeconfig } from '../../../../src/collect/discover/kubernetes/kubeconfig.ts'
import { FakeApiServer } from '../../../support/kubernetes.ts'
import { DiscoveryBench } from '../bench.ts'
import { kubernetes } from './config.ts'
import { service } from './objects.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'narthex-cluster-'))
const at = (name: string): string => path.join(folder, name)
const text = (name: string): string => readFileSync(at(name), 'utf8')

function certify(name: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-addext', 'subjectAltName=DNS:kubernetes,IP:127.0.0.1']
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
  const args = ['req', '-x509', ...curve, '-subj', `/CN=${name}`, '-days', '2', ...names, ...files]
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

interface Seen {
  readonly url: string
  readonly authorization: string
  readonly client: string
}

const seen: Seen[] = []
/** Counts tests, so that a late request of one is not taken for that of another. */
let lane = 0
let server: https.Server
let port = 0

/** A cluster with one service in each namespace, behind TLS. */
before(async () => {
  certify('ca')
  certify('client')
  const tls = { key: text('ca.key'), cert: text('ca.crt'), ca: text('client.crt') }
  const options = { ...tls, requestCert: true, rejectUnauthorized: false }
  server = https.createServer(options, (request, response) => {
    const { url = '', headers, socket } = request
    const peer = (socket as TLSSocket).getPeerCertificate()
    seen.push({
      url,
      authorization: headers.authorization ?? '',
      client: String(peer?.subject?.CN ?? ''),
    })
    if (url.includes('watch=true')) {
      response.writeHead(200).flushHeaders()
      return
    }
    const items = [service('a')]
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  mkdirSync(at('account'))
  writeFileSync(at('account/token'), 'TOKEN\n')
  writeFileSync(at('account/ca.crt'), text('ca.crt'))
  writeFileSync(at('account/namespace'), 'own\n')
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

function open(t: TestContext, environment: Record<string, string>): DiscoveryBench {
  seen.length = 0
  return new DiscoveryBench(t, { environment, serviceAccountDir: at('account') })
}

test('in a cluster: the service account says who we are, whom to trust and where we are', async (t) => {
  const bench = open(t, {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
  })
  bench.apply(kubernetes('', 'service', { ownNamespace: true, namespaces: ['other'] }))
  await bench.until('two watches', () => seen.length === 4)
  assert.deepEqual(
    seen.map(({ url }) => url.split('?')[0]).sort(),
    ['other', 'other', 'own', 'own'].map((name) => `/api/v1/namespaces/${name}/services`),
  )
  assert.deepEqual(new Set(seen.map((one) => one.authorization)), new Set(['Bearer TOKEN']))
  await bench.untilAddresses('a.prod.svc:80')
  assert.equal(bench.status.source, 'service of in-cluster')
})

test('outside a cluster it says what is missing, and goes on trying', async (t) => {
  const bench = open(t, {})
  bench.apply(kubernetes('', 'service'))
  await bench.until('an error', () => bench.status.lastError !== '')
  assert.match(
    bench.status.lastError,
    /KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set/,
  )
  const failed = (): number => bench.metric('prometheus_sd_kubernetes_failures_total')
  await bench.until('more tries', () => failed() >= 3)
})

test('an own namespace that cannot be read is tried again', async (t) => {
  const bench = new DiscoveryBench(t, {
    environment: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) },
    serviceAccountDir: at('later'),
  })
  bench.apply(kubernetes('', 'service', { ownNamespace: true }))
  await bench.until('an error', () => bench.status.lastError !== '')
  assert.match(bench.status.lastError, /cannot read own namespace/)
  mkdirSync(at('later'))
  for (const name of ['token', 'ca.crt', 'namespace']) {
    writeFileSync(at(`later/${name}`), text(`account/${name}`))
  }
  await bench.untilAddresses('a.prod.svc:80')
})

function kubeconfig(user: object, cluster: object = { 'certificate-authority': 'ca.crt' }): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [
      { name: 'there', context: { cluster: 'none', user: 'none' } },
      { name: 'here', context: { cluster: 'c', user: 'u' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: `https://127.0.0.1:${port}/lane${lane}`, ...cluster } },
    ],
    users: [{ name: 'u', user }],
  }
}

const base64 = (name: string): string => Buffer.from(text(name)).toString('base64')

for (const [name, user, cluster, wanted] of [
  ['a token', () => ({ token: 'T' }), undefined, ['Bearer T', '']],
  ['a token file', () => ({ tokenFile: 'account/token' }), undefined, ['Bearer TOKEN', '']],
  [
    'a user with a password',
    () => ({ username: 'u', password: 'p' }),
    undefined,
    [`Basic ${Buffer.from('u:p').toString('base64')}`, ''],
  ],
  [
    'certificates in files',
    () => ({ 'client-certificate': 'client.crt', 'client-key': at('client.key') }),
    undefined,
    ['', 'client'],
  ],
  [
    'certificates in the file itself',
    () => ({
      'client-certificate-data': base64('client.crt'),
      'client-key-data': base64('client.key'),
    }),
    () => ({ 'certificate-authority-data': base64('ca.crt'), 'tls-server-name': 'kubernetes' }),
    ['', 'client'],
  ],
  [
    'a token without a check',
    () => ({ token: 'T' }),
    () => ({ 'insecure-skip-tls-verify': true }),
    ['Bearer T', ''],
  ],
] as const satisfies readonly (readonly [
  string,
  () => object,
  (() => object) | undefined,
  readonly string[],
])[]) {
  test(`a kubeconfig with ${name} leads into the cluster`, async (t) => {
    lane++
    const file = at('kubeconfig')
    writeFileSync(file, JSON.stringify(kubeconfig(user(), cluster?.())))
    const bench = open(t, {})
    bench.apply(kubernetes('', 'service', { kubeconfigFile: file }))
    await bench.untilAddresses('a.prod.svc:80')
    const mine = seen.find(({ url }) => url.startsWith(`/lane${lane}/`))
    assert.deepEqual([mine?.authorization, mine?.client], wanted)
  })
}

for (const [name, change, message] of [
  [
    'exec',
    { users: [{ name: 'u', user: { exec: { command: 'aws' } } }] },
    /"exec" to run a program/,
  ],
  ['auth-provider', { users: [{ name: 'u', user: { 'auth-provider': {} } }] }, /"auth-provider"/],
  ['no context', { 'current-context': '' }, /names no current-context/],
  ['an unknown context', { 'current-context': 'x' }, /no context "x"/],
  ['an unknown cluster', { clusters: [] }, /no cluster "c"/],
  ['an unknown user', { users: [] }, /no user "u"/],
  ['a server that is no URL', { clusters: [{ name: 'c', cluster: { server: 'x' } }] }, /is no URL/],
  [
    'a key that is not base64',
    { users: [{ name: 'u', user: { 'client-key-data': '!' } }] },
    /client-key-data is not base64/,
  ],
] as const) {
  test(`a kubeconfig is refused: ${name}`, () => {
    const source = JSON.stringify({ ...kubeconfig({ token: 'CANARY' }), ...change })
    assert.throws(
      () => readKubeconfig(source, '/etc/kubeconfig'),
      (e) =>
        e instanceof NarthexError &&
        e.kind === 'bad_data' &&
        message.test(e.message) &&
        !e.message.includes('CANARY'),
    )
  })
}

test('a kubeconfig is YAML too, and one that is not is refused with its line', () => {
  const yaml = `current-context: a
contexts: [{name: a, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: "https://h:6443/base", proxy-url: "http://p:1"}}]
`
  const access = readKubeconfig(yaml, '/k')
  assert.equal(access.server.href, 'https://h:6443/base')
  assert.equal(access.http.proxy.url?.reveal(), 'http://p:1')
  assert.throws(() => readKubeconfig('a: [', '/k'), /cannot use kubeconfig \/k: line/)
})

test('a path in api_server stands before the paths of the API', async (t) => {
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  const bench = open(t, {})
  bench.apply(kubernetes(`${api.url}/k8s/clusters/c-1/`, 'service'))
  await bench.until('a request', () => api.requests.length > 0)
  assert.match(api.requests[0].url ?? '', /^\/k8s\/clusters\/c-1\/api\/v1\/services\?/)
})
