/** What the server counts about itself, under Prometheus's names where it has one. */
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Cell, HistogramCell, Metrics } from '../../base/metrics.ts'
import type { ByteBudget } from './budget.ts'
import type { ServerLimits } from './limits.ts'

/** Upper bounds of the durations in seconds, Prometheus's own. */
const DURATION_BOUNDS_SECONDS = [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120]

/** Counts answered requests. */
export interface RequestMetrics {
  observe(handler: string, status: number, durationMs: number): void
  countStalled(): void
}

/** Counts connections. */
export interface ConnectionMetrics {
  readonly open: Cell
  /** Closed at once because too many were open. */
  readonly refused: Cell
  /** Ended because what came was not HTTP, not TLS, or came too slowly. */
  readonly broken: Cell
}

export function openRequestMetrics(metrics: Metrics): RequestMetrics {
  const totals = metrics.counter('prometheus_http_requests_total', 'Counter of HTTP requests.', [
    'handler',
    'code',
  ])
  const durations = metrics.histograms(
    'prometheus_http_request_duration_seconds',
    'Histogram of latencies for HTTP requests.',
    ['handler'],
    DURATION_BOUNDS_SECONDS,
  )
  const stalled = metrics
    .counter('narthex_http_stalled_replies_total', 'Replies given up because nobody took them.')
    .with()
  const cells = new Map<string, { codes: Map<number, Cell>; duration: HistogramCell }>()
  const cellsOf = (handler: string): { codes: Map<number, Cell>; duration: HistogramCell } => {
    let found = cells.get(handler)
    if (found === undefined) {
      found = { codes: new Map(), duration: durations.with(handler) }
      cells.set(handler, found)
    }
    return found
  }
  return {
    observe(handler, status, durationMs) {
      const { codes, duration } = cellsOf(handler)
      let code = codes.get(status)
      if (code === undefined) {
        code = totals.with(handler, String(status))
        codes.set(status, code)
      }
      code.inc()
      duration.observe(durationMs / 1000)
    },
    countStalled: () => stalled.inc(),
  }
}

export function openConnectionMetrics(
  metrics: Metrics,
  limits: ServerLimits,
  bodies: ByteBudget,
  replies: ByteBudget,
): ConnectionMetrics {
  const gauge = (name: string, help: string): Cell => metrics.gauge(name, help).with()
  const counter = (name: string, help: string): Cell => metrics.counter(name, help).with()
  const max = 'Bound on narthex_http_'
  gauge('narthex_http_connections_max', `${max}connections.`).set(limits.connectionsMax)
  gauge('narthex_http_body_bytes_max', `${max}body_bytes.`).set(limits.inflightBytesMax)
  gauge('narthex_http_reply_bytes_max', `${max}reply_bytes.`).set(limits.replyBytesMax)
  const bodyBytes = gauge('narthex_http_body_bytes', 'Bytes of request bodies held now.')
  const replyBytes = gauge('narthex_http_reply_bytes', 'Bytes of larger replies on their way.')
  metrics.onCollect(() => {
    bodyBytes.set(bodies.bytes)
    replyBytes.set(replies.bytes)
  })
  return {
    open: gauge('narthex_http_connections', 'Open connections.'),
    refused: counter('narthex_http_refused_connections_total', 'Connections over the bound.'),
    broken: counter(
      'narthex_http_broken_connections_total',
      'Connections ended because what came was broken or too slow.',
    ),
  }
}

/** Between two lines of the log about refused logins, so that nobody fills it. */
const LOGIN_LINE_MS = 10_000

/** Counts credentials that did not hold, and says so in the log now and then. */
export interface RefusedLogins {
  /** @param address of the client; the credentials themselves are nobody's business */
  count(address: string): void
}

export function openRefusedLogins(metrics: Metrics, log: Log, clock: Clock): RefusedLogins {
  const total = metrics
    .counter('narthex_http_refused_logins_total', 'Requests with credentials that did not hold.')
    .with()
  let saidMs = Number.NEGATIVE_INFINITY
  let unsaid = 0
  return {
    count(address) {
      total.inc()
      unsaid++
      const nowMs = clock.monotonicMs()
      if (nowMs - saidMs < LOGIN_LINE_MS) return
      log.warn('credentials refused', { address, count: unsaid })
      saidMs = nowMs
      unsaid = 0
    },
  }
}
