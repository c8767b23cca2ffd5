/** C38: requests that mean two things, clients that are slow, headers without end. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { metric, readToEnd, route, serve, text } from '../net/server/support.ts'
import { until } from '../support/processes.ts'

let served = 0
const server = await serve({
  routes: [
    route('/write', {
      methods: ['POST'],
      body: 'bytes',
      handle: () => text(`ok ${++served}`)(null as never),
    }),
    route('/secret'),
  ],
})
after(() => server.server.stop())

const SMUGGLED = 'GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n'
const head = (...lines: string[]): string =>
  ['POST /write HTTP/1.1', 'Host: localhost', ...lines, '', ''].join('\r\n')

for (const [name, words] of [
  [
    'both lengths',
    `${head('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
  ],
  [
    'both, the other way',
    `${head('Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n${SMUGGLED}`,
  ],
  ['two lengths', `${head('Content-Length: 0', 'Content-Length: 44')}${SMUGGLED}`],
  ['a list of lengths', `${head('Content-Length: 0, 44')}${SMUGGLED}`],
  ['a signed length', `${head('Content-Length: +2')}ok`],
  ['a length that is no number', `${head('Content-Length: 2x')}ok`],
  [
    'an encoding that is not the last',
    `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n${SMUGGLED}`,
  ],
  ['an encoding nobody knows', `${head('Transfer-Encoding: xchunked')}0\r\n\r\n`],
  ['an encoding behind a tab', `${head('Transfer-Encoding:\tchunked\u000b')}0\r\n\r\n`],
  ['a blank before the colon', `${head('Content-Length : 0')}${SMUGGLED}`],
  ['a folded header', `${head('X-A: b', ' Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['a chunk length with a sign', `${head('Transfer-Encoding: chunked')}-1\r\n\r\n`],
  ['a chunk length without end', `${head('Transfer-Encoding: chunked')}${'f'.repeat(40)}\r\n`],
  ['a bare line feed', 'POST /write HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n'],
  ['a zero byte in a header', `${head('X-A: \u0000')}`],
  ['a version nobody has', 'GET /secret HTTP/9.9\r\nHost: localhost\r\n\r\n'],
  ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
] as const) {
  test(`C38: ${name} is refused, and nothing behind it is served`, async () => {
    const answer = await server.raw(words)
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.doesNotMatch(answer, /\/secret/)
    assert.equal(answer.match(/HTTP\/1\.1 2/g), null)
  })
}

test('C38: headers of 2 MiB are answered 431 and read no further', async () => {
  const answer = await server.raw(`${head(`X-A: ${'a'.repeat(2 * 1024 * 1024)}`)}`)
  assert.match(answer, /^HTTP\/1\.1 431 /)
})

test('C38: thousands of small headers are answered 431, too', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: a`)
  assert.match(await server.raw(head(...many)), /^HTTP\/1\.1 431 /)
})

test('C38: a target that is too long is 414 and says how else', async () => {
  const answer = await server.ask(`/secret?query=${'a'.repeat(13_000)}`)
  assert.equal(answer.status, 414)
  assert.match(answer.text, /POST/)
})

test('C38: a client that drips its headers is answered 408 and closed', {
  timeout: 20_000,
}, async () => {
  await using slow = await serve({
    limits: { headerMsMax: 200, requestMsMax: 300_000, lingerMsMax: 50 },
  })
  const answer = await slow.raw('GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  assert.match(answer, /^HTTP\/1\.1 408 /)
  assert.equal(metric(slow.metrics, 'narthex_http_broken_connections_total'), 1)
})

test('C38: connections that say nothing, and kept ones that say nothing more, are closed', async () => {
  await using slow = await serve({
    limits: { headerMsMax: 200, requestMsMax: 400, idleMsMax: 100, lingerMsMax: 50 },
  })
  await slow.raw('')
  const kept = await slow.raw('GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.match(kept, /^HTTP\/1\.1 200 /)
  while (metric(slow.metrics, 'narthex_http_connections') !== 0) await new Promise(setImmediate)
})

test('C38: a body that never ends is answered 408 and closed', async () => {
  await using slow = await serve({
    routes: [route('/write', { methods: ['POST'], body: 'bytes' })],
    limits: { headerMsMax: 100, requestMsMax: 200, lingerMsMax: 50 },
  })
  const words = 'POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc'
  assert.match(await slow.raw(words), /^HTTP\/1\.1 408 /)
  while (metric(slow.metrics, 'narthex_http_body_bytes') !== 0) await new Promise(setImmediate)
})

test('C38: a reader that does not read is closed, and its reply let go', async () => {
  const big = 'x'.repeat(32 * 1024 * 1024)
  await using slow = await serve({
    routes: [route('/big', { handle: text(big) })],
    limits: { writeStallMsMax: 150 },
  })
  const socket = connect(slow.port, '127.0.0.1')
  socket.pause()
  socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const stalled = 'narthex_http_stalled_replies_total'
  await until('the reply to be given up', () => metric(slow.metrics, stalled) === 1)
  socket.resume()
  assert.ok((await readToEnd(socket)).length < big.length)
  assert.equal(metric(slow.metrics, 'narthex_http_reply_bytes'), 0)
})

test('C38: readers that do not read hold no more than a bound together', async () => {
  const big = 'x'.repeat(8 * 1024 * 1024)
  await using slow = await serve({
    routes: [route('/big', { handle: text(big) }), route('/small')],
    limits: { replyBytesMax: 20 * 1024 * 1024 },
  })
  const sockets = [1, 2].map(() => connect(slow.port, '127.0.0.1').pause())
  for (const socket of sockets) socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n')
  while (metric(slow.metrics, 'narthex_http_reply_bytes') !== 2 * big.length) {
    await new Promise(setImmediate)
  }
  const refused = await slow.ask('/big')
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers['retry-after']) >= 1)
  assert.equal((await slow.ask('/small')).status, 200)
  const counted = 'prometheus_http_requests_total{handler="/big",code="503"}'
  assert.equal(metric(slow.metrics, counted), 1)
  for (const socket of sockets) socket.destroy()
  while (metric(slow.metrics, 'narthex_http_reply_bytes') !== 0) await new Promise(setImmediate)
  assert.equal((await slow.ask('/big')).status, 200)
})

test('C38: a reader that is slow but reads gets everything', async () => {
  const big = 'x'.repeat(8 * 1024 * 1024)
  await using slow = await serve({
    routes: [route('/big', { handle: text(big) })],
    limits: { writeStallMsMax: 150 },
  })
  const socket = connect({ port: slow.port, host: '127.0.0.1' })
  socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let length = 0
  socket.on('data', (chunk) => {
    length += chunk.length
    if (length % 7 === 0) return
    socket.pause()
    setImmediate(() => socket.resume())
  })
  await new Promise((resolve) => socket.once('close', resolve))
  assert.ok(length > big.length)
})

test('C38: a content type that only begins like a form is not one', async () => {
  const seen: string[] = []
  await using forms = await serve({
    routes: [
      route('/q', {
        methods: ['POST'],
        body: 'form',
        handle: (ask) => {
          seen.push(ask.params.get('a') ?? 'none')
          return text('')(ask)
        },
      }),
    ],
  })
  for (const type of [
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded\t; a=b',
    'application/x-www-form-urlencodedx',
    'application/x-www-form-urlencoded,text/plain',
    'text/plain',
    'application/json',
  ]) {
    await forms.ask('/q', { method: 'POST', headers: { 'content-type': type }, body: 'a=b' })
  }
  assert.deepEqual(seen, ['b', 'b', 'none', 'none', 'none', 'none'])
})
