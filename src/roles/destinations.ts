/** Every kind of destination, and how its writer is opened. */
import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { ListedDestination } from '../config/destinationkinds.ts'
import type { PostgresDestination } from '../config/destinations/postgresql.ts'
import type { RemoteWriteDestination } from '../config/remotewrite.ts'
import type { MetadataView } from '../model/target.ts'
import { shownUrl } from '../net/client/request.ts'
import { checkTlsFiles } from '../net/client/tls.ts'
import { openFile } from '../send/file/writer.ts'
import type { Frames } from '../send/frame/part.ts'
import { openNarthex } from '../send/narthex/writer.ts'
import { openRemoteWrite } from '../send/remotewrite/writer.ts'
import type { SeriesView, Writer } from '../send/writer.ts'

/** An entry of `remote_write` or of `narthex.destinations`. */
export type AnyDestination = RemoteWriteDestination | ListedDestination

/** What writers are given. */
export interface WriterDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly metadata: MetadataView
  /** Ready requests, shared by the receivers that see the same series. */
  readonly frames: (view: SeriesView) => Frames
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Opens the writer of a destination. Kinds that need a library load it here, so that who does not
 * use them does not pay for it.
 *
 * @throws NarthexError `bad_data` for a destination that cannot be written to
 */
export async function openWriter(
  config: AnyDestination,
  view: SeriesView,
  deps: WriterDeps,
): Promise<Writer> {
  await checkFiles(config)
  switch (config.kind) {
    case 'remote_write':
      return openRemoteWrite(config, deps)(view)
    case 'gateway': {
      const { openGateway } = await import('../send/gateway/writer.ts')
      return openGateway(config, { ...deps, agentName: hostname() })(view)
    }
    case 'file':
      return openFile(config)(view)
    case 'narthex':
      return openNarthex(config, deps)(view)
    case 'victoriametrics': {
      const { openVictoriaMetrics } = await import('../send/victoriametrics/writer.ts')
      return openVictoriaMetrics(config, deps)(view)
    }
    case 'influxdb': {
      const { openInflux } = await import('../send/influxdb/writer.ts')
      return openInflux(config, deps)(view)
    }
    case 'opentsdb': {
      const { openOpenTsdb } = await import('../send/opentsdb/writer.ts')
      return openOpenTsdb(config, deps)(view)
    }
    case 'elasticsearch': {
      const { openElasticsearch } = await import('../send/elasticsearch/writer.ts')
      return openElasticsearch(config, deps)(view)
    }
    case 'otlp': {
      const { openOtlp } = await import('../send/otlp/writer.ts')
      return openOtlp(config, deps)(view)
    }
    case 'postgresql': {
      const { openPostgres } = await import('../send/postgresql/writer.ts')
      return openPostgres(config, deps)(view)
    }
    case 'kafka': {
      const { openKafka } = await import('../send/kafka/writer.ts')
      return openKafka(config)(view)
    }
  }
}

/** Certificates and keys are looked at before the first write; passwords are read with each request. */
async function checkFiles(config: AnyDestination): Promise<void> {
  const tls = 'http' in config ? [config.http.tls, config.http.oauth2?.tls] : []
  if ('tls' in config) tls.push(config.tls)
  for (const each of tls) {
    if (each === undefined) continue
    try {
      await checkTlsFiles(each)
    } catch (error) {
      throw new NarthexError('bad_data', `destination ${config.name}: ${messageOf(error)}`, error)
    }
  }
}

/** The end as people may see it: a URL or path without secrets. */
export function addressOf(config: AnyDestination): string {
  switch (config.kind) {
    case 'remote_write':
    case 'narthex':
    case 'victoriametrics':
    case 'influxdb':
    case 'opentsdb':
    case 'elasticsearch':
    case 'otlp':
      return URL.canParse(config.url) ? shownUrl(new URL(config.url)) : config.name
    case 'postgresql':
      return databaseOf(config)
    case 'file':
      return config.path
    case 'gateway':
      return config.addresses.join(', ')
    case 'kafka':
      return `${config.brokers.join(', ')} ${config.topic}`
  }
}

/** `host:port/database` */
function databaseOf({ name, connectionString, host, port, database }: PostgresDestination): string {
  if (connectionString === undefined) return `${host}:${port}/${database}`
  const text = connectionString.reveal()
  if (!URL.canParse(text)) return name
  const url = new URL(text)
  return url.host + url.pathname
}
