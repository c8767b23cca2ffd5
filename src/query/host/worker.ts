/** The worker's side: answers one job after the other on its own thread. */
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { RecyclingQueryable } from '../../model/queryable.ts'
import { finalDeadline, QueryBudget } from './budget.ts'
import type { HostWorkerData, JobMessage, JobReply, WorkerRan } from './protocol.ts'
import {
  asQueryError,
  estimateQuery,
  parseQuery,
  type QueryDeps,
  runLabels,
  runQuery,
} from './run.ts'

/**
 * Answers the jobs of a host until the thread is ended.
 *
 * @param port  `parentPort` of the worker
 * @param host  `workerData.host`
 */
export function serveQueries(
  port: MessagePort,
  source: RecyclingQueryable,
  host: HostWorkerData,
): void {
  const { engine, limits } = host
  const deps: QueryDeps = { source, engine, limits, clock: systemClock }
  const flag = new Int32Array(host.flag)
  port.on('message', (job: JobMessage) => {
    const reply = answer(job, deps, flag)
    source.recycle()
    port.postMessage(reply, 'ran' in reply ? [reply.ran.body.buffer] : [])
  })
}

function answer(job: JobMessage, deps: QueryDeps, flag: Int32Array): JobReply {
  const { id, leftMs } = job
  try {
    const budget = new QueryBudget(deps.limits, finalDeadline(leftMs, deps.clock), flag)
    budget.check()
    return { id, ran: run(job, deps, budget) }
  } catch (error) {
    const { kind, message } = asQueryError(error)
    return { id, kind, message, bug: !(error instanceof NarthexError) }
  }
}

function run(job: JobMessage, deps: QueryDeps, budget: QueryBudget): WorkerRan {
  const { request } = job
  if (request.kind === 'labels') return { body: runLabels(request.query, deps, budget) }
  const { query, queueSeconds } = request
  const startedMs = deps.clock.monotonicMs()
  estimateQuery(query, parseQuery(query, deps), deps, budget)
  const preparationSeconds = (deps.clock.monotonicMs() - startedMs) / 1000
  return runQuery(query, deps, budget, { queueSeconds, preparationSeconds })
}
