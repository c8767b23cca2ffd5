/** The addresses of pushes: who may push, what reaches which receiver, and over a real socket. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../src/base/metrics.ts'
import { NO_WEB_CONFIG } from '../../src/config/web.ts'
import { openCall } from '../../src/net/grpc/client.ts'
import { startOtlpGrpc } from '../../src/roles/receiving.ts'
import { ProtoWriter } from '../../src/wire/protobuf.ts'
import { serve } from '../net/server/support.ts'
import { openPushes, silent } from './pushes.ts'

test('each way of pushing has its address', async () => {
  const { recorder, life, routes, push } = openPushes()
  await using server = await serve({ routes })
  const otlp = {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'o', gauge: { dataPoints: [{ asInt: 1, timeUnixNano: '5000000' }] } },
            ],
          },
        ],
      },
    ],
  }
  for (const [method, path, body, status, type] of [
    ['POST', '/v1/metrics', JSON.stringify(otlp), 200, 'application/json'],
    ['POST', '/api/v1/otlp/v1/metrics', JSON.stringify(otlp), 200, 'application/json'],
    ['POST', '/write?db=x&precision=s', 'i v=1 2', 204, 'text/plain'],
    ['POST', '/api/v2/write?bucket=x&org=y', 'j v=1', 204, 'text/plain'],
    ['POST', '/influx/write?precision=ms', 'k,=', 400, 'text/plain'],
    ['POST', '/query', 'q=CREATE+DATABASE+x', 200, 'application/x-www-form-urlencoded'],
    ['PUT', '/metrics/job/b/host/x', 'p 1\n', 200, 'text/plain'],
    ['DELETE', '/metrics/job/b/host/x', '', 202, 'text/plain'],
    ['PUT', '/metrics/job/b/host', 'p 1\n', 400, 'text/plain'],
    ['POST', '/api/v1/write', 'x', 415, 'text/plain'],
  ] as const) {
    const answer = await server.ask(path, {
      method,
      body,
      headers: { 'content-type': type },
    })
    assert.equal(answer.status, status, `${method} ${path}`)
  }
  for (const path of ['/ping', '/influx/ping', '/api/v1/metrics']) {
    assert.ok((await server.ask(path)).status < 300, path)
  }
  const names = Object.keys(recorder.content())
  for (const name of ['o', 'i_v', 'j_v', 'p{host="x", job="b"}'])
    assert.ok(names.includes(name), name)
  const senders = push.pushers?.senders() ?? []
  const shown = senders.map((each) => [each.protocol, each.samples, each.lastError.slice(0, 15)])
  assert.deepEqual(shown, [
    ['OTLP', 2, ''],
    ['line protocol', 2, 'HTTP status 400'],
    ['Pushgateway', 3, 'HTTP status 400'],
    ['remote write', 0, 'HTTP status 415'],
  ])
  await life.stop()
})

test('OTLP is taken over gRPC on an address of its own', async () => {
  const { recorder, life, push, limits } = openPushes()
  let address = ''
  const log = {
    ...silent,
    info: (_message: string, facts?: Record<string, unknown>) => {
      address = String(facts?.address)
    },
  }
  const grpcLimits = { ...limits, otlpGrpcAddresses: ['127.0.0.1:0'] }
  const deps = { log, metrics: new Metrics(), web: () => NO_WEB_CONFIG, insecureListen: false }
  await startOtlpGrpc(grpcLimits, push, deps, life)
  const point = new ProtoWriter()
  point.message(1, () =>
    point.message(2, () =>
      point.message(2, () => {
        point.text(1, 'g')
        point.message(5, () => point.message(1, () => point.double(4, 2)))
      }),
    ),
  )
  const answers: number[] = []
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const call = await openCall({
    address,
    tls: undefined,
    path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    metadata: [],
    messageBytesMax: 1000,
    onMessage: (message) => answers.push(message.length),
    onEnd: resolve,
  })
  call.send(point.written().slice())
  call.end()
  assert.equal(await promise, undefined)
  assert.deepEqual(answers, [0])
  assert.deepEqual(recorder.content(), { g: ['0=2'] })
  await life.stop()
})

test('before everything is open a push is told to come again', async () => {
  const { life, routes } = openPushes(false)
  await using server = await serve({ routes })
  for (const path of ['/api/v1/write', '/v1/metrics', '/write', '/metrics/job/a']) {
    assert.equal((await server.ask(path, { method: 'POST', body: 'x' })).status, 503, path)
  }
  await life.stop()
})

test('only who may write may push', async () => {
  const { life, routes } = openPushes()
  assert.deepEqual([...new Set(routes.map(({ role }) => role))], ['editor'])
  assert.ok(routes.every(({ methods, changes }) => methods.includes('GET') || changes))
  await life.stop()
})
