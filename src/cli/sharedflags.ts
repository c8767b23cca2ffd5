/** Flags that several roles have, and how they are read. */

import { NarthexError } from '../base/error.ts'
import type { LogLevel } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import { parseSize } from '../base/size.ts'
import type { LabelLimits } from '../collect/receive/labelcheck.ts'
import { parseDuration } from '../model/duration.ts'
import type { PushLimits } from '../roles/push.ts'
import type { SendingOptions } from '../roles/sending.ts'
import type { WebOptions } from '../roles/web.ts'
import type { Flag, FlagValues } from './flags.ts'

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export const CONFIG_FLAG: Flag = {
  name: 'config.file',
  value: 'file',
  help: 'prometheus.yml; reloaded on SIGHUP and POST /-/reload',
}

export const CATALOG_FLAG: Flag = {
  name: 'catalog.path',
  value: 'folder',
  help: 'where the entries of the catalogue are; those that come with the program when absent',
}

/** Where to listen, on which port of loopback by default, and whom to let in. */
export function webFlags(port: number): readonly Flag[] {
  return [
    {
      name: 'web.listen-address',
      value: 'host:port',
      help: 'where to listen; may be given more than once',
      preset: `127.0.0.1:${port}`,
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
      name: 'limit.inflight-bytes',
      value: 'size',
      help: 'bytes of all request bodies held at one time',
      preset: '64MB',
      parse: parseSize,
    },
  ]
}

/** Bounds of what others push. */
export const PUSH_FLAGS: readonly Flag[] = [
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
]

/** What else may be pushed where remote write is taken. */
export const RECEIVE_FLAGS: readonly Flag[] = [
  {
    name: 'otlp.grpc-address',
    value: 'host:port',
    help: 'where to take OTLP metrics over gRPC, 127.0.0.1:4317 as a rule; may be given more than once',
    many: true,
  },
  {
    name: 'otlp.delta-series',
    value: 'count',
    help: 'series whose deltas are added up; points of further ones are refused',
    preset: '200000',
    parse: parseCount,
  },
  {
    name: 'push.groups',
    value: 'count',
    help: 'groups of pushed batch metrics that are kept in memory',
    preset: '1000',
    parse: parseCount,
  },
  {
    name: 'push.series',
    value: 'count',
    help: 'series of all these groups',
    preset: '100000',
    parse: parseCount,
  },
  {
    name: 'push.group-ttl',
    value: 'duration',
    help: 'how long a group is kept that nobody pushes to; 0 for good',
    preset: '7d',
    parse: parseDuration,
  },
]

/** How samples wait for their destinations. */
export const SEND_FLAGS: readonly Flag[] = [
  {
    name: 'remote-write.url',
    value: 'url',
    help: 'remote write receiver besides those of the configuration; may be given more than once',
    many: true,
  },
  {
    name: 'send.buffer-size',
    value: 'size',
    help: 'memory for samples that wait for one destination; beyond it the oldest are dropped',
    preset: '64MB',
    parse: parseSize,
  },
  {
    name: 'send.buffer-age',
    value: 'duration',
    help: 'how long a sample waits for a destination before it is dropped',
    preset: '2h',
    parse: parseDuration,
  },
  {
    name: 'send.max-series',
    value: 'count',
    help: 'series that are sent; new ones beyond it are refused, known ones go on',
    preset: '5000000',
    parse: parseCount,
  },
]

/** What roles bound that pass on what others push. */
export const PASSING_FLAGS: readonly Flag[] = [
  {
    name: 'send.commit-timeout',
    value: 'duration',
    help: 'how long a sender waits until enough destinations have written; then it is told to try again',
    preset: '10s',
    parse: parseDuration,
  },
  {
    name: 'limit.future',
    value: 'duration',
    help: 'how far ahead of the clock a sample may be',
    preset: '10m',
    parse: parseDuration,
  },
]

/** Reads what Prometheus reads, or only what OpenMetrics allows. */
export const STRICT_FLAG: Flag = {
  name: 'scrape.strict-openmetrics',
  help: 'refuse OpenMetrics text that the specification refuses but Prometheus reads',
}

export const FEATURE_FLAG: Flag = {
  name: 'enable-feature',
  value: 'names',
  help: "features under Prometheus's names, with commas",
  many: true,
}

export const LOG_FLAG: Flag = {
  name: 'log.level',
  value: 'level',
  help: `what is logged: ${LOG_LEVELS.join(', ')}`,
  preset: 'info',
  parse: parseLogLevel,
}

/** Typed access to what a command line came to. */
export class FlagReader {
  readonly #values: FlagValues

  constructor(values: FlagValues) {
    this.#values = values
  }

  text(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? ''
  }

  number(name: string): number {
    return this.#values.get(name) as number
  }

  secret(name: string): Secret | undefined {
    return this.#values.get(name) as Secret | undefined
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) as readonly string[]
  }

  isOn(name: string): boolean {
    return this.#values.get(name) === true
  }

  /** -1 stands for `auto`. */
  auto(name: string): number | 'auto' {
    const value = this.number(name)
    return value < 0 ? 'auto' : value
  }

  logLevel(): LogLevel {
    return this.#values.get(LOG_FLAG.name) as LogLevel
  }

  /** What webFlags say. */
  web(): WebOptions {
    return {
      listenAddresses: this.list('web.listen-address'),
      webConfigFile: this.text('web.config.file'),
      insecureListen: this.isOn('web.insecure-listen'),
      hostNames: this.list('web.host-name'),
      lifecycle: this.isOn('web.enable-lifecycle'),
      connectionsMax: this.number('web.max-connections'),
      inflightBytesMax: this.number('limit.inflight-bytes'),
    }
  }

  /** What SEND_FLAGS say. */
  sending(): SendingOptions {
    return {
      urls: this.list('remote-write.url'),
      limits: {
        bufferBytesMax: this.number('send.buffer-size'),
        bufferAgeMsMax: this.number('send.buffer-age'),
        seriesMax: this.number('send.max-series'),
      },
    }
  }

  /** What SEND_FLAGS and PASSING_FLAGS say. */
  passing(): SendingOptions {
    const { urls, limits } = this.sending()
    const commitMsMax = this.number('send.commit-timeout')
    return { urls, limits: { ...limits, commitMsMax, futureMsMax: this.number('limit.future') } }
  }

  /** What PUSH_FLAGS say about labels. */
  labels(): LabelLimits {
    return {
      labelsMax: this.number('limit.labels-per-series'),
      nameBytesMax: this.number('limit.label-name-bytes'),
      valueBytesMax: this.number('limit.label-value-bytes'),
    }
  }

  /** What PUSH_FLAGS and RECEIVE_FLAGS say. */
  push(): PushLimits {
    return {
      labels: this.labels(),
      requestBytesMax: this.number('limit.request-bytes'),
      decodedBytesMax: this.number('limit.decoded-bytes'),
      batch: {
        groupsMax: this.number('push.groups'),
        seriesMax: this.number('push.series'),
        groupAgeMsMax: this.number('push.group-ttl'),
      },
      otlpDeltaSeriesMax: this.number('otlp.delta-series'),
      otlpGrpcAddresses: this.list('otlp.grpc-address'),
    }
  }
}

/** A whole number. */
export function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new NarthexError('bad_data', `${JSON.stringify(text)} is not a whole number`)
}

/** A whole number, or -1 for `auto`. */
export function parseAutoCount(text: string): number {
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
