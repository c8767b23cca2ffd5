/** The room that passes samples on, as the configuration has it. */
import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/error.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Config, readConfig } from '../config/config.ts'
import type { MetadataView } from '../model/target.ts'
import type { Policy } from '../send/commit.ts'
import { shareFrames } from '../send/frame/shared.ts'
import {
  DEFAULT_SEND_LIMITS,
  type Sending,
  type SendLimits,
  startSending,
} from '../send/sending.ts'
import type { Configuration } from './configuration.ts'
import { type AnyDestination, addressOf, openWriter } from './destinations.ts'

/** What flags say about sending. */
export interface SendingOptions {
  readonly limits: Partial<SendLimits>
  /** Remote write receivers besides those of the configuration. */
  readonly urls: readonly string[]
}

/** What sending needs to know of others. */
export interface SendingDeps {
  readonly log: Log
  readonly metrics: Metrics
  /** Type, help and unit of what is sent. */
  readonly metadata: MetadataView
  /** How many destinations must have written before a commit resolves; absent: it waits for nobody. */
  readonly policy?: (config: Config) => Policy
}

/** Everything that samples leave for: `remote_write` and `narthex.destinations`. */
function destinationsOf(config: Config): readonly AnyDestination[] {
  return [...config.remoteWrite, ...config.narthex.destinations]
}

/**
 * Refuses to send nowhere, now and at each reload: a mistake that should not be found out by
 * missing data.
 *
 * @param urls --remote-write.url
 * @throws NarthexError `bad_data` for a configuration without a destination
 */
export function requireDestination(configuration: Configuration, urls: readonly string[]): void {
  const require = (verb: string, config: Config): void => {
    if (destinationsOf(config).length + urls.length > 0) return
    throw new NarthexError(
      'bad_data',
      `cannot ${verb}: no destination, wanted remote_write or narthex.destinations in --config.file, or --remote-write.url`,
    )
  }
  require('start', configuration.current)
  configuration.follow((config) => require('reload', config))
}

/**
 * Starts sending; it follows the configuration.
 *
 * @throws NarthexError `bad_data` for destinations that cannot be opened
 */
export async function startSendingRoom(
  options: SendingOptions,
  configuration: Configuration,
  deps: SendingDeps,
  life: Lifecycle,
): Promise<Sending<AnyDestination>> {
  const clock = systemClock
  const { current } = configuration
  const fromFlags = receiversOf(options.urls)
  const all = (config: Config): readonly AnyDestination[] => [
    ...destinationsOf(config),
    ...fromFlags,
  ]
  const { log, metrics, metadata } = deps
  const policyOf = deps.policy ?? ((): Policy => 'none')
  let policy = policyOf(current)
  const frames = shareFrames(metrics)
  const writers = { clock, log, metrics, metadata, frames, environment: process.env }
  const sending = life.own(
    await startSending<AnyDestination>({
      destinations: all(current),
      externalLabels: current.externalLabels,
      policy: () => policy,
      limits: { ...DEFAULT_SEND_LIMITS, ...options.limits },
      deps: {
        clock,
        log,
        metrics,
        openWriter: (config, view) => openWriter(config, view, writers),
        addressOf,
      },
    }),
  )
  configuration.follow(async (config) => {
    await sending.apply(all(config), config.externalLabels)
    policy = policyOf(config)
  })
  return sending
}

/** What --remote-write.url names, with the defaults of a `remote_write` entry. */
function receiversOf(urls: readonly string[]): readonly AnyDestination[] {
  const entries = urls.map((url) => `  - url: ${JSON.stringify(url)}`)
  const { config, errors } = readConfig(['remote_write:', ...entries].join('\n'), '', {})
  if (config !== undefined) return config.remoteWrite
  const [first] = errors
  throw new NarthexError('bad_data', `cannot send to --remote-write.url: ${first.message}`)
}
