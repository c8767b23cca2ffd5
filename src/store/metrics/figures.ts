/** The store's own metrics, under Prometheus's names where dashboards know them. */
import type { Cell, Metrics } from '../../base/metrics.ts'
import { OUTCOMES } from '../../model/appender.ts'
import type { Head } from './head.ts'
import type { Sealer } from './seal.ts'
import type { Upkeep } from './upkeep.ts'
import type { Windows } from './windows.ts'

/** Where the figures come from. */
export interface FigureSources {
  readonly head: Head
  readonly windows: Windows
  readonly sealer: Sealer
  readonly upkeep: Upkeep
  seriesRefused(): number
  readerCount(): number
  oldestReadMs(): number
  cacheBytes(): number
}

/** Cells that are counted where things happen; the rest is read when it is asked for. */
export interface Figures {
  /** By outcome of the appender. */
  readonly outcomes: readonly Cell[]
  readonly damages: Cell
}

/** Registers everything. */
export function registerFigures(metrics: Metrics, sources: () => FigureSources): Figures {
  const refused = metrics.counter(
    'narthex_store_samples_total',
    'Samples by what became of them.',
    ['outcome'],
  )
  const damages = metrics.counter(
    'narthex_store_damaged_blocks_total',
    'Reads that met a damaged block and left it out.',
  )
  const refreshes = GAUGES.map(({ name, help, kind, read }) => {
    const family = kind === 'gauge' ? metrics.gauge(name, help) : metrics.counter(name, help)
    return { cell: family.with(), read }
  })
  const appended = metrics.counter(
    'prometheus_tsdb_head_samples_appended_total',
    'Samples accepted.',
    ['type'],
  )
  metrics.onCollect(() => {
    const from = sources()
    for (const { cell, read } of refreshes) cell.set(read(from))
    appended.with('float').set(from.head.counts.samples)
  })
  return { outcomes: OUTCOMES.map((name) => refused.with(name)), damages: damages.with() }
}

interface Figure {
  readonly name: string
  readonly help: string
  readonly kind: 'gauge' | 'counter'
  read(from: FigureSources): number
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0)

const GAUGES: readonly Figure[] = [
  {
    name: 'prometheus_tsdb_head_series',
    help: 'Series in the head.',
    kind: 'gauge',
    read: ({ head }) => head.seriesCount,
  },
  {
    name: 'prometheus_tsdb_head_chunks',
    help: 'Pieces of 16 rows with values of their own in the head.',
    kind: 'gauge',
    read: ({ head }) => head.slabs.used,
  },
  {
    name: 'prometheus_tsdb_head_series_created_total',
    help: 'Series made in the head.',
    kind: 'counter',
    read: ({ head }) => head.columns.counts.made,
  },
  {
    name: 'prometheus_tsdb_head_series_removed_total',
    help: 'Series that left the head.',
    kind: 'counter',
    read: ({ head }) => head.columns.counts.removed,
  },
  {
    name: 'prometheus_tsdb_head_out_of_order_samples_appended_total',
    help: 'Samples accepted behind a newer one of their series.',
    kind: 'counter',
    read: ({ head }) => head.counts.outOfOrder,
  },
  {
    name: 'prometheus_tsdb_head_min_time_seconds',
    help: 'Oldest time in the store.',
    kind: 'gauge',
    read: ({ head }) => finite(head.minTimeMs) / 1000,
  },
  {
    name: 'prometheus_tsdb_head_max_time_seconds',
    help: 'Newest time in the store.',
    kind: 'gauge',
    read: ({ head }) => finite(head.maxTimeMs) / 1000,
  },
  {
    name: 'prometheus_tsdb_blocks_loaded',
    help: 'Windows on disk.',
    kind: 'gauge',
    read: ({ windows }) => windows.current().length,
  },
  {
    name: 'narthex_store_damaged_windows',
    help: 'Windows that the start moved aside because they are damaged.',
    kind: 'gauge',
    read: ({ windows }) => windows.quarantinedCount,
  },
  {
    name: 'prometheus_tsdb_storage_blocks_bytes',
    help: 'Bytes of all windows.',
    kind: 'gauge',
    read: ({ windows }) => windows.sizeBytes(),
  },
  {
    name: 'prometheus_tsdb_compactions_total',
    help: 'Windows merged.',
    kind: 'counter',
    read: ({ upkeep }) => upkeep.counts.merges,
  },
  {
    name: 'prometheus_tsdb_compactions_failed_total',
    help: 'Merges that failed; they are tried again.',
    kind: 'counter',
    read: ({ upkeep }) => upkeep.counts.mergeFailures,
  },
  {
    name: 'prometheus_tsdb_time_retentions_total',
    help: 'Windows deleted because they were too old.',
    kind: 'counter',
    read: ({ upkeep }) => upkeep.counts.timeDeletions,
  },
  {
    name: 'prometheus_tsdb_size_retentions_total',
    help: 'Windows deleted because there were too many bytes.',
    kind: 'counter',
    read: ({ upkeep }) => upkeep.counts.sizeDeletions,
  },
  {
    name: 'narthex_store_sealed_samples_total',
    help: 'Samples moved from the head into windows.',
    kind: 'counter',
    read: ({ sealer }) => sealer.counts.samples,
  },
  {
    name: 'narthex_store_seals_total',
    help: 'Groups sealed.',
    kind: 'counter',
    read: ({ sealer }) => sealer.counts.seals,
  },
  {
    name: 'narthex_store_sealed_strands_total',
    help: 'Runs of samples sealed of series that have times of their own.',
    kind: 'counter',
    read: ({ sealer }) => sealer.counts.strands,
  },
  {
    name: 'narthex_store_seal_failures_total',
    help: 'Rounds of sealing that failed; the rows stay open.',
    kind: 'counter',
    read: ({ upkeep }) => upkeep.counts.sealFailures,
  },
  {
    name: 'narthex_store_series_refused_total',
    help: 'New series refused because a bound was reached.',
    kind: 'counter',
    read: ({ seriesRefused }) => seriesRefused(),
  },
  {
    name: 'narthex_store_head_bytes',
    help: 'Shared memory of the head.',
    kind: 'gauge',
    read: ({ head }) => head.memory.sizeBytes,
  },
  {
    name: 'narthex_store_readers',
    help: 'Readers in other threads.',
    kind: 'gauge',
    read: ({ readerCount }) => readerCount(),
  },
  {
    name: 'narthex_store_cache_bytes',
    help: 'Bytes of blocks that the reading threads keep unpacked.',
    kind: 'gauge',
    read: ({ cacheBytes }) => cacheBytes(),
  },
  {
    name: 'narthex_store_oldest_read_seconds',
    help: 'Age of the oldest read in another thread; it pins pages of windows.',
    kind: 'gauge',
    read: ({ oldestReadMs }) => oldestReadMs() / 1000,
  },
  {
    name: 'narthex_store_read_only',
    help: '1 while nothing can be written.',
    kind: 'gauge',
    read: ({ upkeep }) => (upkeep.readOnlyReason === '' ? 0 : 1),
  },
]
