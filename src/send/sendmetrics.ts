/** What destinations count, as metrics: by Prometheus's names where it has the same. */
import type { Clock } from '../base/clock.ts'
import type { Family, Metrics } from '../base/metrics.ts'
import type { ItemCounters, SendCounters } from './counters.ts'
import type { Destination } from './destination.ts'

/** A destination with how its end is shown. */
export interface ShownDestination {
  readonly destination: Destination
  /** Its URL or address without secrets. */
  readonly address: string
}

type Read = (destination: Destination, clock: Clock) => number

const COUNTERS: readonly (readonly [string, string, Read])[] = [
  [
    'prometheus_remote_storage_samples_total',
    'Samples written.',
    ({ counters }) => counters.written,
  ],
  [
    'prometheus_remote_storage_samples_failed_total',
    'Samples that a destination refused for good.',
    ({ counters }) => counters.refusedTotal,
  ],
  [
    'prometheus_remote_storage_samples_retried_total',
    'Samples that were sent again.',
    ({ counters }) => counters.retried,
  ],
  [
    'prometheus_remote_storage_exemplars_total',
    'Exemplars written.',
    ({ counters }) => counters.exemplars.written,
  ],
  [
    'prometheus_remote_storage_exemplars_failed_total',
    'Exemplars that a destination refused for good.',
    ({ counters }) => counters.exemplars.refusedTotal,
  ],
  [
    'prometheus_remote_storage_exemplars_retried_total',
    'Exemplars that were sent again.',
    ({ counters }) => counters.exemplars.retried,
  ],
  [
    'narthex_send_exemplars_received_total',
    'Exemplars handed over to a destination: written, dropped or waiting.',
    ({ counters }) => counters.exemplars.received,
  ],
  [
    'narthex_send_received_total',
    'Samples handed over to a destination: written, dropped or waiting.',
    ({ counters }) => counters.received,
  ],
  ['narthex_send_writes_total', 'Writes that ended well.', ({ counters }) => counters.writes],
  [
    'narthex_send_write_failures_total',
    'Writes that ended in a retry or a refusal.',
    ({ counters }) => counters.failures,
  ],
]

const GAUGES: readonly (readonly [string, string, Read])[] = [
  [
    'prometheus_remote_storage_samples_pending',
    'Samples that wait to be written.',
    (destination) => destination.queuedSamples,
  ],
  [
    'prometheus_remote_storage_exemplars_pending',
    'Exemplars that wait to be written.',
    (destination) => destination.queuedExemplars,
  ],
  [
    'prometheus_remote_storage_shards',
    'Writes that may run at once.',
    (destination) => destination.shards,
  ],
  [
    'prometheus_remote_storage_shards_max',
    'Writes that may ever run at once.',
    ({ end }) => end.config.queue.shardsMax,
  ],
  [
    'prometheus_remote_storage_shards_min',
    'Writes that may run at once after trouble.',
    ({ end }) => end.config.queue.shardsMin,
  ],
  [
    'prometheus_remote_storage_shard_capacity',
    'Samples a write at once that wait unpacked.',
    ({ end }) => end.config.queue.capacitySamples,
  ],
  [
    'prometheus_remote_storage_max_samples_per_send',
    'Most samples of a write.',
    ({ end }) => end.config.queue.samplesPerSendMax,
  ],
  [
    'prometheus_remote_storage_queue_highest_timestamp_seconds',
    'Newest time of the samples handed over.',
    ({ counters }) => counters.highestReceivedMs / 1000,
  ],
  [
    'prometheus_remote_storage_queue_highest_sent_timestamp_seconds',
    'Newest time of the samples written.',
    ({ counters }) => counters.highestWrittenMs / 1000,
  ],
  ['narthex_send_queue_bytes', 'Memory of what waits.', (destination) => destination.queuedBytes],
  [
    'narthex_send_queue_max_bytes',
    'Most memory of what waits.',
    (destination) => destination.bufferBytesMax,
  ],
  [
    'narthex_send_queue_age_seconds',
    'How long the oldest sample waits.',
    ({ oldestMs }, clock) =>
      oldestMs === Infinity ? 0 : Math.max(0, clock.monotonicMs() - oldestMs) / 1000,
  ],
  [
    'narthex_send_writes_running',
    'Writes that run now.',
    (destination) => destination.writesRunning,
  ],
]

/** Keeps the metrics of all destinations. */
export class SendMetrics {
  readonly #families: readonly (readonly [Family, Read])[]
  /** By reason. */
  readonly #dropped: readonly (readonly [Family, (counters: SendCounters) => ItemCounters])[]
  readonly #clock: Clock
  /** Label values of the last time. */
  #shown: (readonly [string, string])[] = []
  #shownReasons: (readonly [Family, string, string, string])[] = []

  constructor(metrics: Metrics, clock: Clock, shown: () => readonly ShownDestination[]) {
    const names = ['remote_name', 'url']
    this.#clock = clock
    this.#families = [
      ...COUNTERS.map(([name, help, read]) => [metrics.counter(name, help, names), read] as const),
      ...GAUGES.map(([name, help, read]) => [metrics.gauge(name, help, names), read] as const),
    ]
    const dropped = (name: string, help: string): Family =>
      metrics.counter(name, help, [...names, 'reason'])
    this.#dropped = [
      [
        dropped('prometheus_remote_storage_samples_dropped_total', 'Samples dropped, by reason.'),
        (counters) => counters,
      ],
      [
        dropped(
          'prometheus_remote_storage_exemplars_dropped_total',
          'Exemplars dropped, by reason.',
        ),
        (counters) => counters.exemplars,
      ],
    ]
    metrics.onCollect(() => this.#refresh(shown()))
  }

  #refresh(destinations: readonly ShownDestination[]): void {
    for (const [name, address] of this.#shown) {
      for (const [family] of this.#families) family.without(name, address)
    }
    for (const [family, ...labelValues] of this.#shownReasons) family.without(...labelValues)
    this.#shownReasons = []
    this.#shown = destinations.map(({ destination, address }) => {
      const { name, counters } = destination
      for (const [family, read] of this.#families) {
        family.with(name, address).set(read(destination, this.#clock))
      }
      for (const [family, countersOf] of this.#dropped) {
        for (const [reason, count] of countersOf(counters).dropped) {
          family.with(name, address, reason).set(count)
          this.#shownReasons.push([family, name, address, reason])
        }
      }
      return [name, address] as const
    })
  }
}
