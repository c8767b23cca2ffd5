/** The HTTP client of discovery against a real server: headers, bounds, deadline, leaving. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Secret } from '../../../src/base/secret.ts'
import { openFetchBody } from '../../../src/collect/discover/client.ts'
import type { FetchedBody } from '../../../src/collect/discover/fetch.ts'
import { type HttpClientConfig, PLAIN_HTTP } from '../../../src/config/http.ts'

type Handler = (request: IncomingMessage, reply: ServerResponse) => void

/** Asks a server of its own once. */
async function ask(
  t: { after(stop: () => unknown): void },
  handler: Handler,
  options: { http?: HttpClientConfig; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<FetchedBody> {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return openFetchBody({ clock: systemClock, environment: {} })({
    url: `http://127.0.0.1:${port}/targets?x=1`,
    http: options.http ?? PLAIN_HTTP,
    headers: [['X-Prometheus-Refresh-Interval-Seconds', '60']],
    timeoutMs: options.timeoutMs ?? 5000,
    bodyBytesMax: 1000,
    signal: options.signal ?? new AbortController().signal,
  })
}

test('the request has its headers and credentials, the answer its status, type and body', async (t) => {
  const authorization = { type: 'Bearer', credentials: new Secret('CANARY'), credentialsFile: '' }
  const seen: unknown[] = []
  const answer = await ask(
    t,
    (request, reply) => {
      const { authorization: given, 'x-prometheus-refresh-interval-seconds': interval } =
        request.headers
      seen.push(request.method, request.url, given, interval)
      reply.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end('[]')
    },
    { http: { ...PLAIN_HTTP, authorization } },
  )
  assert.deepEqual(seen, ['GET', '/targets?x=1', 'Bearer CANARY', '60'])
  assert.equal(answer.status, 200)
  assert.equal(answer.contentType, 'application/json; charset=utf-8')
  assert.equal(Buffer.from(answer.body).toString(), '[]')
})

test('a status is an answer, not an error', async (t) => {
  const answer = await ask(t, (_request, reply) => reply.writeHead(500).end('no'))
  assert.equal(answer.status, 500)
})

for (const [name, handler, kind, timeoutMs] of [
  ['a body over its bound', (_r, reply) => reply.end('x'.repeat(2000)), 'too_big', 5000],
  ['a body that never ends', (_r, reply) => reply.write('['), 'timeout', 100],
  ['a connection that breaks', (request) => request.socket.destroy(), 'io', 5000],
] as const satisfies readonly (readonly [string, Handler, string, number])[]) {
  test(`the client refuses ${name}`, async (t) => {
    await assert.rejects(
      ask(t, handler, { timeoutMs }),
      (e) => e instanceof NarthexError && e.kind === kind,
    )
  })
}

test('a request ends when its source leaves', async (t) => {
  const leaving = new AbortController()
  const asked = ask(t, () => leaving.abort(), { signal: leaving.signal })
  await assert.rejects(asked, (e) => e instanceof NarthexError && e.kind === 'canceled')
})
