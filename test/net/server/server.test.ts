import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { NarthexError } from '../../../src/base/error.ts'
import type { Ask } from '../../../src/net/server/message.ts'
import { metric, readToEnd, route, serve, text } from './support.ts'

test('a route answers with its type, its length and the headers that keep browsers safe', async () => {
  await using server = await serve()
  const answer = await server.ask('/hello')
  assert.equal(answer.status, 200)
  assert.equal(answer.text, '/hello')
  assert.equal(answer.headers['content-type'], 'text/plain')
  assert.equal(answer.headers['content-length'], '6')
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.equal(answer.headers['cache-control'], 'no-store')
  const policy = answer.headers['content-security-policy'] ?? ''
  assert.match(policy, /default-src 'self'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(answer.headers['strict-transport-security'], undefined, 'only under TLS')
})

test('segments are decoded, fields of a form come before those of the address', async () => {
  const seen: unknown[] = []
  const handle = (ask: Ask) => {
    seen.push([...ask.params], [...ask.segments])
    return text('')(ask)
  }
  await using server = await serve({
    routes: [route('/label/:name/values', { methods: ['GET', 'POST'], body: 'form', handle })],
  })
  await server.ask('/label/a%2Fb/values?x=1&y=2', {
    method: 'POST',
    headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' },
    body: 'x=%C3%A9+',
  })
  await server.ask('/label/a/values?x=1', { method: 'POST', body: 'x=2' })
  assert.deepEqual(seen, [
    [
      ['x', 'é '],
      ['x', '1'],
      ['y', '2'],
    ],
    [['name', 'a/b']],
    [['x', '1']],
    [['name', 'a']],
  ])
})

test('an unknown path is 404, as JSON for the API, as a page for people, as a line for programs', async () => {
  await using server = await serve()
  const api = await server.ask('/api/v1/nothing', { headers: { accept: 'text/html' } })
  assert.equal(api.status, 404)
  assert.deepEqual(JSON.parse(api.text), {
    status: 'error',
    errorType: 'not_found',
    error: '404 page not found',
  })
  const page = await server.ask('/nothing', { headers: { accept: 'text/html,*/*' } })
  assert.equal(page.status, 404)
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)
  assert.match(page.headers['content-security-policy'] ?? '', /style-src 'sha256-/)
  assert.match((await server.ask('/nothing')).headers['content-type'] ?? '', /^text\/plain/)
})

test('another method is 405 and names those that are served', async () => {
  await using server = await serve()
  const answer = await server.ask('/hello', { method: 'POST' })
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.allow, 'GET, HEAD')
  const head = await server.ask('/hello', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.headers['content-length'], '6')
  assert.equal(head.text, '')
})

test('kinds of errors become status codes, and busy ones say when to come back', async () => {
  const failing = (path: string, error: unknown) =>
    route(path, {
      handle: () => {
        throw error
      },
    })
  const logged: unknown[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (...words: unknown[]) => logged.push(words),
  }
  await using server = await serve({
    routes: [
      failing('/api/bad', new NarthexError('bad_data', 'cannot read x: y')),
      failing('/api/costly', new NarthexError('limit', 'cannot run query: costly')),
      failing('/api/share', new NarthexError('share', 'cannot take: share')),
      failing('/api/busy', new NarthexError('busy', 'cannot take: full')),
      failing('/api/late', new NarthexError('timeout', 'query timed out')),
      failing('/api/bug', new TypeError('secret inside')),
    ],
    log,
  })
  const rows = [
    ['/api/bad', 400, 'bad_data', false],
    ['/api/costly', 422, 'execution', false],
    ['/api/share', 429, 'unavailable', true],
    ['/api/busy', 503, 'unavailable', true],
    ['/api/late', 503, 'timeout', false],
    ['/api/bug', 500, 'internal', false],
  ] as const
  for (const [path, status, errorType, retries] of rows) {
    const answer = await server.ask(path)
    assert.equal(answer.status, status, path)
    assert.equal(JSON.parse(answer.text).errorType, errorType, path)
    const retry = Number(answer.headers['retry-after'] ?? Number.NaN)
    assert.equal(retry >= 1 && retry <= 30, retries, path)
    assert.doesNotMatch(answer.text, /secret inside|\.ts:/)
  }
  assert.equal(logged.length, 1, 'a fault of ours is logged')
})

test('a body over its bound is 413, declared or not, and the sender sees the reply', async () => {
  const sizes: number[] = []
  const handle = (ask: Ask) => {
    sizes.push(ask.body.length)
    return text('ok')(ask)
  }
  await using server = await serve({
    routes: [route('/write', { methods: ['POST'], body: 'bytes', handle })],
    limits: { requestBytesMax: 100_000 },
  })
  const how = (size: number, headers = {}) => ({ method: 'POST', body: 'x'.repeat(size), headers })
  assert.equal((await server.ask('/write', how(100_000))).status, 200)
  const over = await server.ask('/write', how(3_000_000))
  assert.equal(over.status, 413)
  assert.match(over.text, /3000000 bytes, at most 100000 \(--limit\.request-bytes\)/)
  assert.equal(over.headers.connection, 'close')
  const chunked = await server.ask('/write', how(3_000_000, { 'transfer-encoding': 'chunked' }))
  assert.equal(chunked.status, 413)
  assert.deepEqual(sizes, [100_000])
  assert.equal(metric(server.metrics, 'narthex_http_body_bytes'), 0, 'the budget is given back')
})

test('a refused body is read on for a moment, so that its sender is not cut off', async () => {
  await using server = await serve({
    routes: [route('/write', { methods: ['POST'], body: 'bytes' })],
    limits: { requestBytesMax: 10 },
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n')
  const all = readToEnd(socket)
  const [reply] = await once(socket, 'data')
  assert.match(String(reply), /^HTTP\/1.1 413 .*\r\nconnection: close\r\n/is)
  socket.write('x'.repeat(1_000_000))
  const [hadError] = await once(socket, 'close')
  assert.equal(hadError, false)
  await all
})

test('bodies of all requests together are bounded', async () => {
  let release = (): void => undefined
  const handle = (ask: Ask) =>
    new Promise<ReturnType<ReturnType<typeof text>>>((resolve) => {
      release = () => resolve(text('ok')(ask))
    })
  await using server = await serve({
    routes: [route('/write', { methods: ['POST'], body: 'bytes', handle })],
    limits: { inflightBytesMax: 1000 },
  })
  const held = server.ask('/write', { method: 'POST', body: 'x'.repeat(900) })
  while (metric(server.metrics, 'narthex_http_body_bytes') !== 900) await new Promise(setImmediate)
  const refused = await server.ask('/write', { method: 'POST', body: 'x'.repeat(200) })
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers['retry-after']) >= 1)
  release()
  assert.equal((await held).status, 200)
})

test('a client that waits for 100-continue gets it only when its body is wanted', async () => {
  await using server = await serve({
    routes: [route('/write', { methods: ['POST'], body: 'bytes' })],
    limits: { requestBytesMax: 10 },
  })
  const head = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
  assert.match(
    await server.raw(`${head('/write', 2)}ok`),
    /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/,
  )
  assert.match(await server.raw(head('/nothing', 2)), /^HTTP\/1.1 404/)
  assert.match(await server.raw(head('/write', 11)), /^HTTP\/1.1 413/)
})

test('long text is sent as zstd or gzip to those who take it', async () => {
  const body = JSON.stringify(Array.from({ length: 3000 }, (_, i) => `series ${i}`))
  const json = () => ({ status: 200, type: 'application/json', body })
  await using server = await serve({ routes: [route('/api/v1/x', { handle: json })] })
  const as = (encoding: string) =>
    server.ask('/api/v1/x', { headers: { 'accept-encoding': encoding } })
  const zstd = await as('gzip, zstd')
  assert.equal(zstd.headers['content-encoding'], 'zstd')
  assert.equal(zstdDecompressSync(zstd.bytes).toString(), body)
  const gzip = await as('gzip, zstd;q=0')
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.equal(gzip.headers.vary, 'accept-encoding')
  assert.equal(gunzipSync(gzip.bytes).toString(), body)
  assert.equal((await as('br')).text, body)
})

test('a handler learns that its client has left', async () => {
  let began = (): void => undefined
  const started = new Promise<void>((resolve) => {
    began = resolve
  })
  let left: unknown
  const handle = (ask: Ask) =>
    new Promise<never>((_, reject) => {
      ask.signal.addEventListener('abort', () => {
        left = ask.signal.reason
        reject(ask.signal.reason)
      })
      began()
    })
  await using server = await serve({ routes: [route('/slow', { handle })] })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await started
  socket.destroy()
  while (left === undefined) await new Promise(setImmediate)
  assert.ok(left instanceof NarthexError && left.kind === 'canceled')
})

test('a connection serves many requests, and requests are counted by route and code', async () => {
  await using server = await serve()
  const get = 'GET /hello HTTP/1.1\r\nHost: localhost\r\n'
  const all = await server.raw(`${get}\r\n${get}\r\n${get}Connection: close\r\n\r\n`)
  assert.equal(all.match(/HTTP\/1.1 200/g)?.length, 3)
  await server.ask('/nothing/1')
  await server.ask('/nothing/2')
  const counted = (handler: string, code: number) =>
    metric(server.metrics, `prometheus_http_requests_total{handler="${handler}",code="${code}"}`)
  assert.equal(counted('/hello', 200), 3)
  assert.equal(counted('unmatched', 404), 2, 'paths of strangers make no series')
  const count = 'prometheus_http_request_duration_seconds_count{handler="/hello"}'
  assert.equal(metric(server.metrics, count), 3)
})

test('connections over the bound are closed at once and counted', async () => {
  await using server = await serve({ limits: { connectionsMax: 2 } })
  const open = [1, 2].map(() => connect(server.port, '127.0.0.1'))
  while (metric(server.metrics, 'narthex_http_connections') !== 2) await new Promise(setImmediate)
  assert.equal(await server.raw('GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'), '')
  assert.equal(metric(server.metrics, 'narthex_http_refused_connections_total'), 1)
  for (const socket of open) socket.destroy()
  while (metric(server.metrics, 'narthex_http_connections') !== 0) await new Promise(setImmediate)
  assert.equal((await server.ask('/hello')).status, 200)
})

test('stopping answers what is under way, closes idle connections and ends what does not end', async () => {
  let entered = 0
  let release = (): void => undefined
  const slow = (ask: Ask) =>
    new Promise<ReturnType<ReturnType<typeof text>>>((resolve) => {
      entered++
      release = () => resolve(text('done')(ask))
    })
  let reason: unknown
  const endless = (ask: Ask) =>
    new Promise<never>((_, reject) => {
      entered++
      ask.signal.addEventListener('abort', () => {
        reason = ask.signal.reason
        reject(ask.signal.reason)
      })
    })
  const routes = [route('/slow', { handle: slow }), route('/endless', { handle: endless })]
  const { server, port, ask } = await serve({ routes, limits: { stopMsMax: 200 } })
  const idle = connect(port, '127.0.0.1')
  const idleEnd = readToEnd(idle)
  const answer = ask('/slow', { headers: { connection: 'keep-alive' } })
  const lost = ask('/endless').catch((error: Error) => error)
  await new Promise((resolve) => idle.once('connect', resolve))
  while (entered < 2) await new Promise(setImmediate)
  const stopped = server.stop()
  release()
  const { status, headers } = await answer
  assert.equal(status, 200)
  assert.equal(headers.connection, 'close')
  await stopped
  await idleEnd
  assert.ok((await lost) instanceof Error)
  assert.ok(reason instanceof NarthexError && reason.kind === 'canceled')
})
