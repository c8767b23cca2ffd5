import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import bcrypt from 'bcryptjs'
import { Secret } from '../../../src/base/secret.ts'
import { NO_WEB_CONFIG, type WebTls } from '../../../src/config/web.ts'
import { loadWebConfig } from '../../../src/config/webload.ts'
import { type Given, route, serve, type TestServer } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'narthex-tls-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

/** A key, and a certificate signed by an authority or by itself. */
function certify(name: string, alternative: string, authority = ''): void {
  const subject = ['-subj', `/CN=${name}`]
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
  ]
  if (authority === '') {
    openssl('req', '-x509', ...key, ...subject, '-days', '2', '-out', `${name}.pem`)
    return
  }
  writeFileSync(at(`${name}.ext`), `subjectAltName=${alternative}\n`)
  openssl('req', ...key, ...subject, '-out', `${name}.csr`)
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${authority}.pem`,
      '-CAkey',
      `${authority}.key`,
    ],
    ...['-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
  )
}

certify('authority', '')
certify('server', 'DNS:monitor.example,IP:127.0.0.1', 'authority')
certify('second', 'DNS:monitor.example,IP:127.0.0.1', 'authority')
certify('client', 'DNS:client.example', 'authority')
certify('stranger', '')

const TLS: WebTls = {
  cert: '',
  certFile: at('server.pem'),
  key: undefined,
  keyFile: at('server.key'),
  clientAuth: 'NoClientCert',
  clientCa: '',
  clientCaFile: at('authority.pem'),
  clientAllowedSans: [],
  versionMin: 'TLSv1.2',
  versionMax: 'TLSv1.3',
  cipherSuites: [],
  curves: [],
}

function serveTls(more: Partial<WebTls> = {}, given: Given = {}): Promise<TestServer> {
  return serve({ ...given, web: { ...given.web, tls: { ...TLS, ...more } } })
}

type Certified = Pick<
  RequestOptions,
  'cert' | 'key' | 'minVersion' | 'maxVersion' | 'ciphers' | 'checkServerIdentity' | 'path'
> & {
  readonly headers?: Readonly<Record<string, string>>
  readonly host?: string
}

interface Heard {
  readonly status: number
  readonly transport: string | undefined
  readonly serverName: string
}

function hear(server: TestServer, more: Certified = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const { host = '127.0.0.1', ...rest } = more
    const options = { port: server.port, path: '/hello', ca: read('authority.pem'), agent: false }
    const headers = { host: `${host}:${server.port}`, ...more.headers }
    const sent = request({ ...options, ...rest, host: '127.0.0.1', headers }, (response) => {
      const socket = response.socket as import('node:tls').TLSSocket
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          transport: response.headers['strict-transport-security'],
          serverName: String(socket.getPeerCertificate().subject.CN),
        }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

const withCertificate = (name: string): Certified => ({
  cert: read(`${name}.pem`),
  key: read(`${name}.key`),
})

test('it serves over TLS, tells browsers to stay with it, and knows the names in its certificate', async () => {
  await using server = await serveTls()
  assert.equal(server.server.url, `https://127.0.0.1:${server.port}`)
  const heard = await hear(server, { host: 'monitor.example' })
  assert.deepEqual(heard, { status: 200, transport: 'max-age=31536000', serverName: 'server' })
  const evil = { host: 'evil.example', checkServerIdentity: () => undefined }
  assert.equal((await hear(server, evil)).status, 421)
})

test('old versions of TLS and plain HTTP get nothing', async () => {
  await using server = await serveTls({ versionMin: 'TLSv1.3' })
  await assert.rejects(hear(server, { maxVersion: 'TLSv1.2' }))
  assert.equal((await hear(server)).status, 200)
  assert.doesNotMatch(await server.raw('GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'), /200/)
})

for (const [clientAuth, nothing, good, stranger] of [
  ['NoClientCert', true, true, true],
  ['RequestClientCert', true, true, true],
  ['RequireAnyClientCert', false, true, true],
  ['VerifyClientCertIfGiven', true, true, false],
  ['RequireAndVerifyClientCert', false, true, false],
] as const) {
  test(`client certificates: ${clientAuth}`, async () => {
    await using server = await serveTls({ clientAuth })
    for (const [name, more, isIn] of [
      ['none', {}, nothing],
      ['of our authority', withCertificate('client'), good],
      ['of a stranger', withCertificate('stranger'), stranger],
    ] as const) {
      const heard = hear(server, more)
      if (isIn) assert.equal((await heard).status, 200, name)
      else await assert.rejects(heard, name)
    }
  })
}

test('only names on the list come in, when there is one', async () => {
  const only = (clientAllowedSans: string[]) =>
    serveTls({ clientAuth: 'RequireAndVerifyClientCert', clientAllowedSans })
  await using open = await only(['client.example'])
  assert.equal((await hear(open, withCertificate('client'))).status, 200)
  await using closed = await only(['other.example', 'example'])
  await assert.rejects(hear(closed, withCertificate('client')))
})

test('a certificate does not replace a password where both are asked for', async () => {
  const web = { tokens: [{ name: 'a', sha256: '0'.repeat(64), role: 'admin' as const }] }
  await using server = await serveTls({ clientAuth: 'RequireAndVerifyClientCert' }, { web })
  assert.equal((await hear(server, withCertificate('client'))).status, 401)
})

test('another certificate is taken while serving; one that is broken leaves the old one', async () => {
  await using server = await serveTls()
  const reload = (more: Partial<WebTls>) =>
    server.server.reload({ ...NO_WEB_CONFIG, tls: { ...TLS, ...more } })
  reload({ certFile: at('second.pem'), keyFile: at('second.key') })
  assert.equal((await hear(server)).serverName, 'second')
  assert.throws(() => reload({ keyFile: at('client.key') }), { kind: 'bad_data' })
  assert.throws(() => reload({ certFile: at('missing.pem') }), {
    kind: 'bad_data',
    message: /missing\.pem/,
  })
  assert.throws(() => server.server.reload(NO_WEB_CONFIG), { kind: 'bad_data', message: /restart/ })
  assert.equal((await hear(server)).serverName, 'second')
})

test('a list of suites is for TLS 1.2 and leaves 1.3 on', async () => {
  await using server = await serveTls({ cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'] })
  assert.equal((await hear(server, { minVersion: 'TLSv1.3' })).status, 200)
  assert.equal((await hear(server, { maxVersion: 'TLSv1.2' })).status, 200)
  const other = 'ECDHE-ECDSA-AES256-GCM-SHA384'
  await assert.rejects(hear(server, { maxVersion: 'TLSv1.2', ciphers: other }))
})

test('a file in the format of the Prometheus exporters does what it says', async () => {
  const hash = bcrypt.hashSync('open sesame', 4)
  const digest = createHash('sha256').update('robot-token').digest('hex')
  const file = at('web.yml')
  writeFileSync(
    file,
    `tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.pem
  client_allowed_sans: [client.example]
  min_version: TLS13
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=60
    X-Frame-Options: SAMEORIGIN
basic_auth_users:
  alice: ${hash}
narthex:
  roles: {alice: viewer}
  tokens: [{name: robot, role: editor, sha256: ${digest}}]
`,
  )
  const routes = [route('/hello'), route('/admin', { role: 'admin' })]
  await using server = await serve({ routes, web: loadWebConfig(file) })
  const alice = `Basic ${Buffer.from('alice:open sesame').toString('base64')}`
  const as = (
    authorization: string,
    path = '/hello',
    more: Certified = withCertificate('client'),
  ) => hear(server, { ...more, path, headers: { authorization } })
  assert.deepEqual(await as(alice), { status: 200, transport: 'max-age=60', serverName: 'server' })
  assert.equal((await as('Bearer robot-token')).status, 200)
  assert.equal((await as(alice, '/admin')).status, 403)
  assert.equal((await as('Bearer other')).status, 401)
  await assert.rejects(as(alice, '/hello', {}))
  await assert.rejects(as(alice, '/hello', { ...withCertificate('client'), maxVersion: 'TLSv1.2' }))
})

test('a key that is no key is refused without being shown', async () => {
  const key = new Secret('-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----')
  await assert.rejects(serveTls({ key, keyFile: '' }), (e: Error) => {
    return /cannot serve TLS/.test(e.message) && !e.message.includes('CANARY')
  })
})

test('verification without an authority is refused', async () => {
  const more = { clientAuth: 'RequireAndVerifyClientCert', clientCaFile: '' } as const
  await assert.rejects(serveTls(more), { kind: 'bad_data', message: /client_ca_file/ })
})
