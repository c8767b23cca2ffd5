/** The log's own metrics. */
import type { Cell, HistogramCell, Metrics } from '../../base/metrics.ts'

export interface LogFigures {
  readonly records: Cell
  readonly bytes: Cell
  readonly writes: Cell
  readonly failures: Cell
  readonly damages: Cell
  readonly syncSeconds: HistogramCell
}

/** What the gauges show. */
export interface LogState {
  readonly sizeBytes: number
  readonly pendingBytes: number
  readonly failure: string
}

export function registerLogFigures(metrics: Metrics, state: LogState): LogFigures {
  const size = metrics.gauge('narthex_log_size_bytes', 'Bytes of all log segments.').with()
  const pending = metrics
    .gauge('narthex_log_pending_bytes', 'Bytes of records that are not yet written and synced.')
    .with()
  const writable = metrics
    .gauge('narthex_log_writable', 'Whether the log takes records (1) or has failed (0).')
    .with()
  metrics.onCollect(() => {
    size.set(state.sizeBytes)
    pending.set(state.pendingBytes)
    writable.set(state.failure === '' ? 1 : 0)
  })
  const counter = (name: string, help: string): Cell => metrics.counter(name, help).with()
  return {
    records: counter('narthex_log_records_total', 'Records appended to the log.'),
    bytes: counter('narthex_log_bytes_total', 'Bytes appended to the log.'),
    writes: counter('narthex_log_writes_total', 'Writes to log segments; records share them.'),
    failures: counter('narthex_log_failures_total', 'Writes or syncs of the log that failed.'),
    damages: counter('narthex_log_damages_total', 'Damaged places skipped by the last replay.'),
    syncSeconds: metrics.histogram(
      'narthex_log_sync_duration_seconds',
      'Duration of fdatasync on the log.',
      [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    ),
  }
}
