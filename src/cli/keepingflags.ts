/** Flags of roles that keep and answer. */
import { parseSize } from '../base/size.ts'
import { parseDuration } from '../model/duration.ts'
import type { KeepingOptions } from '../roles/keeping.ts'
import type { Flag } from './flags.ts'
import { type FlagReader, parseAutoCount, parseCount } from './sharedflags.ts'

/** Where samples are kept, and for how long. */
export const STORAGE_FLAGS: readonly Flag[] = [
  { name: 'storage.path', value: 'folder', help: 'where samples are kept', preset: 'data' },
  {
    name: 'storage.retention.time',
    value: 'duration',
    help: 'samples older than this are deleted; 0 keeps them',
    preset: '15d',
    parse: parseDuration,
  },
  {
    name: 'storage.retention.size',
    value: 'size',
    help: 'bytes on disk above which the oldest samples are deleted; 0 for no bound',
    preset: '0',
    parse: parseSize,
  },
  {
    name: 'storage.wal.sync-interval',
    value: 'duration',
    help: 'time between two syncs of the log: what a power cut may cost; 0 syncs before each acknowledgement',
    preset: '1s',
    parse: parseDuration,
  },
  {
    name: 'storage.min-free',
    value: 'size',
    help: 'free space on the disk below which nothing is written; auto is 100 MB or 2 % of the disk, the larger',
    preset: 'auto',
    parse: (text) => (text === 'auto' ? -1 : parseSize(text)),
  },
]

/** Bounds of questions, and of what is kept in memory. */
export const QUERY_FLAGS: readonly Flag[] = [
  {
    name: 'query.timeout',
    value: 'duration',
    help: 'longest time of a query that names none',
    preset: '30s',
    parse: parseDuration,
  },
  {
    name: 'query.max-timeout',
    value: 'duration',
    help: 'longest time that a query may ask for',
    preset: '2m',
    parse: parseDuration,
  },
  {
    name: 'query.lookback-delta',
    value: 'duration',
    help: 'how far back an instant selector looks for a sample',
    preset: '5m',
    parse: parseDuration,
  },
  {
    name: 'query.max-samples',
    value: 'count',
    help: 'samples that one query may read',
    preset: '50000000',
    parse: parseCount,
  },
  {
    name: 'query.max-memory',
    value: 'size',
    help: 'bytes that one query may hold',
    preset: '256MB',
    parse: parseSize,
  },
  {
    name: 'query.max-points',
    value: 'count',
    help: 'points of a series in one answer',
    preset: '11000',
    parse: parseCount,
  },
  {
    name: 'query.max-bytes',
    value: 'size',
    help: 'length of an expression',
    preset: '16KB',
    parse: parseSize,
  },
  {
    name: 'query.max-concurrency',
    value: 'count',
    help: 'worker threads for queries',
    preset: '2',
    parse: parseCount,
  },
  {
    name: 'query.cache-bytes',
    value: 'size',
    help: 'bytes of stored blocks that the threads together keep unpacked; 0 keeps none',
    preset: '64MB',
    parse: parseSize,
  },
  {
    name: 'query.max-queue',
    value: 'duration',
    help: 'longest time that a query waits for a thread',
    preset: '10s',
    parse: parseDuration,
  },
  {
    name: 'query.max-label-series',
    value: 'count',
    help: 'series, names or values in one answer about labels',
    preset: '1000000',
    parse: parseCount,
  },
  {
    name: 'limit.series',
    value: 'count',
    help: 'series in memory; auto is a million, or what fits a quarter of the memory',
    preset: 'auto',
    parse: parseAutoCount,
  },
  {
    name: 'limit.new-series-per-minute',
    value: 'count',
    help: 'series made in a minute once half of --limit.series is in use; auto is a fifth of that bound',
    preset: 'auto',
    parse: parseAutoCount,
  },
  {
    name: 'limit.future',
    value: 'duration',
    help: 'how far ahead of the clock a sample may be',
    preset: '10m',
    parse: parseDuration,
  },
]

/** What both say. */
export function readKeeping(flags: FlagReader): KeepingOptions {
  return {
    storagePath: flags.text('storage.path'),
    retentionMs: flags.number('storage.retention.time'),
    retentionSizeBytes: flags.number('storage.retention.size'),
    syncIntervalMs: flags.number('storage.wal.sync-interval'),
    minFreeBytes: flags.auto('storage.min-free'),
    queryTimeoutMs: flags.number('query.timeout'),
    lookbackMs: flags.number('query.lookback-delta'),
    cacheBytesMax: flags.number('query.cache-bytes'),
    query: {
      timeoutMsMax: flags.number('query.max-timeout'),
      samplesMax: flags.number('query.max-samples'),
      memoryBytesMax: flags.number('query.max-memory'),
      pointsMax: flags.number('query.max-points'),
      textLengthMax: flags.number('query.max-bytes'),
      concurrencyMax: flags.number('query.max-concurrency'),
      queueMsMax: flags.number('query.max-queue'),
      labelSeriesMax: flags.number('query.max-label-series'),
    },
    seriesMax: flags.auto('limit.series'),
    newSeriesPerMinuteMax: flags.auto('limit.new-series-per-minute'),
    futureMaxMs: flags.number('limit.future'),
    features: flags.list('enable-feature'),
  }
}
