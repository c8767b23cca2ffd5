/** gRPC on raw bytes: streams, single answers, who may call, TLS, bounds, the end. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { Client, status } from '@grpc/grpc-js'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { PLAIN_TLS, type TlsConfig } from '../../../src/config/http.ts'
import { NO_WEB_CONFIG, type WebConfig, type WebTls } from '../../../src/config/web.ts'
import { type CallOptions, type ClientCall, openCall } from '../../../src/net/grpc/client.ts'
import {
  type ByteStream,
  type GrpcMethod,
  type GrpcServer,
  startGrpcServer,
} from '../../../src/net/grpc/server.ts'
import { channelCredentials } from '../../../src/net/grpc/tls.ts'
import { makeCertificates } from './certificates.ts'

const STREAM = '/test.Service/Stream'
const UNARY = '/test.Service/Ask'

const certificates = makeCertificates({
  server: 'DNS:gateway.example,IP:127.0.0.1',
  second: 'DNS:gateway.example,IP:127.0.0.1',
  client: 'DNS:agent.example',
})
after(() => certificates.remove())

/** Sends back what comes; the first byte may ask for something else. */
function echo(stream: ByteStream): { onMessage(message: Uint8Array): void; onEnd(): void } {
  return {
    onMessage(message) {
      if (message[0] === 1) stream.fail(new NarthexError('bad_data', 'a one at the beginning'))
      else if (message[0] === 2) stream.end()
      else if (message[0] === 3) stream.send(Buffer.from(stream.identity.name))
      else stream.send(message)
    },
    onEnd() {},
  }
}

const METHODS: readonly GrpcMethod[] = [
  { path: STREAM, role: 'editor', stream: echo },
  {
    path: UNARY,
    role: 'viewer',
    unary: async (message) => {
      if (message.length === 0) throw new NarthexError('busy', 'nothing was asked')
      return message.toReversed()
    },
  },
]

async function withServer(
  web: Partial<WebConfig>,
  act: (address: string, server: GrpcServer) => Promise<void>,
): Promise<void> {
  const server = await startGrpcServer({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    methods: METHODS,
    web: { ...NO_WEB_CONFIG, ...web },
    bcryptWorkerFile: new URL('../../../src/net/server/bcryptworker.ts', import.meta.url),
    messageBytesMax: 1000,
    metrics: new Metrics(),
    log: silentLog,
    clock: systemClock,
  })
  try {
    await act(`127.0.0.1:${server.addresses[0].port}`, server)
  } finally {
    await server.stop()
  }
}

interface Heard {
  readonly call: ClientCall
  readonly messages: Uint8Array[]
  readonly ended: Promise<NarthexError | undefined>
}

async function call(address: string, more: Partial<CallOptions> = {}): Promise<Heard> {
  const messages: Uint8Array[] = []
  const { promise, resolve } = Promise.withResolvers<NarthexError | undefined>()
  const opened = await openCall({
    address,
    tls: undefined,
    path: STREAM,
    metadata: [],
    messageBytesMax: 10_000,
    onMessage: (message) => messages.push(message),
    onEnd: resolve,
    ...more,
  })
  return { call: opened, messages, ended: promise }
}

/** What one call with one message comes to: the answer, or why there is none. */
async function ask(
  address: string,
  bytes: readonly number[],
  more: Partial<CallOptions> = {},
): Promise<string> {
  const heard = await call(address, more)
  heard.call.send(Uint8Array.from(bytes))
  heard.call.end()
  const reason = await heard.ended
  if (reason !== undefined) return `${reason.kind}: ${reason.message}`
  return heard.messages.map((message) => Buffer.from(message).toString('latin1')).join()
}

/** The answer of the method that has one, or the name of a status. */
function askOnce(client: Client, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      UNARY,
      (each: Uint8Array) => Buffer.from(each),
      (each: Buffer) => each,
      bytes,
      (error, answer) => resolve(error === null ? String(answer) : status[error.code]),
    )
  })
}

const A = 'A'.charCodeAt(0)

test('messages go both ways, in order, and either side may end', async () => {
  await withServer({}, async (address) => {
    const heard = await call(address)
    for (let i = 0; i < 100; i++) heard.call.send(Uint8Array.of(10, i))
    heard.call.end()
    assert.equal(await heard.ended, undefined)
    assert.deepEqual(
      heard.messages.map((message) => message[1]),
      Array.from({ length: 100 }, (_, i) => i),
    )
    assert.equal(await ask(address, [2]), '', 'the server ends it well')
    assert.equal(await ask(address, [1]), 'bad_data: a one at the beginning')
    const given = await call(address)
    given.call.cancel()
    assert.equal((await given.ended)?.kind, 'canceled')
  })
})

test('a method with one answer says it, or why not', async () => {
  await withServer({}, async (address) => {
    const { credentials, options } = await channelCredentials(undefined, address)
    const client = new Client(address, credentials, options)
    const asked = (bytes: Uint8Array): Promise<string> => askOnce(client, bytes)
    assert.equal(await asked(Buffer.from('abc')), 'cba')
    assert.equal(await asked(new Uint8Array(0)), 'UNAVAILABLE')
    client.close()
  })
})

test('C27: a compressed message is taken, and a bomb ends its own call before it is unpacked', async () => {
  await withServer({}, async (address) => {
    const { credentials, options } = await channelCredentials(undefined, address)
    const client = new Client(address, credentials, {
      ...options,
      'grpc.default_compression_algorithm': 2, // gzip
    })
    const asked = (bytes: Uint8Array): Promise<string> => askOnce(client, bytes)
    assert.equal(await asked(Buffer.from('abcabcabcabc')), 'cbacbacbacba')
    const before = process.memoryUsage().arrayBuffers
    const bomb = new Uint8Array(500_000) // some 500 bytes on the way, which are below the bound
    assert.equal(await asked(bomb), 'RESOURCE_EXHAUSTED')
    assert.ok(process.memoryUsage().arrayBuffers - before < 8e6)
    assert.equal(await asked(Buffer.from('abc')), 'cba', 'the server goes on')
    client.close()
  })
})

test('messages over the bound end the call, unknown methods are told', async () => {
  await withServer({}, async (address) => {
    assert.match(await ask(address, Array(2000).fill(A)), /^io: .*larger than max/)
    assert.match(await ask(address, [A], { path: '/test.Service/Other' }), /^bad_data/)
    assert.equal(await ask(address, [A]), 'A', 'others are served as before')
  })
})

const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex')
const bearer = (token: string): Partial<CallOptions> => ({
  metadata: [['authorization', `Bearer ${token}`]],
})

test('only those with a token of the right role may call', async () => {
  const tokens = [
    { name: 'writer', sha256: sha256('w'), role: 'editor' as const },
    { name: 'reader', sha256: sha256('r'), role: 'viewer' as const },
  ]
  await withServer({ tokens }, async (address, server) => {
    assert.equal(await ask(address, [3], bearer('w')), 'writer')
    assert.equal(await ask(address, [A]), 'forbidden: Unauthorized')
    assert.equal(await ask(address, [A], bearer('wrong')), 'forbidden: Unauthorized')
    assert.match(await ask(address, [A], bearer('r')), /^forbidden: .*reader is viewer/)
    server.reload({ ...NO_WEB_CONFIG, tokens: [{ ...tokens[0], sha256: sha256('new') }] })
    assert.equal(await ask(address, [A], bearer('w')), 'forbidden: Unauthorized')
    assert.equal(await ask(address, [3], bearer('new')), 'writer')
  })
})

function webTls(name: string, more: Partial<WebTls> = {}): WebTls {
  return {
    cert: '',
    certFile: certificates.at(`${name}.pem`),
    key: undefined,
    keyFile: certificates.at(`${name}.key`),
    clientAuth: 'NoClientCert',
    clientCa: '',
    clientCaFile: '',
    clientAllowedSans: [],
    versionMin: 'TLSv1.2',
    versionMax: 'TLSv1.3',
    cipherSuites: [],
    curves: [],
    ...more,
  }
}

const trust = (more: Partial<TlsConfig> = {}): TlsConfig => ({
  ...PLAIN_TLS,
  caFile: certificates.at('authority.pem'),
  ...more,
})

test('TLS: who trusts the authority gets in, by address and by name; others do not', async () => {
  await withServer({ tls: webTls('server') }, async (address, server) => {
    assert.equal(await ask(address, [A], { tls: trust() }), 'A')
    assert.equal(await ask(address, [A], { tls: trust({ serverName: 'gateway.example' }) }), 'A')
    const insecure = { ...PLAIN_TLS, insecureSkipVerify: true }
    assert.equal(await ask(address, [A], { tls: insecure }), 'A')
    assert.match(await ask(address, [A], { tls: PLAIN_TLS }), /^io: .*certificate/)
    const other = trust({ serverName: 'other.example' })
    assert.match(await ask(address, [A], { tls: other }), /^io: .*altnames/)
    assert.match(await ask(address, [A]), /^io/, 'plain text is no TLS')
    server.reload({ ...NO_WEB_CONFIG, tls: webTls('second') })
    assert.equal(await ask(address, [A], { tls: trust() }), 'A')
    assert.throws(() => server.reload(NO_WEB_CONFIG), /need a restart/)
  })
})

test('client certificates: required, verified, and only with the names that may come', async () => {
  const own = {
    certFile: certificates.at('client.pem'),
    keyFile: certificates.at('client.key'),
  }
  const required = {
    clientAuth: 'RequireAndVerifyClientCert' as const,
    clientCaFile: certificates.at('authority.pem'),
  }
  await withServer({ tls: webTls('server', required) }, async (address) => {
    assert.equal(await ask(address, [3], { tls: trust(own) }), 'client')
    assert.equal(
      await ask(address, [A], { tls: trust() }),
      'io: TLS: tlsv13 alert certificate required',
    )
    assert.equal(
      await ask(address, [A]),
      'io: the other end closed the connection before it said anything',
    )
  })
  const named = { ...required, clientAllowedSans: ['somebody.example'] }
  await withServer({ tls: webTls('server', named) }, async (address) => {
    assert.match(await ask(address, [A], { tls: trust(own) }), /^forbidden: .*client_allowed_sans/)
  })
  const unverified = webTls('server', { clientAuth: 'RequireAnyClientCert' })
  await assert.rejects(
    withServer({ tls: unverified }, async () => {}),
    /cannot serve gRPC with client_auth_type RequireAnyClientCert/,
  )
})

test('a port that is taken and a gateway that is not there are told as what they are', async () => {
  await withServer({}, async (address, server) => {
    await assert.rejects(
      startGrpcServer({
        addresses: server.addresses,
        methods: METHODS,
        web: NO_WEB_CONFIG,
        bcryptWorkerFile: new URL('file:///none'),
        messageBytesMax: 1000,
        metrics: new Metrics(),
        log: silentLog,
        clock: systemClock,
      }),
      /cannot listen on 127\.0\.0\.1:\d+: the port is in use, wanted a free one \(--gateway\.grpc-address/,
    )
    await server.stop()
    assert.equal(await ask(address, [A]), `io: dial tcp ${address}: connect: connection refused`)
  })
})
