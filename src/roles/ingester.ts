/** `narthex ingester`: reads topics of Kafka, and commits what its destinations have written. */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import { KafkaReceiver } from '../collect/receive/kafka/receiver.ts'
import type { LabelLimits } from '../collect/receive/labelcheck.ts'
import { openPushedMetadata } from '../collect/receive/metadata.ts'
import { type Config, defaultConfig } from '../config/config.ts'
import type { KafkaSourceConfig } from '../config/ingester.ts'
import type { Policy } from '../send/commit.ts'
import { openPages } from '../serve/pages.ts'
import {
  metadataRoutes,
  operationRoutes,
  partitionsRoutes,
  sendingRoutes,
} from '../serve/routes.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { NO_METADATA } from './metadata.ts'
import type { Running } from './running.ts'
import { requireDestination, type SendingOptions, startSendingRoom } from './sending.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface IngesterOptions {
  readonly configFile: string
  readonly send: SendingOptions
  readonly web: WebOptions
  readonly labels: LabelLimits
  /** Largest message, in bytes. */
  readonly messageBytesMax: number
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/** Bodies are small: nothing is pushed here. */
const REQUEST_BYTES_MAX = 1024 * 1024

/**
 * Starts the rooms; `life` stops them in the opposite order: reading ends first, then what was read
 * leaves.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a
 *   port that cannot be had
 */
export async function startIngester(
  options: IngesterOptions,
  log: Log,
  life: Lifecycle,
): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const { configFile } = options
  const configuration = new Configuration({ file: configFile, isAgent: true, clock, log, metrics })
  const { current } = configuration
  requireDestination(configuration, options.send.urls)
  const source = sourceOf(current)
  const webConfig = loadWeb(options.web)

  const pushed = openPushedMetadata(NO_METADATA, metrics)
  const policy = (config: Config): Policy => config.narthex.policy
  const deps = { log, metrics, metadata: pushed.view, policy }
  const sending = await startSendingRoom(options.send, configuration, deps, life)
  const receiver = life.own(
    new KafkaReceiver({
      config: source,
      appender: sending.pushed(),
      labelLimits: options.labels,
      messageBytesMax: options.messageBytesMax,
      onMetadata: (each) => pushed.add(each),
      clock,
      log,
      metrics,
    }),
  )
  configuration.follow((config) => receiver.apply(sourceOf(config)))

  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: REQUEST_BYTES_MAX,
      routes: [
        ...operationRoutes(
          operationDeps(options, configuration, {
            metrics,
            isReady: () => receiver.isReady,
            hindrance: () => receiver.view.lastError,
          }),
        ),
        ...metadataRoutes(pushed.view),
        ...sendingRoutes({ destinations: () => sending.status() }),
        ...partitionsRoutes(receiver.view),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'ingester'),
      ],
    },
    life,
  )
  configuration.follow(() => web.reload())
  await configuration.start(defaultConfig)
  return { urls: [web.url], reload: () => configuration.reload() }
}

/** @throws NarthexError `bad_data` when nothing is configured to be read */
function sourceOf(config: Config): KafkaSourceConfig {
  const { kafka } = config.narthex.ingester
  if (kafka !== undefined) return kafka
  throw new NarthexError(
    'bad_data',
    'cannot read from kafka: narthex.ingester.kafka is not in --config.file',
  )
}
