/** GET|POST /api/v1/query, query_range and query_exemplars. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Querier, Query } from '../../model/querier.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import type { Features } from '../../query/promql/features.ts'
import { parseExpr } from '../../query/promql/parse.ts'
import { success, successBytes } from './envelope.ts'
import {
  invalidParam,
  readDurationMs,
  readLimit,
  readOptionalTimeMs,
  readTimeMs,
  TIME_MS_MAX,
  TIME_MS_MIN,
} from './params.ts'

export interface QueryDeps {
  readonly querier: Querier
  readonly clock: Clock
  /** ms of a query that names none (--query.timeout). */
  readonly timeoutMs: number
  /** ms that a query may ask for. */
  readonly timeoutMsMax: number
  /** Points of a series in a range query (--query.max-points). */
  readonly pointsMax: number
}

/** What a handler of questions needs of a request. */
export type Question = Pick<Ask, 'params' | 'signal'>

/** One expression at one instant. */
export async function handleInstant(ask: Question, deps: QueryDeps): Promise<Reply> {
  const { params } = ask
  const limit = readLimit(params)
  const timeMs = readOptionalTimeMs(params, 'time', deps.clock.now())
  const timeoutMs = readTimeoutMs(params, deps)
  const query = { ...readQuery(params), fromMs: timeMs, toMs: timeMs, limit }
  return answerQuery(query, timeoutMs, ask, deps)
}

/** One expression on a grid of instants. */
export async function handleRange(ask: Question, deps: QueryDeps): Promise<Reply> {
  const { params } = ask
  const limit = readLimit(params)
  const fromMs = readTimeMs(params, 'start')
  const toMs = readTimeMs(params, 'end')
  if (toMs < fromMs) throw invalidParam('end', 'end timestamp must not be before start time')
  const stepMs = Math.floor(readStepMs(params))
  if (stepMs <= 0) {
    throw invalidParam(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    )
  }
  if (Math.floor((toMs - fromMs) / stepMs) > deps.pointsMax) {
    const bound = deps.pointsMax.toLocaleString('en-US')
    throw new NarthexError(
      'bad_data',
      `exceeded maximum resolution of ${bound} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    )
  }
  const timeoutMs = readTimeoutMs(params, deps)
  const query = { ...readQuery(params), fromMs, toMs, stepMs, limit }
  return answerQuery(query, timeoutMs, ask, deps)
}

/** Exemplars are not stored: for a good expression and range there are none. */
export function handleExemplars(params: URLSearchParams, features: Features): Reply {
  const fromMs = readOptionalTimeMs(params, 'start', TIME_MS_MIN)
  const toMs = readOptionalTimeMs(params, 'end', TIME_MS_MAX)
  if (toMs < fromMs) throw invalidParam('end', 'end timestamp must not be before start timestamp')
  parseExpr(params.get('query') ?? '', features)
  return success([])
}

async function answerQuery(
  query: Query,
  timeoutMs: number,
  ask: Question,
  deps: QueryDeps,
): Promise<Reply> {
  try {
    const answer = await deps.querier.query(query, { timeoutMs, signal: ask.signal })
    return successBytes(answer.body)
  } catch (error) {
    if (error instanceof NarthexError && error.kind === 'bad_data')
      throw invalidParam('query', error)
    throw error
  }
}

/** `step` must be there; an empty one is refused like any that is no duration. */
function readStepMs(params: URLSearchParams): number {
  const stepMs = readDurationMs(params, 'step')
  if (stepMs === undefined) throw invalidParam('step', 'cannot parse "" to a valid duration')
  return stepMs
}

function readTimeoutMs(params: URLSearchParams, deps: QueryDeps): number {
  const wantedMs = readDurationMs(params, 'timeout') ?? deps.timeoutMs
  return Math.max(0, Math.min(wantedMs, deps.timeoutMsMax))
}

function readQuery(params: URLSearchParams): Pick<Query, 'expr' | 'lookbackMs' | 'stats'> {
  return {
    expr: params.get('query') ?? '',
    lookbackMs: readDurationMs(params, 'lookback_delta') ?? 0,
    stats: (params.get('stats') ?? '') !== '',
  }
}
