/** Channels over real sockets: reuse, faults, redirects, credentials, compression, deadlines. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Secret } from '../../../src/base/secret.ts'
import { type HttpClientConfig, NO_PROXY, PLAIN_HTTP, PLAIN_TLS } from '../../../src/config/http.ts'
import { BodyPool } from '../../../src/net/client/body.ts'
import { type HttpChannel, openHttpChannel } from '../../../src/net/client/channel.ts'

const LONG_MS = 10_000

function open(
  url: string,
  config: Partial<HttpClientConfig> = {},
  bodyBytesMax = 1e6,
): HttpChannel {
  return openHttpChannel({
    url: new URL(url),
    config: { ...PLAIN_HTTP, ...config },
    headers: [['User-Agent', 'test']],
    bodyBytesMax,
    clock: systemClock,
    bodies: new BodyPool(),
  })
}

/** Asks, reads the body, gives it back. */
async function ask(channel: HttpChannel, timeoutMs = LONG_MS): Promise<[number, string]> {
  const reply = await channel.get(timeoutMs)
  const text = Buffer.from(reply.body.content()).toString()
  reply.body.release()
  return [reply.status, text]
}

async function withServer(
  handler: http.RequestListener,
  run: (base: string, server: http.Server) => Promise<void>,
): Promise<void> {
  const server = http.createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A server that talks by hand. */
async function withSocketServer(
  onSocket: (socket: net.Socket) => void,
  run: (base: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

test('a channel keeps its connection and asks again on a new one when the peer has closed it', () =>
  withServer(
    (request, response) => response.end(String(request.socket.remotePort)),
    async (base, server) => {
      const channel = open(`${base}/`)
      const [, first] = await ask(channel)
      assert.equal((await ask(channel))[1], first)
      server.closeAllConnections()
      assert.notEqual((await ask(channel))[1], first)
      channel.close()
    },
  ))

test('a connection that the peer closes while the request is on its way is tried once more', () => {
  let answered = 0
  return withSocketServer(
    (socket) => {
      socket.once('data', () => {
        answered++
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')
        socket.once('data', () => socket.destroy())
      })
    },
    async (base) => {
      const channel = open(`${base}/`)
      await ask(channel)
      await ask(channel)
      assert.equal(answered, 2)
      channel.close()
    },
  )
})

test('faults of the network are told as users know them', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await assert.rejects(ask(open(`http://127.0.0.1:${port}/x`)), {
    message: `Get "http://127.0.0.1:${port}/x": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  })
  await withSocketServer(
    (socket) => socket.once('data', () => socket.end()),
    async (base) => {
      await assert.rejects(ask(open(`${base}/`)), { message: `Get "${base}/": EOF` })
    },
  )
})

test('a body that never ends is ended by the deadline or by the bound', () =>
  withSocketServer(
    (socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        const pump = (): void => {
          while (socket.writable && socket.write('a 1\n'.repeat(4096)));
        }
        socket.on('drain', pump)
        pump()
      }),
    async (base) => {
      await assert.rejects(ask(open(`${base}/`)), { message: 'body size limit exceeded' })
    },
  ))

test('a peer that says nothing is given up at the deadline', () =>
  withSocketServer(
    () => {},
    async (base) => {
      const channel = open(`${base}/`)
      await assert.rejects(ask(channel, 20), (error) => {
        assert.ok(error instanceof NarthexError && error.kind === 'timeout')
        assert.equal(error.message, `Get "${base}/": context deadline exceeded`)
        return true
      })
      channel.close()
      await assert.rejects(ask(channel), /context canceled/)
    },
  ))

test('gzip is decoded', () =>
  withServer(
    (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(zlib.gzipSync('a 1\n'.repeat(50_000)))
    },
    async (base) => {
      const channel = open(`${base}/`)
      for (let i = 0; i < 2; i++) assert.equal((await ask(channel))[1].length, 200_000)
      channel.close()
    },
  ))

for (const [name, encoding, body, message] of [
  ['cut off', 'gzip', zlib.gzipSync('x'.repeat(1000)).subarray(0, 20), /gzip: unexpected EOF/],
  ['no gzip', 'gzip', Buffer.from('hello'), /gzip: invalid data/],
  [
    'over the bound when decoded',
    'gzip',
    zlib.gzipSync(randomText(2e6)),
    /body size limit exceeded/,
  ],
  [
    'a bomb',
    'gzip',
    zlib.gzipSync(Buffer.alloc(40e6)),
    /body size limit exceeded|out of each byte/,
  ],
  ['in an encoding not asked for', 'br', Buffer.from('x'), /content encoding "br", not gzip/],
  ['encoded twice', 'gzip, gzip', Buffer.from('x'), /content encoding "gzip, gzip", not gzip/],
] as const) {
  test(`C27: refused: a body ${name}`, () =>
    withServer(
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding })
        response.end(body)
      },
      async (base) => {
        const channel = open(`${base}/`)
        await assert.rejects(ask(channel), message)
        channel.close()
      },
    ))
}

test('C27: a bomb below the bound of bodies is stopped by its ratio', () =>
  withServer(
    (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(zlib.gzipSync(Buffer.alloc(40e6)))
    },
    async (base) => {
      await assert.rejects(ask(open(`${base}/`, {}, 64e6)), /more than 100 bytes out of each byte/)
    },
  ))

test('redirects are followed within bounds, or not at all', () =>
  withServer(
    (request, response) => {
      if (request.url === '/end') response.end('end')
      else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end()
      else if (request.url === '/ftp') response.writeHead(302, { location: 'ftp://x/' }).end()
      else response.writeHead(307, { location: '/end' }).end('moved')
    },
    async (base) => {
      assert.deepEqual(await ask(open(`${base}/`)), [200, 'end'])
      assert.deepEqual(await ask(open(`${base}/`, { followRedirects: false })), [307, 'moved'])
      await assert.rejects(ask(open(`${base}/loop`)), /stopped after 10 redirects/)
      await assert.rejects(ask(open(`${base}/ftp`)), /cannot follow redirect/)
    },
  ))

const PASSWORD = 'hunter2-canary'

test('C29: credentials and extra headers never reach another origin', () =>
  withServer(
    (request, response) => response.end(JSON.stringify(request.headers)),
    (elsewhere) =>
      withServer(
        (request, response) => {
          const seen = `${request.headers.authorization} ${request.headers['x-token']}`
          response.setHeader('x-seen', seen)
          if (request.url === '/same') response.end(JSON.stringify(request.headers))
          else if (request.url === '/hop') response.writeHead(302, { location: '/same' }).end()
          else response.writeHead(302, { location: `${elsewhere}/` }).end()
        },
        async (base) => {
          const config: Partial<HttpClientConfig> = {
            basicAuth: {
              username: 'me',
              usernameFile: '',
              password: new Secret(PASSWORD),
              passwordFile: '',
            },
            headers: [{ name: 'X-Token', values: [], secrets: [new Secret(PASSWORD)], files: [] }],
          }
          const same = JSON.parse((await ask(open(`${base}/hop`, config)))[1])
          const pair = Buffer.from(`me:${PASSWORD}`).toString('base64')
          assert.equal(same.authorization, `Basic ${pair}`)
          assert.equal(same['x-token'], PASSWORD)
          const other = JSON.parse((await ask(open(`${base}/away`, config)))[1])
          assert.equal(other.authorization, undefined)
          assert.equal(other['x-token'], undefined)
        },
      ),
  ))

test('credentials in files are read for each request', () =>
  withServer(
    (request, response) => response.end(request.headers.authorization),
    async (base) => {
      const folder = mkdtempSync(join(tmpdir(), 'narthex-channel-'))
      const file = join(folder, 'token')
      const channel = open(`${base}/`, {
        authorization: { type: 'Bearer', credentials: undefined, credentialsFile: file },
      })
      await assert.rejects(ask(channel), /cannot read credentials .*token/)
      for (const token of ['one', 'two']) {
        writeFileSync(file, `${token}\n`)
        assert.equal((await ask(channel))[1], `Bearer ${token}`)
      }
      rmSync(folder, { recursive: true })
    },
  ))

test('a header with a line break is not sent', () =>
  withServer(
    (_request, response) => response.end(),
    async (base) => {
      const headers = [{ name: 'X', values: ['a\r\nY: b'], secrets: [], files: [] }]
      await assert.rejects(ask(open(`${base}/`, { headers })), /it has a line break/)
    },
  ))

test('a proxy is asked with the whole URL and its own credentials', () =>
  withServer(
    (request, response) => response.end(`${request.url} ${request.headers['proxy-authorization']}`),
    async (base) => {
      const proxy = base.replace('http://', 'http://user:pass@')
      const config = { proxy: { ...NO_PROXY, url: new Secret(proxy), noProxy: 'direct.test' } }
      const [, seen] = await ask(open('http://nowhere.test:81/x?y=z', config))
      const pair = Buffer.from('user:pass').toString('base64')
      assert.equal(seen, `http://nowhere.test:81/x?y=z Basic ${pair}`)
    },
  ))

test('OAuth 2: a token is fetched once and sent as bearer', () => {
  let asked = 0
  return withServer(
    (request, response) => {
      if (request.url === '/token') {
        asked++
        let form = ''
        request.on('data', (piece) => {
          form += piece
        })
        request.on('end', () => {
          assert.equal(form, 'grant_type=client_credentials&scope=a+b')
          response.end(JSON.stringify({ access_token: 'tok', expires_in: 3600 }))
        })
      } else response.end(request.headers.authorization)
    },
    async (base) => {
      const channel = open(`${base}/`, {
        oauth2: {
          clientId: 'id',
          clientSecret: new Secret(PASSWORD),
          clientSecretFile: '',
          scopes: ['a', 'b'],
          tokenUrl: `${base}/token`,
          endpointParams: [],
          tls: PLAIN_TLS,
          proxy: NO_PROXY,
        },
      })
      for (let i = 0; i < 3; i++) assert.equal((await ask(channel))[1], 'Bearer tok')
      assert.equal(asked, 1)
    },
  )
})

function randomText(length: number): string {
  let state = 1
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    text += state.toString(36)
  }
  return text
}

/** Admits everything but the loopback addresses, which stand for those of metadata services. */
function notHere(address: string): boolean {
  return address !== '127.0.0.1' && address !== '::1'
}

function openGuarded(url: string, admits: (address: string, redirected: boolean) => boolean) {
  return openHttpChannel({
    url: new URL(url),
    config: PLAIN_HTTP,
    headers: [],
    bodyBytesMax: 1e6,
    clock: systemClock,
    bodies: new BodyPool(),
    admits,
  })
}

for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f000001', '0177.0.0.1']) {
  test(`C30: an address that is not admitted is not connected to, written as ${host}`, () =>
    withServer(
      (_request, response) => response.end('secret'),
      async (base) => {
        for (const scheme of ['http:', 'https:']) {
          const url = base.replace('127.0.0.1', host).replace('http:', scheme)
          const channel = openGuarded(url, notHere)
          await assert.rejects(channel.get(LONG_MS), (error: NarthexError) => {
            assert.match(error.message, /link-local or metadata address/)
            return error.kind === 'forbidden'
          })
          channel.close()
        }
      },
    ))
}

test('C30: a redirect to an address that is not admitted is not followed, one to the same origin is', () =>
  withServer(
    (request, response) => {
      const away = `http://localhost:${request.socket.localPort}/`
      const location = request.url === '/there' ? away : '/end'
      if (request.url === '/end') response.end('here')
      else response.writeHead(302, { Location: location }).end()
    },
    async (base) => {
      const admits = (address: string, redirected: boolean): boolean =>
        !redirected || notHere(address)
      const away = openGuarded(`${base}/there`, admits)
      await assert.rejects(away.get(LONG_MS), /link-local or metadata address/)
      away.close()
      const near = openGuarded(`${base}/near`, admits)
      assert.deepEqual(await ask(near), [200, 'here'])
      near.close()
    },
  ))
