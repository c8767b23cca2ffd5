/** Channels over TLS: whom they trust, what they show, and through which proxy. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { Secret } from '../../../src/base/secret.ts'
import {
  type HttpClientConfig,
  NO_PROXY,
  PLAIN_HTTP,
  PLAIN_TLS,
  type TlsConfig,
} from '../../../src/config/http.ts'
import { BodyPool } from '../../../src/net/client/body.ts'
import { openHttpChannel } from '../../../src/net/client/channel.ts'
import { openPoster } from '../../../src/net/client/poster.ts'
import { checkTlsFiles } from '../../../src/net/client/tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'narthex-client-tls-'))
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
let server: https.Server
let base = ''

/** A key and a certificate that it signs itself, good for a name and 127.0.0.1. */
function certify(name: string, dns: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-addext', `subjectAltName=DNS:${dns},IP:127.0.0.1`]
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
  const args = ['req', '-x509', ...curve, '-subj', `/CN=${dns}`, '-days', '2', ...names, ...files]
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

before(async () => {
  certify('server', 'monitor.example')
  certify('client', 'client.example')
  server = https.createServer(
    {
      key: read('server.key'),
      cert: read('server.pem'),
      ca: read('client.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    async (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate()
      let sizeBytes = 0
      for await (const piece of request) sizeBytes += piece.length
      const body = request.method === 'GET' ? '' : ` ${request.method} ${sizeBytes}`
      response.end(`${request.headers.host} ${peer?.subject?.CN ?? 'nobody'}${body}`)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

async function ask(
  tls: Partial<TlsConfig>,
  more: Partial<HttpClientConfig> = {},
  url = `https://${base}/`,
): Promise<string> {
  const channel = openHttpChannel({
    url: new URL(url),
    config: { ...PLAIN_HTTP, tls: { ...PLAIN_TLS, ...tls }, ...more },
    headers: [],
    bodyBytesMax: 1e6,
    clock: systemClock,
    bodies: new BodyPool(),
  })
  try {
    let text = ''
    for (let i = 0; i < 2; i++) {
      const { body } = await channel.get(5000)
      text = Buffer.from(body.content()).toString()
      body.release()
    }
    return text
  } finally {
    channel.close()
  }
}

test('a certificate of an unknown authority is refused', () =>
  assert.rejects(ask({}), ({ message }: Error) => {
    const reason = 'tls: self-signed certificate, wanted one whose authority ca_file has'
    assert.equal(message, `Get "https://${base}/": ${reason}`)
    return true
  }))

test('an end that speaks no TLS is told in one line', async (t) => {
  const plain = http.createServer((_, reply) => reply.end())
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  t.after(() => plain.close())
  const { port } = plain.address() as AddressInfo
  const url = `https://127.0.0.1:${port}/`
  await assert.rejects(ask({}, {}, url), {
    message: `Get "${url}": tls: wrong version number`,
  })
})

test('insecure_skip_verify takes any certificate', async () => {
  assert.equal(await ask({ insecureSkipVerify: true }), `${base} nobody`)
})

test('ca_file makes the certificate trusted', async () => {
  assert.equal(await ask({ caFile: at('server.pem') }), `${base} nobody`)
})

for (const [what, tls, message] of [
  [
    'a ca_file that is not there',
    { caFile: at('none.pem') },
    /^cannot read TLS file .*none\.pem: ENOENT/,
  ],
  [
    'a ca_file without a certificate',
    { caFile: at('noise.pem') },
    /^cannot use TLS files .*noise\.pem: ca_file has no certificate$/,
  ],
  [
    'a key of another certificate',
    { certFile: at('client.pem'), keyFile: at('server.key') },
    /^cannot use TLS files .*: .*mismatch/,
  ],
] as const) {
  test(`${what} is found out before anything connects`, async () => {
    writeFileSync(at('noise.pem'), 'noise')
    await assert.rejects(checkTlsFiles({ ...PLAIN_TLS, ...tls }), { kind: 'bad_data', message })
  })
}

test('files that can be used pass, and so does having none', async () => {
  const certFile = at('client.pem')
  await checkTlsFiles({
    ...PLAIN_TLS,
    caFile: at('server.pem'),
    certFile,
    keyFile: at('client.key'),
  })
  await checkTlsFiles(PLAIN_TLS)
})

test('server_name is the name that the certificate must have', async () => {
  const ca = read('server.pem')
  assert.equal(await ask({ ca, serverName: 'monitor.example' }), `${base} nobody`)
  await assert.rejects(ask({ ca, serverName: 'other.example' }), /other\.example/)
})

test('a client certificate is shown, from text or from files', async () => {
  const ca = read('server.pem')
  const inline = { ca, cert: read('client.pem'), key: new Secret(read('client.key')) }
  assert.equal(await ask(inline), `${base} client.example`)
  const files = { ca, certFile: at('client.pem'), keyFile: at('client.key') }
  assert.equal(await ask(files), `${base} client.example`)
})

test('a version that the peer does not speak is refused', () =>
  assert.rejects(ask({ insecureSkipVerify: true, versionMin: 'TLSv1', versionMax: 'TLSv1.1' })))

test('a file that is missing is told by its name', () =>
  assert.rejects(ask({ caFile: at('missing.pem') }), /cannot read TLS file .*missing\.pem/))

test('a poster shows its certificate, and the new one once its files were exchanged', async () => {
  let nowMs = 0
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs }
  const [certFile, keyFile] = [at('shown.pem'), at('shown.key')]
  const show = (name: string): void => {
    copyFileSync(at(`${name}.pem`), certFile)
    copyFileSync(at(`${name}.key`), keyFile)
  }
  show('client')
  const poster = openPoster({
    url: new URL(`https://${base}/`),
    config: { ...PLAIN_HTTP, tls: { ...PLAIN_TLS, caFile: at('server.pem'), certFile, keyFile } },
    connectionsMax: 1,
    clock,
  })
  const post = async (): Promise<string> => {
    const pieces = [new Uint8Array(100_000), new Uint8Array(7)]
    return (await poster.post([], pieces, 5000, new AbortController().signal)).text
  }
  assert.equal(await post(), `${base} client.example POST 100007`)
  show('server')
  assert.equal(await post(), `${base} client.example POST 100007`, 'looked at a moment ago')
  nowMs += 1000
  assert.equal(await post(), `${base} monitor.example POST 100007`)
  rmSync(certFile)
  nowMs += 1000
  assert.equal(await post(), `${base} monitor.example POST 100007`, 'a connection stays good')
  poster.close()
})

test('a proxy tunnels TLS by CONNECT', async () => {
  const targets: string[] = []
  const proxy = http.createServer()
  proxy.on('connect', (request, socket) => {
    targets.push(
      `${request.url} ${request.headers['proxy-authorization']} ${request.headers['x-a']}`,
    )
    const peer = net.connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      peer.pipe(socket).pipe(peer)
    })
    peer.on('error', () => socket.destroy())
    socket.on('error', () => peer.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new Secret(`http://u:p@127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  const through = { ...NO_PROXY, url, connectHeaders: [['X-A', [new Secret('b')]]] } as const
  const text = await ask({ caFile: at('server.pem') }, { proxy: through })
  assert.equal(text, `${base} nobody`)
  assert.deepEqual(targets, [`${base} Basic ${Buffer.from('u:p').toString('base64')} b`])
  proxy.closeAllConnections()
  proxy.close()
})

test('a proxy that refuses is told', async () => {
  const proxy = http.createServer()
  proxy.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new Secret(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  const asked = ask({ caFile: at('server.pem') }, { proxy: { ...NO_PROXY, url } })
  await assert.rejects(asked, /proxy answers 403 to CONNECT/)
  proxy.close()
})
