/** Bounds of queries, each with its flag and default. */

const MEBIBYTE = 1 << 20

/** What one query, and all of them together, may use. */
export interface QueryLimits {
  /** --query.timeout: longest time of one query, waiting included, whatever the client asks for. */
  readonly timeoutMsMax: number
  /** --query.max-bytes: longest text. */
  readonly textLengthMax: number
  /** --query.max-samples: most samples one query reads. */
  readonly samplesMax: number
  /** --query.max-memory: most bytes one query holds at a time, by the engine's own account. */
  readonly memoryBytesMax: number
  /** --query.max-points: most points per series of an answer. */
  readonly pointsMax: number
  /** Most points per series of a subquery's window. */
  readonly subqueryPointsMax: number
  /** --query.max-concurrency: worker threads, each with one query at a time; 0: none. */
  readonly concurrencyMax: number
  /** --query.max-queue: longest time a query waits for a worker. */
  readonly queueMsMax: number
  /** Most queries that wait. */
  readonly queueLengthMax: number
  /** --query.max-label-series: most series, names or values of one answer of the label APIs. */
  readonly labelSeriesMax: number
  /** Longest time of one question to the label APIs. */
  readonly labelTimeoutMsMax: number
  /** Largest heap of a worker; columns and grids lie outside and are in memoryBytesMax. */
  readonly workerHeapMebibytesMax: number
}

/** The defaults of the flags. */
export const QUERY_LIMITS: QueryLimits = {
  timeoutMsMax: 120_000,
  textLengthMax: 16_384,
  samplesMax: 50_000_000,
  memoryBytesMax: 256 * MEBIBYTE,
  pointsMax: 11_000,
  subqueryPointsMax: 100_000,
  concurrencyMax: 2,
  queueMsMax: 10_000,
  queueLengthMax: 256,
  labelSeriesMax: 1_000_000,
  labelTimeoutMsMax: 5_000,
  workerHeapMebibytesMax: 512,
}
