/** Bodies on their way: pieces, reuse, answers, redirects, credentials, deadlines. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Secret } from '../../../src/base/secret.ts'
import { type HttpClientConfig, PLAIN_HTTP, PLAIN_TLS } from '../../../src/config/http.ts'
import { openPoster, type Poster, type PosterOptions } from '../../../src/net/client/poster.ts'
import { roundRobinLookup } from '../../../src/net/client/roundrobin.ts'

const LONG_MS = 10_000
const NEVER = new AbortController().signal

function open(
  url: string,
  config: Partial<HttpClientConfig> = {},
  more: Partial<PosterOptions> = {},
): Poster {
  return openPoster({
    url: new URL(url),
    config: { ...PLAIN_HTTP, ...config },
    connectionsMax: 4,
    clock: systemClock,
    ...more,
  })
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly port: number
}

/** A server that notes what it gets and answers as told. */
async function withReceiver(
  answer: (seen: Seen, response: http.ServerResponse) => void,
  run: (base: string, seen: Seen[], server: http.Server) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = []
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(pieces).toString(),
      port: request.socket.remotePort ?? 0,
    }
    seen.push(one)
    answer(one, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const ok = (_seen: Seen, response: http.ServerResponse): void => void response.end()

test('a body of several pieces arrives as one, over a connection that is kept', () =>
  withReceiver(ok, async (base, seen) => {
    const poster = open(`${base}/write?a=b`)
    const pieces = [bytes('one,'), bytes(''), bytes('two,'), bytes('x'.repeat(200_000))]
    for (let i = 0; i < 3; i++) {
      const reply = await poster.post([['X-Own', 'v']], pieces, LONG_MS, NEVER)
      assert.equal(reply.status, 200)
    }
    poster.close()
    for (const one of seen) {
      assert.equal(one.body, `one,two,${'x'.repeat(200_000)}`)
      assert.deepEqual(
        [one.method, one.url, one.headers['x-own'], one.headers['content-length']],
        ['POST', '/write?a=b', 'v', '200008'],
      )
    }
    assert.equal(new Set(seen.map(({ port }) => port)).size, 1)
  }))

test('requests run side by side, each on a connection of its own', async () => {
  const waiting: http.ServerResponse[] = []
  await withReceiver(
    (_seen, response) => {
      waiting.push(response)
      if (waiting.length < 3) return
      for (const each of waiting.splice(0)) each.end()
    },
    async (base, seen) => {
      const poster = open(base, {}, { connectionsMax: 2 })
      const post = (text: string): Promise<unknown> =>
        poster.post([], [bytes(text)], LONG_MS, NEVER)
      await Promise.all([post('a'), post('b'), post('c')])
      await Promise.all([post('d'), post('e'), post('f')])
      poster.close()
      const ports = seen.map(({ port }) => port)
      assert.equal(new Set(ports.slice(0, 3)).size, 3)
      assert.equal(new Set(ports).size, 4, 'two of three connections were kept')
    },
  )
})

test('a connection that the peer gave up gets the whole body again on a new one', () =>
  withReceiver(ok, async (base, seen, server) => {
    const poster = open(base)
    await poster.post([], [bytes('first')], LONG_MS, NEVER)
    server.closeAllConnections()
    await poster.post([], [bytes('sec'), bytes('ond')], LONG_MS, NEVER)
    poster.close()
    assert.deepEqual(
      seen.map(({ body }) => body),
      ['first', 'second'],
    )
  }))

test('of an answer there are status, headers, when to come again, and the beginning', () => {
  const clock: Clock = { ...systemClock, now: () => Date.parse('2026-01-01T00:00:00Z') }
  const after = ['7', 'Thu, 01 Jan 2026 00:01:00 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'soon']
  let turn = 0
  return withReceiver(
    (_seen, response) => {
      response.writeHead(503, { 'Retry-After': after[turn++], 'X-Prometheus-Written': '12' })
      response.end(`${'é'.repeat(100)}${'x'.repeat(100_000)}`)
    },
    async (base, seen) => {
      const poster = open(base, {}, { clock })
      for (const wanted of [7000, 60_000, 0, 0]) {
        const reply = await poster.post([], [bytes('x')], LONG_MS, NEVER)
        assert.equal(reply.retryAfterMs, wanted)
        assert.equal(reply.statusLine, '503 Service Unavailable')
        assert.equal(reply.header('x-prometheus-written'), '12')
        assert.equal(reply.header('x-other'), '')
        assert.equal(reply.text, `${'é'.repeat(100)}${'x'.repeat(312)}`)
      }
      poster.close()
      assert.equal(new Set(seen.map(({ port }) => port)).size, 1, 'what is too long is read over')
    },
  )
})

test('C29: what is sent on to another origin goes without credentials and own headers', () =>
  withReceiver(ok, (away, seenAway) =>
    withReceiver(
      (seen, response) => {
        const here = seen.url === '/start' ? '/here' : `${away}/there`
        response.writeHead(seen.url === '/start' ? 308 : 307, { Location: here }).end()
      },
      async (base, seen) => {
        const poster = open(
          `${base}/start`,
          {
            basicAuth: {
              username: 'u',
              usernameFile: '',
              password: new Secret('p'),
              passwordFile: '',
            },
            headers: [{ name: 'X-Key', values: ['k'], secrets: [], files: [] }],
          },
          { headers: [['X-Tenant', 't']] },
        )
        await poster.post([['X-Own', 'v']], [bytes('body')], LONG_MS, NEVER)
        poster.close()
        for (const { headers, body } of seen) {
          assert.deepEqual(
            [headers.authorization, headers['x-key'], headers['x-tenant'], body],
            ['Basic dTpw', 'k', 't', 'body'],
          )
        }
        const [{ headers, body, method }] = seenAway
        assert.deepEqual(
          [
            method,
            body,
            headers['x-own'],
            headers.authorization,
            headers['x-key'],
            headers['x-tenant'],
          ],
          ['POST', 'body', 'v', undefined, undefined, undefined],
        )
      },
    ),
  ))

test('a redirect that would drop the body, or that is not wanted, is the answer', () =>
  withReceiver(
    (seen, response) => void response.writeHead(Number(seen.url.slice(1)), { Location: '/' }).end(),
    async (base, seen) => {
      for (const [status, followRedirects] of [
        [301, true],
        [302, true],
        [303, true],
        [307, false],
      ] as const) {
        const poster = open(`${base}/${status}`, { followRedirects })
        assert.equal((await poster.post([], [bytes('x')], LONG_MS, NEVER)).status, status)
        poster.close()
      }
      assert.equal(seen.length, 4)
    },
  ))

test('a circle of redirects ends', () =>
  withReceiver(
    (_seen, response) => void response.writeHead(307, { Location: '/again' }).end(),
    async (base) => {
      const poster = open(base)
      await assert.rejects(poster.post([], [bytes('x')], LONG_MS, NEVER), {
        message: `Post "${base}/": stopped after 10 redirects`,
      })
      poster.close()
    },
  ))

test('credentials: a file is read again, a user of the URL is sent, a missing file is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-poster-'))
  const credentialsFile = join(folder, 'token')
  const authorization = { type: 'Bearer', credentials: undefined, credentialsFile }
  try {
    await withReceiver(ok, async (base, seen) => {
      const poster = open(base, { authorization })
      for (const token of ['one', 'two']) {
        writeFileSync(credentialsFile, `${token}\n`)
        await poster.post([], [bytes('x')], LONG_MS, NEVER)
      }
      rmSync(credentialsFile)
      await assert.rejects(
        poster.post([], [bytes('x')], LONG_MS, NEVER),
        (error) => error instanceof NarthexError && error.kind === 'io',
      )
      poster.close()
      const withUser = open(base.replace('//', '//us%40er:pass@'))
      await withUser.post([], [bytes('x')], LONG_MS, NEVER)
      withUser.close()
      assert.deepEqual(
        seen.map(({ headers }) => headers.authorization),
        ['Bearer one', 'Bearer two', `Basic ${Buffer.from('us@er:pass').toString('base64')}`],
      )
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('one token of OAuth 2 serves all requests that wait for it', async () => {
  let asked = 0
  await withReceiver(
    (_seen, response) => {
      asked++
      response.end('{"access_token": "t", "expires_in": 3600}')
    },
    (tokens) =>
      withReceiver(ok, async (base, seen) => {
        const oauth2 = {
          clientId: 'id',
          clientSecret: new Secret('s'),
          clientSecretFile: '',
          scopes: [],
          tokenUrl: tokens,
          endpointParams: [],
          tls: PLAIN_TLS,
          proxy: PLAIN_HTTP.proxy,
        }
        const poster = open(base, { oauth2 })
        const post = (): Promise<unknown> => poster.post([], [bytes('x')], LONG_MS, NEVER)
        await Promise.all([post(), post(), post()])
        poster.close()
        assert.deepEqual(
          seen.map(({ headers }) => headers.authorization),
          ['Bearer t', 'Bearer t', 'Bearer t'],
        )
        assert.equal(asked, 1)
      }),
  )
})

test('deadline, signal and close end a request that nobody answers', () =>
  withReceiver(
    () => {},
    async (base) => {
      const poster = open(base)
      const post = (timeoutMs: number, signal: AbortSignal): Promise<unknown> =>
        poster.post([], [bytes('x')], timeoutMs, signal)
      const kind = (wanted: string) => (error: unknown) =>
        error instanceof NarthexError && error.kind === wanted
      await assert.rejects(post(20, NEVER), kind('timeout'))
      const stop = new AbortController()
      const stopped = assert.rejects(post(LONG_MS, stop.signal), kind('canceled'))
      stop.abort()
      await stopped
      await assert.rejects(post(LONG_MS, stop.signal), kind('canceled'))
      const closed = assert.rejects(post(LONG_MS, NEVER), kind('canceled'))
      poster.close()
      await closed
      await assert.rejects(post(LONG_MS, NEVER), kind('canceled'))
    },
  ))

test('an answer that comes before the body was taken ends the connection', async () => {
  let connections = 0
  const server = net.createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Big\r\nContent-Length: 0\r\n\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const poster = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const huge = new Uint8Array(32 * 1024 * 1024)
  for (let i = 0; i < 2; i++) {
    assert.equal((await poster.post([], [huge], LONG_MS, NEVER)).status, 413)
  }
  assert.equal(connections, 2)
  poster.close()
  server.close()
})

test('round_robin_dns: each connection takes the next address', () => {
  const found = [
    { address: '10.0.0.1', family: 4 },
    { address: '10.0.0.2', family: 4 },
  ]
  const lookup = roundRobinLookup((_name, done) => done(null, found))
  const taken: unknown[] = []
  for (let i = 0; i < 3; i++) {
    lookup('h', { all: true }, (_error, addresses) => taken.push(addresses))
  }
  assert.deepEqual(taken, [[found[0]], [found[1]], [found[0]]])
  lookup('h', {}, (_error, address, family) => assert.deepEqual([address, family], ['10.0.0.2', 4]))
  const fault = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
  roundRobinLookup((_name, done) => done(fault, []))('h', {}, (error) => assert.equal(error, fault))
})
