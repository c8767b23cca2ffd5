/** What the host and its workers say to each other. */
import type { ErrorKind } from '../../base/error.ts'
import type { LabelQuery, Query } from '../../model/querier.ts'
import type { EngineOptions } from '../engine/context.ts'
import type { QueryLimits } from './limits.ts'
import type { Ran } from './run.ts'

/** A question for a worker. */
export type Request =
  | { readonly kind: 'query'; readonly query: Query; readonly queueSeconds: number }
  | { readonly kind: 'labels'; readonly query: LabelQuery }

/** One job; the worker answers with the same id. */
export interface JobMessage {
  readonly id: number
  readonly request: Request
  /** Time it may still take. */
  readonly leftMs: number
}

/** The answer of a worker; the buffer of the body is transferred. */
export type JobReply =
  | { readonly id: number; readonly ran: WorkerRan }
  | {
      readonly id: number
      readonly kind: ErrorKind
      readonly message: string
      readonly bug: boolean
    }

/** As Ran; the label APIs have the body only. */
export type WorkerRan = Ran | Pick<Ran, 'body'>

/** What the host hands to each worker beside the store's own data. */
export interface HostWorkerData {
  readonly engine: EngineOptions
  readonly limits: QueryLimits
  /** One int32: RUN_ON, CANCELED or TIMED_OUT for the job under way. */
  readonly flag: SharedArrayBuffer
}

/** `workerData` of a query worker. */
export interface QueryWorkerData<T = unknown> {
  /** As `makeWorkerData` has made it. */
  readonly store: T
  /** For `serveQueries`. */
  readonly host: HostWorkerData
}
