/** Where pushes come in: the addresses that every role shares that receives. */
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Hear } from '../collect/receive/pushers.ts'
import type { Ask, BodyKind, Reply, Route } from '../net/server/message.ts'
import { requireReady } from '../serve/health.ts'
import { type OtlpGrpcDeps, type Push, type PushLimits, pusherName } from './push.ts'

/** Characters of a refusal that the list of senders shows. */
const FAULT_LENGTH_MAX = 300

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
  const takeOtlp = heard(push, 'OTLP', (ask, hear) =>
    otlp.handle((name) => ask.header(name), ask.body, doors.of(ask.identity.name), hear),
  )
  const takeLines = heard(push, 'line protocol', (ask, hear) => {
    const precision = ask.params.get('precision') ?? ''
    const encoding = ask.header('content-encoding') ?? ''
    return influx.write({ precision, encoding }, ask.body, doors.of(ask.identity.name), hear)
  })
  const takeBatch = heard(push, 'Pushgateway', (ask, hear) =>
    batch.push(
      {
        method: ask.method,
        path: ask.segments.get('group') ?? '',
        contentType: ask.header('content-type') ?? '',
        encoding: ask.header('content-encoding') ?? '',
        identity: ask.identity.name,
      },
      ask.body,
      hear,
    ),
  )
  const answerQuery = ({ params }: Ask): Reply => influx.query(params.get('q') ?? '')
  return [
    post(
      '/api/v1/write',
      heard(push, 'remote write', (ask, hear) =>
        push.write((name) => ask.header(name), ask.body, ask.identity.name, hear),
      ),
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

/** Requests of a protocol, in the list of senders where one is kept. */
function heard(
  { pushers }: Push,
  protocol: string,
  handle: (ask: Ask, hear?: Hear) => Promise<Reply>,
): (ask: Ask) => Promise<Reply> {
  if (pushers === undefined) return handle
  return (ask) => {
    const { identity, address } = ask
    const agent = ask.header('user-agent') ?? ''
    const pusher = { name: pusherName(identity.name), address, agent, protocol }
    return pushers.take(pusher, ask.body.length, (hear) => handle(ask, hear), faultIn)
  }
}

/** The first line of a refusal. */
function faultIn({ status, body }: Reply): string {
  if (status < 400) return ''
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  return `HTTP status ${status}: ${text.split('\n', 1)[0].slice(0, FAULT_LENGTH_MAX)}`
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
