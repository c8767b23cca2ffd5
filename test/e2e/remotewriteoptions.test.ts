/** Every option of Prometheus's remote_write, as it shows at the other end of a real agent. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { ProtoWriter } from '../../src/wire/protobuf.ts'
import { makeCertificates } from '../net/grpc/certificates.ts'
import { startRole, temporaryFolder, until } from '../support/processes.ts'
import {
  type ReadHistogram,
  type ReadRequest,
  readWriteRequest,
  unsnappy,
} from '../support/remotewritereader.ts'
import { bitsOf } from '../support/writesink.ts'

interface Got {
  readonly headers: IncomingMessage['headers']
  readonly url: string
  readonly client: string
  readonly request: ReadRequest
}

/** What came, by the last part of its path. */
const got = new Map<string, Got[]>()
let tokensGiven = 0

const receive: RequestListener = async (request, reply) => {
  const body = await buffer(request)
  const url = request.url ?? ''
  if (url === '/token') {
    tokensGiven++
    reply.setHeader('content-type', 'application/json')
    reply.end('{"access_token":"of-oauth","token_type":"Bearer","expires_in":3600}')
    return
  }
  const version = request.headers['content-type']?.includes('v2') ? 2 : 1
  const read = readWriteRequest(version, unsnappy(body))
  const client = (request.socket as TLSSocket).getPeerCertificate?.().subject?.CN ?? ''
  const name = url.slice(url.lastIndexOf('/') + 1)
  got.set(name, [
    ...(got.get(name) ?? []),
    { headers: request.headers, url, client: String(client), request: read },
  ])
  for (const what of ['samples', 'histograms', 'exemplars']) {
    reply.setHeader(`x-prometheus-remote-write-${what}-written`, '99999')
  }
  reply.statusCode = 204
  reply.end()
}

async function listening(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const folder = temporaryFolder('remotewriteoptions')
const certificates = makeCertificates({ server: 'DNS:store.example', client: 'DNS:agent.example' })
after(() => {
  folder.remove()
  certificates.remove()
})
const read = (file: string): Buffer => readFileSync(certificates.at(file))
const plain = `http://127.0.0.1:${await listening(http.createServer(receive))}`
const secure = `https://127.0.0.1:${await listening(
  https.createServer(
    {
      key: read('server.key'),
      cert: read('server.pem'),
      ca: read('authority.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    receive,
  ),
)}`
const target = await listening(
  http.createServer((_request, reply) => {
    reply.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    reply.end(
      '# TYPE asked counter\n# HELP asked How often.\nasked_total{by="x"} 3 # {trace_id="t1"} 1 1.5\n' +
        '# TYPE other gauge\nother{by="y"} 4\n# EOF\n',
    )
  }),
)

/** A native histogram of three observations, as targets say it in protobuf. */
function nativeFamily(): Buffer {
  const writer = new ProtoWriter()
  writer.text(1, 'took_seconds')
  writer.int(3, 4)
  writer.message(4, () =>
    writer.message(7, () => {
      writer.int(1, 3)
      writer.double(2, 6)
      writer.double(6, 0.001)
      writer.int(7, 1)
      writer.message(12, () => writer.int(2, 1)) // one bucket, from the first on
      writer.message(13, () => writer.varint(4)) // of two observations
    }),
  )
  const family = writer.written()
  return Buffer.concat([Buffer.of(family.length), family])
}

const native = await listening(
  http.createServer((request, reply) => {
    assert.match(request.headers.accept ?? '', /application\/vnd\.google\.protobuf/)
    reply.setHeader(
      'content-type',
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
    )
    reply.end(nativeFamily())
  }),
)

const tokenFile = join(folder.path, 'token')
writeFileSync(tokenFile, 'in-a-file\n')
const tls = `{ca_file: '${certificates.at('authority.pem')}', cert_file: '${certificates.at('client.pem')}', key_file: '${certificates.at('client.key')}', server_name: store.example}`
const config = join(folder.path, 'prometheus.yml')
writeFileSync(
  config,
  `
global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {cluster: a}}
scrape_configs:
  - {job_name: t, static_configs: [{targets: ['127.0.0.1:${target}']}]}
  - {job_name: n, scrape_native_histograms: true, static_configs: [{targets: ['127.0.0.1:${native}']}]}
remote_write:
  - {url: '${plain}/headers', name: headers, headers: {X-Scope-OrgID: team}, metadata_config: {send_interval: 1s}}
  - {url: '${plain}/basic', name: basic, basic_auth: {username: u, password: p}, metadata_config: {send: false}}
  - {url: '${plain}/bearer', name: bearer, authorization: {credentials_file: '${tokenFile}'}}
  - url: '${plain}/oauth'
    name: oauth
    oauth2: {client_id: i, client_secret: s, token_url: '${plain}/token'}
  - {url: '${secure}/tls', name: tls, tls_config: ${tls}}
  - {url: 'http://store.invalid/through/proxy', name: proxy, proxy_url: '${plain}'}
  - {url: '${plain}/second', name: second, protobuf_message: io.prometheus.write.v2.Request, send_exemplars: true, send_native_histograms: true}
  - {url: '${plain}/exemplars', name: exemplars, send_exemplars: true, send_native_histograms: true}
  - url: '${plain}/relabelled'
    name: relabelled
    queue_config: {max_samples_per_send: 1, max_shards: 1, batch_send_deadline: 50ms}
    write_relabel_configs:
      - {source_labels: [__name__], regex: 'asked_total|other', action: keep}
      - {source_labels: [by], target_label: from}
      - {regex: by, action: labeldrop}
`,
)
const NAMES = [
  'headers',
  'basic',
  'bearer',
  'oauth',
  'tls',
  'proxy',
  'second',
  'exemplars',
  'relabelled',
]
const agent = await startRole('agent', [`--config.file=${config}`, '--log.level=warn'])
after(() => agent.kill())
await until('three requests for each', () =>
  NAMES.every((name) => (got.get(name)?.length ?? 0) >= 3),
)

function of(name: string): readonly Got[] {
  return got.get(name) ?? []
}

function authorizationOf(name: string): string | undefined {
  return of(name)[0].headers.authorization
}

test('headers and credentials of every kind', () => {
  assert.equal(of('headers')[0].headers['x-scope-orgid'], 'team')
  assert.equal(authorizationOf('headers'), undefined)
  assert.equal(authorizationOf('basic'), `Basic ${Buffer.from('u:p').toString('base64')}`)
  assert.equal(authorizationOf('bearer'), 'Bearer in-a-file')
  assert.equal(authorizationOf('oauth'), 'Bearer of-oauth')
  assert.equal(tokensGiven, 1, 'one token serves all requests')
})

test('TLS: the certificate is verified under its name, and a client certificate is shown', () => {
  assert.equal(of('tls')[0].client, 'client')
})

test('a proxy is told the whole URL', () => {
  assert.equal(of('proxy')[0].url, 'http://store.invalid/through/proxy')
  assert.equal(of('proxy')[0].headers.host, 'store.invalid')
})

test('both messages say who sends, and in which version', () => {
  const shown = (name: string): unknown[] => {
    const { headers } = of(name)[0]
    return [headers['content-type'], headers['x-prometheus-remote-write-version']]
  }
  assert.deepEqual(shown('basic'), ['application/x-protobuf', '0.1.0'])
  const second = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'
  assert.deepEqual(shown('second'), [second, '2.0.0'])
})

test('metadata is sent unless it is not wanted', async () => {
  const families = (name: string): string[] =>
    of(name).flatMap(({ request }) => request.metadata.map(([, family]) => family))
  await until('metadata', () => families('headers').includes('other'))
  assert.deepEqual(families('basic'), [])
  const [type, help] = of('second')
    .flatMap(({ request }) => request.series)
    .find(({ labels }) => labels.includes('asked_total'))?.metadata ?? [0, '']
  assert.deepEqual([type, help], [1, 'How often.'])
})

test('exemplars are sent where they are wanted', () => {
  const exemplars = (name: string): unknown[] =>
    of(name).flatMap(({ request }) => request.series.flatMap((series) => series.exemplars))
  assert.deepEqual(exemplars('basic'), [])
  for (const name of ['exemplars', 'second']) {
    assert.deepEqual(exemplars(name)[0], { labels: ['trace_id', 't1'], value: 1, timeMs: 1500 })
  }
})

test('native histograms are sent where they are wanted', async () => {
  const histograms = (name: string): ReadHistogram[] =>
    of(name).flatMap(({ request }) => request.series.flatMap((series) => series.histograms))
  for (const name of ['exemplars', 'second']) {
    await until(`a histogram for ${name}`, () => histograms(name).length > 0)
    const [{ count, sumBits, zeroCount, positiveSpans, positiveCounts }] = histograms(name)
    assert.deepEqual([count, sumBits, zeroCount], [3, bitsOf(6), 1])
    assert.deepEqual([positiveSpans, positiveCounts], [[[0, 1]], [2]])
  }
  assert.deepEqual(histograms('basic'), [])
})

test('relabelling and the bound of a request', () => {
  const series = of('relabelled').flatMap(({ request }) => request.series)
  const samples = of('relabelled').map(({ request }) =>
    request.series.reduce((sum, each) => sum + each.samples.length, 0),
  )
  assert.ok(
    samples.every((count) => count <= 1),
    samples.join(),
  )
  const names = new Set(series.map(({ labels }) => labels[labels.indexOf('__name__') + 1]))
  assert.deepEqual([...names].sort(), ['asked_total', 'other'])
  for (const { labels } of series) {
    assert.equal(labels.includes('by'), false)
    assert.ok(labels.includes('from') && labels.includes('cluster'))
  }
})
