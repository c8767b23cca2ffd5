/** Questions about this moment that a role asks by itself: of its own store, or of another engine. */
import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import type { AskNow } from '../hub/found/places.ts'
import type { Querier } from '../model/querier.ts'
import type { Upstream } from '../send/upstream/upstream.ts'

/** How long an answer may take, in ms. */
const TIMEOUT_MS = 10_000

/** Asks what answers questions in this process. */
export function askOwn(querier: Querier): AskNow {
  return async (expr) => {
    const nowMs = systemClock.now()
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const query = { expr, fromMs: nowMs, toMs: nowMs }
    return (await querier.query(query, { timeoutMs: TIMEOUT_MS, signal })).body
  }
}

/** Asks an engine with the API of Prometheus. */
export function askUpstream(upstream: Upstream): AskNow {
  return async (expr) => {
    const params = new URLSearchParams({ query: expr })
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const { status, body } = await upstream.ask('POST', 'api/v1/query', params, TIMEOUT_MS, signal)
    if (status === 200) return body
    throw new NarthexError('busy', `cannot ask upstream: it answers ${status}`)
  }
}
