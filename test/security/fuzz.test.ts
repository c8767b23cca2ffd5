/** C31 and C38: whatever comes, and whenever a client vanishes, the server serves the next one. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { metric, readToEnd, serve } from '../net/server/support.ts'
import { allRoutes } from '../serve/ports.ts'

const SEED = 38
const faults: unknown[] = []
const note = (error: unknown): void => void faults.push(error)
process.on('uncaughtException', note)
after(() => process.off('uncaughtException', note))

/** Answers after the turns that the test says, so that clients leave before, during and after. */
let turns = 0
const later = async (): Promise<void> => {
  for (let i = 0; i < turns; i++) await new Promise(setImmediate)
}
const server = await serve({
  routes: [
    ...allRoutes({
      querier: {
        async query() {
          await later()
          return { body: new Uint8Array(100_000) }
        },
        async labels() {
          await later()
          return { body: new Uint8Array(10) }
        },
      },
    }),
    {
      path: '/api/v1/write',
      methods: ['POST'],
      role: 'editor',
      changes: true,
      body: 'bytes',
      async handle() {
        await later()
        return { status: 204, type: '', body: '' }
      },
    },
  ],
  limits: { headerMsMax: 2000, requestMsMax: 2000, lingerMsMax: 20, requestBytesMax: 50_000 },
})
after(() => server.server.stop())

const REQUESTS = [
  'GET /api/v1/query?query=up HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n',
  'POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nquery=up',
  'POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  `POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(500)}`,
  'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/v1/labels HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /-/reload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: 5\r\n\r\nab',
]

async function isWell(): Promise<void> {
  turns = 0
  assert.equal((await server.ask('/-/healthy')).status, 200)
  while (
    metric(server.metrics, 'narthex_http_connections') !== 0 ||
    metric(server.metrics, 'narthex_http_body_bytes') !== 0 ||
    metric(server.metrics, 'narthex_http_reply_bytes') !== 0
  ) {
    await new Promise(setImmediate)
  }
  assert.deepEqual(faults, [])
}

test('clients that vanish after any byte leave nothing behind', async () => {
  const steps = fc.record({
    request: fc.constantFrom(...REQUESTS),
    cut: fc.nat(700),
    waitTurns: fc.nat(6),
    handlerTurns: fc.nat(6),
    how: fc.constantFrom('reset', 'end', 'destroy'),
  })
  await fc.assert(
    fc.asyncProperty(steps, async ({ request, cut, waitTurns, handlerTurns, how }) => {
      turns = handlerTurns
      const socket = connect(server.port, '127.0.0.1')
      const closed = readToEnd(socket)
      await new Promise((resolve) => socket.once('connect', resolve))
      await new Promise((resolve) => socket.write(request.slice(0, cut), resolve))
      for (let i = 0; i < waitTurns; i++) await new Promise(setImmediate)
      if (how === 'reset') socket.resetAndDestroy()
      else if (how === 'end') socket.end()
      else socket.destroy()
      await closed
    }),
    { seed: SEED, numRuns: 800 },
  )
  await isWell()
})

test('requests with bytes changed, lost or doubled are answered or closed, never more than that', async () => {
  const changes = fc.array(
    fc.record({
      at: fc.nat(300),
      kind: fc.constantFrom('set', 'drop', 'double'),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 13, 32, 58, 128)),
    }),
    { minLength: 1, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...REQUESTS), changes, async (request, all) => {
      let bytes = Buffer.from(request, 'latin1')
      for (const { at, kind, byte } of all) {
        const i = at % bytes.length
        const rest = bytes.subarray(kind === 'double' ? i : i + 1)
        const middle = kind === 'set' ? Buffer.from([byte]) : Buffer.alloc(0)
        const before = bytes.subarray(0, kind === 'double' ? i + 1 : i)
        bytes = Buffer.concat([before, middle, rest])
      }
      const socket = connect(server.port, '127.0.0.1')
      const answer = readToEnd(socket)
      socket.end(bytes)
      const text = await answer
      assert.match(text, /^(?:HTTP\/1\.1 [1-5]\d\d |$)/)
      assert.doesNotMatch(text, /HTTP\/1\.1 500/)
    }),
    { seed: SEED, numRuns: 800 },
  )
  await isWell()
})
