/** The flags of `narthex up` and the options they come to. */

import { NarthexError } from '../base/error.ts'
import type { LogLevel } from '../base/log.ts'
import { parseSize } from '../base/size.ts'
import { parseDuration } from '../model/duration.ts'
import type { UpOptions } from '../roles/up.ts'
import type { CommandSpec, FlagValues } from './flags.ts'

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export const UP: CommandSpec = {
  name: 'narthex up',
  summary:
    'Scrapes, keeps, answers and draws, all in one process on one port. Without a configuration ' +
    'file it watches this machine, itself and the exporters it finds on the loopback addresses.',
  flags: [
    {
      name: 'config.file',
      value: 'file',
      help: 'prometheus.yml; reloaded on SIGHUP and POST /-/reload',
    },
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
    {
      name: 'web.listen-address',
      value: 'host:port',
      help: 'where to listen; may be given more than once',
      preset: '127.0.0.1:9390',
      many: true,
    },
    {
      name: 'web.config.file',
      value: 'file',
      help: 'TLS, users and tokens, in the format of the Prometheus exporters',
    },
    {
      name: 'web.insecure-listen',
      help: 'listen beyond loopback without asking who comes',
    },
    {
      name: 'web.host-name',
      value: 'name',
      help: 'further names by which browsers may call this server; may be given more than once',
      many: true,
    },
    { name: 'web.enable-lifecycle', help: 'allow POST /-/quit' },
    {
      name: 'web.max-connections',
      value: 'count',
      help: 'open connections; one more is closed at once',
      preset: '512',
      parse: parseCount,
    },
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
    {
      name: 'limit.labels-per-series',
      value: 'count',
      help: 'labels of a pushed series',
      preset: '40',
      parse: parseCount,
    },
    {
      name: 'limit.label-name-bytes',
      value: 'size',
      help: 'length of a pushed label name',
      preset: '256',
      parse: parseSize,
    },
    {
      name: 'limit.label-value-bytes',
      value: 'size',
      help: 'length of a pushed label value',
      preset: '4096',
      parse: parseSize,
    },
    {
      name: 'limit.request-bytes',
      value: 'size',
      help: 'bytes of a request body as sent',
      preset: '16MB',
      parse: parseSize,
    },
    {
      name: 'limit.decoded-bytes',
      value: 'size',
      help: 'bytes of a request body once decompressed',
      preset: '32MB',
      parse: parseSize,
    },
    {
      name: 'limit.inflight-bytes',
      value: 'size',
      help: 'bytes of all request bodies held at one time',
      preset: '64MB',
      parse: parseSize,
    },
    {
      name: 'scrape.strict-openmetrics',
      help: 'refuse OpenMetrics text that the specification refuses but Prometheus reads',
    },
    {
      name: 'enable-feature',
      value: 'names',
      help: "features under Prometheus's names, with commas",
      many: true,
    },
    {
      name: 'log.level',
      value: 'level',
      help: `what is logged: ${LOG_LEVELS.join(', ')}`,
      preset: 'info',
      parse: parseLogLevel,
    },
  ],
  footer: [
    'Examples:',
    '  narthex up                                  watch this machine, open http://127.0.0.1:9390',
    '  narthex up --config.file=prometheus.yml     do what an existing prometheus.yml says',
    '  narthex up --web.listen-address=0.0.0.0:9390 --web.config.file=web.yml',
    '',
    'Sizes take B, KB, MB, GB; durations ms, s, m, h, d, w, y. Signals: SIGHUP reloads, SIGTERM ends.',
  ].join('\n'),
}

/** The options of the role. */
export function readUpOptions(
  values: FlagValues,
  texts: ReadonlyMap<string, string>,
): UpOptions & { readonly logLevel: LogLevel } {
  const text = (name: string): string => (values.get(name) as string | undefined) ?? ''
  const number = (name: string): number => values.get(name) as number
  const list = (name: string): readonly string[] => values.get(name) as readonly string[]
  const isOn = (name: string): boolean => values.get(name) === true
  return {
    configFile: text('config.file'),
    storagePath: text('storage.path'),
    retentionMs: number('storage.retention.time'),
    retentionSizeBytes: number('storage.retention.size'),
    syncIntervalMs: number('storage.wal.sync-interval'),
    minFreeBytes: autoNumber(number('storage.min-free')),
    listenAddresses: list('web.listen-address'),
    webConfigFile: text('web.config.file'),
    insecureListen: isOn('web.insecure-listen'),
    hostNames: list('web.host-name'),
    lifecycle: isOn('web.enable-lifecycle'),
    connectionsMax: number('web.max-connections'),
    queryTimeoutMs: number('query.timeout'),
    lookbackMs: number('query.lookback-delta'),
    cacheBytesMax: number('query.cache-bytes'),
    query: {
      timeoutMsMax: number('query.max-timeout'),
      samplesMax: number('query.max-samples'),
      memoryBytesMax: number('query.max-memory'),
      pointsMax: number('query.max-points'),
      textLengthMax: number('query.max-bytes'),
      concurrencyMax: number('query.max-concurrency'),
      queueMsMax: number('query.max-queue'),
      labelSeriesMax: number('query.max-label-series'),
    },
    seriesMax: autoNumber(number('limit.series')),
    newSeriesPerMinuteMax: autoNumber(number('limit.new-series-per-minute')),
    futureMaxMs: number('limit.future'),
    labels: {
      labelsMax: number('limit.labels-per-series'),
      nameBytesMax: number('limit.label-name-bytes'),
      valueBytesMax: number('limit.label-value-bytes'),
    },
    requestBytesMax: number('limit.request-bytes'),
    decodedBytesMax: number('limit.decoded-bytes'),
    inflightBytesMax: number('limit.inflight-bytes'),
    strictOpenMetrics: isOn('scrape.strict-openmetrics'),
    features: list('enable-feature'),
    flags: texts,
    logLevel: values.get('log.level') as LogLevel,
  }
}

/** -1 stands for `auto`. */
function autoNumber(value: number): number | 'auto' {
  return value < 0 ? 'auto' : value
}

function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new NarthexError('bad_data', `${JSON.stringify(text)} is not a whole number`)
}

function parseAutoCount(text: string): number {
  return text === 'auto' ? -1 : parseCount(text)
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text)
  if (level !== undefined) return level
  throw new NarthexError(
    'bad_data',
    `${JSON.stringify(text)} is not a level, wanted ${LOG_LEVELS.join(', ')}`,
  )
}
