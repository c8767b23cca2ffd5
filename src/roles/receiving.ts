/** Where pushes come in: the addresses that every role shares that receives. */
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Ask, BodyKind, Reply, Route } from '../net/server/message.ts'
import { requireReady } from '../serve/health.ts'
import type { OtlpGrpcDeps, Push, PushLimits } from './push.ts'

/** Remote write, OTLP, the line protocol and the Pushgateway's API: who may write may push. */
export function receivingRoutes(push: Push, isReady: () => boolean): Route[] {
  const { doors, otlp, influx, batch } = push
  const route = (
    path: string,
    methods: Route['methods'],
    body: BodyKind,
    handle: (ask: Ask) => Reply | Promise<Reply>,
  ): Route => ({
    path,
    methods,
    body,
    role: 'editor',
    changes: !methods.includes('GET'),
    handle(ask) {
      requireReady(isReady)
      return handle(ask)
    },
  })
  const post = (path: string, handle: (ask: Ask) => Promise<Reply>): Route =>
    route(path, ['POST'], 'bytes', handle)
  const takeOtlp = (ask: Ask): Promise<Reply> =>
    otlp.handle((name) => ask.header(name), ask.body, doors.of(ask.identity.name))
  const takeLines = (ask: Ask): Promise<Reply> => {
    const precision = ask.params.get('precision') ?? ''
    const encoding = ask.header('content-encoding') ?? ''
    return influx.write({ precision, encoding }, ask.body, doors.of(ask.identity.name))
  }
  const takeBatch = (ask: Ask): Promise<Reply> =>
    batch.push(
      {
        method: ask.method,
        path: ask.segments.get('group') ?? '',
        contentType: ask.header('content-type') ?? '',
        encoding: ask.header('content-encoding') ?? '',
        identity: ask.identity.name,
      },
      ask.body,
    )
  const answerQuery = ({ params }: Ask): Reply => influx.query(params.get('q') ?? '')
  return [
    post('/api/v1/write', (ask) =>
      push.write((name) => ask.header(name), ask.body, ask.identity.name),
    ),
    post('/v1/metrics', takeOtlp),
    post('/api/v1/otlp/v1/metrics', takeOtlp),
    ...['/write', '/api/v2/write', '/influx/write', '/influx/api/v2/write'].map((path) =>
      post(path, takeLines),
    ),
    ...['/ping', '/influx/ping'].map((path) => route(path, ['GET'], 'none', influx.ping)),
    // GET /query is the page that draws.
    route('/query', ['POST'], 'form', answerQuery),
    route('/influx/query', ['GET', 'POST'], 'form', answerQuery),
    route('/metrics/:group*', ['PUT', 'POST', 'DELETE'], 'bytes', takeBatch),
    route('/api/v1/metrics', ['GET'], 'none', ({ identity }) => batch.list(identity.name)),
  ]
}

/** Takes OTLP over gRPC where flags say so; what it hands back follows the web configuration. */
export async function startOtlpGrpc(
  limits: PushLimits,
  push: Push,
  deps: OtlpGrpcDeps,
  life: Lifecycle,
): Promise<() => void> {
  if (limits.otlpGrpcAddresses.length === 0) return () => {}
  const loaded = await import('./otlpgrpc.ts')
  return await loaded.startOtlpGrpc(limits, push, deps, life)
}
