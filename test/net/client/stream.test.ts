/** Streamed requests over real sockets: pieces, ends from both sides, redirects, ways there. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { type ErrorKind, NarthexError } from '../../../src/base/error.ts'
import { Secret } from '../../../src/base/secret.ts'
import { type HttpClientConfig, NO_PROXY, PLAIN_HTTP, PLAIN_TLS } from '../../../src/config/http.ts'
import type { Admission } from '../../../src/net/client/address.ts'
import { openStreamClient, type StreamReply } from '../../../src/net/client/stream.ts'
import { fakeClock, settle } from '../../collect/clock.ts'

const LONG_MS = 10_000
const AUTHORIZATION = { type: 'Bearer', credentials: new Secret('CANARY'), credentialsFile: '' }

async function serve(
  t: TestContext,
  handler: http.RequestListener,
  listen: { readonly path?: string } = {},
): Promise<string> {
  const server = http.createServer(handler)
  server.listen({ ...(listen.path === undefined ? { port: 0, host: '127.0.0.1' } : listen) })
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'string' ? address : `http://127.0.0.1:${(address as AddressInfo).port}`
}

interface Asked {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly clock?: typeof systemClock
  readonly socketPath?: string
  readonly admits?: Admission
  readonly headers?: readonly (readonly [string, string])[]
}

function get(
  t: TestContext,
  url: string,
  config: Partial<HttpClientConfig> = {},
  asked: Asked = {},
): Promise<StreamReply> {
  const client = openStreamClient({
    config: { ...PLAIN_HTTP, ...config },
    clock: asked.clock ?? systemClock,
    environment: {},
    socketPath: asked.socketPath ?? '',
    ...(asked.admits === undefined ? {} : { admits: asked.admits }),
  })
  t.after(() => client.close())
  return client.get({
    url: new URL(url),
    headers: asked.headers ?? [],
    timeoutMs: asked.timeoutMs ?? LONG_MS,
    signal: asked.signal ?? new AbortController().signal,
  })
}

function isFault(kind: ErrorKind, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NarthexError, String(error))
    assert.equal(error.kind, kind)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /CANARY/)
    return true
  }
}

test('a body comes in pieces while the server still writes', async (t) => {
  let finish = (): void => {}
  const base = await serve(t, (_request, response) => {
    response.write('one')
    finish = () => response.end('two')
  })
  const reply = await get(t, base)
  const seen: string[] = []
  for await (const piece of reply.pieces()) {
    seen.push(Buffer.from(piece).toString())
    if (seen.length === 1) finish()
  }
  assert.deepEqual(seen, ['one', 'two'])
})

test('status and headers are there before the body', async (t) => {
  const base = await serve(t, (_request, response) => {
    response.writeHead(404, { 'X-Index': '7', 'Set-Cookie': ['a', 'b'] }).end('gone')
  })
  const reply = await get(t, base)
  assert.deepEqual([reply.status, reply.statusLine], [404, '404 Not Found'])
  assert.deepEqual(
    [reply.header('x-index'), reply.header('set-cookie'), reply.header('x')],
    ['7', 'a, b', ''],
  )
  assert.equal(await reply.text(10), 'gone')
})

test('a body over its bound is refused', async (t) => {
  const base = await serve(t, (_request, response) => response.end('x'.repeat(100)))
  await assert.rejects((await get(t, base)).text(99), isFault('too_big', /over 99 bytes/))
})

test('a connection that breaks inside the body is a fault, however long the body is', async (t) => {
  const base = await serve(t, (_request, response) => {
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await assert.rejects((await get(t, base)).text(100), isFault('io', /^Get "http/))
})

for (const [when, handler] of [
  ['before the head', () => {}],
  ['inside the body', (_request, response) => response.write('half')],
] as const satisfies readonly (readonly [string, http.RequestListener])[]) {
  test(`the deadline ends an exchange ${when}`, async (t) => {
    const clock = fakeClock()
    let isAsked = false
    const base = await serve(t, (request, response) => {
      isAsked = true
      handler(request, response)
    })
    const whole = get(t, base, {}, { clock, timeoutMs: 1000 }).then((reply) => reply.text(100))
    const refused = assert.rejects(whole, isFault('timeout', /context deadline exceeded/))
    while (!isAsked) await settle()
    await clock.advance(1000)
    await refused
    assert.equal(clock.waiting, 0)
  })

  test(`whoever asked ends an exchange ${when}`, async (t) => {
    const leaving = new AbortController()
    let isAsked = false
    const base = await serve(t, (request, response) => {
      isAsked = true
      handler(request, response)
    })
    const whole = get(t, base, {}, { signal: leaving.signal }).then((reply) => reply.text(100))
    const refused = assert.rejects(whole, isFault('canceled', /context canceled/))
    while (!isAsked) await settle()
    leaving.abort()
    await refused
  })
}

test('nothing is asked for somebody who has left already, and no timer stays', async (t) => {
  const clock = fakeClock()
  let askedCount = 0
  const base = await serve(t, (_request, response) => {
    askedCount++
    response.end()
  })
  const asked = get(t, base, {}, { clock, signal: AbortSignal.abort() })
  await assert.rejects(asked, isFault('canceled', /context canceled/))
  assert.deepEqual([askedCount, clock.waiting], [0, 0])
})

test('leaving the loop over the pieces closes the connection', async (t) => {
  let closed: Promise<unknown> = Promise.resolve()
  const base = await serve(t, (_request, response) => {
    closed = once(response, 'close')
    response.write('one')
  })
  const reply = await get(t, base)
  for await (const _piece of reply.pieces()) break
  reply.close()
  await closed
})

test('redirects are followed, and C29: credentials stay with their origin', async (t) => {
  const seen: string[] = []
  const note: http.RequestListener = (request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? 'nobody'}`)
    if (request.url === '/') response.writeHead(302, { Location: '/near' }).end()
    else if (request.url === '/near') response.writeHead(307, { Location: `${other}/far` }).end()
    else response.end('there')
  }
  const other = await serve(t, note)
  const base = await serve(t, note)
  const reply = await get(t, `${base}/`, { authorization: AUTHORIZATION })
  assert.equal(await reply.text(100), 'there')
  assert.deepEqual(seen, ['/ Bearer CANARY', '/near Bearer CANARY', '/far nobody'])
  const kept = await get(t, `${base}/`, { followRedirects: false })
  assert.equal(kept.status, 302)
})

test('C29: an origin that sends the request back to the first one gets no credentials shown there', async (t) => {
  const seen: string[] = []
  const home = await serve(t, (request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? 'nobody'}`)
    if (request.url === '/') response.writeHead(302, { Location: `${away}/` }).end()
    else response.end('there')
  })
  const away = await serve(t, (_request, response) => {
    response.writeHead(302, { Location: `${home}/chosen-by-others` }).end()
  })
  await get(t, `${home}/`, { authorization: AUTHORIZATION })
  assert.deepEqual(seen, ['/ Bearer CANARY', '/chosen-by-others nobody'])
})

for (const [name, location, message] of [
  ['without an end', '/', /stopped after 10 redirects/],
  ['to another scheme', 'file:///etc/passwd', /cannot follow redirect/],
] as const) {
  test(`a redirect ${name} is refused`, async (t) => {
    const base = await serve(t, (_request, response) => {
      response.writeHead(302, { Location: location }).end()
    })
    await assert.rejects(get(t, `${base}/`), isFault('io', message))
  })
}

test('C30: a redirect to an address that is not admitted is not followed, by number or by name', async (t) => {
  let location = ''
  const base = await serve(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { Location: location }).end()
    else response.end('secret')
  })
  const port = new URL(await serve(t, (_request, response) => response.end('secret'))).port
  const admits = (address: string, redirected: boolean): boolean =>
    !redirected || !/^(127\.0\.0\.1|::1)$/.test(address)
  for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
    location = `http://${host}:${port}/`
    await assert.rejects(
      get(t, `${base}/`, {}, { admits }),
      isFault('forbidden', /link-local or metadata address/),
    )
  }
  location = '/own'
  assert.equal(await (await get(t, `${base}/`, {}, { admits })).text(100), 'secret')
})

test('a socket of this machine is asked in place of the host', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'narthex-stream-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const socketPath = path.join(dir, 'a.sock')
  await serve(t, (request, response) => response.end(`${request.headers.host} ${request.url}`), {
    path: socketPath,
  })
  const reply = await get(t, 'http://docker/x?y=1', {}, { socketPath })
  assert.equal(await reply.text(100), 'docker /x?y=1')
})

test('a proxy is told the whole URL and its own password', async (t) => {
  const proxy = await serve(t, (request, response) => {
    response.end(`${request.url} ${request.headers['proxy-authorization']}`)
  })
  const url = new Secret(proxy.replace('http://', 'http://u:p@'))
  const reply = await get(t, 'http://far.example/x', { proxy: { ...NO_PROXY, url } })
  assert.equal(
    await reply.text(100),
    `http://far.example/x Basic ${Buffer.from('u:p').toString('base64')}`,
  )
})

test('over TLS, also through a proxy: a server is trusted by its CA only', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'narthex-stream-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=s', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', 'k', '-out', 'c'], {
    cwd: dir,
    stdio: 'pipe',
  })
  const [key, cert] = ['k', 'c'].map((name) => readFileSync(path.join(dir, name), 'utf8'))
  const server = https.createServer({ key, cert }, (_request, response) => response.end('safe'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const tunnels: string[] = []
  const proxy = http.createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const [host, port] = (request.url ?? '').split(':')
    const there = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    socket.on('error', () => there.destroy())
    there.on('error', () => socket.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
    proxy.closeAllConnections()
    proxy.close()
  })
  const tls = { ...PLAIN_TLS, ca: cert }
  assert.equal(await (await get(t, `https://${target}/`, { tls })).text(100), 'safe')
  await assert.rejects(get(t, `https://${target}/`), isFault('io', /certificate/))
  const url = new Secret(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  const through = await get(t, `https://${target}/`, { tls, proxy: { ...NO_PROXY, url } })
  assert.equal(await through.text(100), 'safe')
  assert.deepEqual(tunnels, [target])
})

test('a server that is not there is a fault in the words of Prometheus', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const asked = get(t, `http://user:CANARY@127.0.0.1:${port}/x`)
  await assert.rejects(
    asked,
    isFault(
      'io',
      /^Get "http:\/\/127.0.0.1:\d+\/x": dial tcp 127.0.0.1:\d+: connect: connection refused$/,
    ),
  )
})

test('a header with a line break is not sent', async (t) => {
  const base = await serve(t, (_request, response) => response.end())
  await assert.rejects(
    get(t, base, {}, { headers: [['X', 'a\r\nY: b']] }),
    isFault('io', /Invalid character/),
  )
})
