/** Writers, destinations and rows for tests of what leaves. */
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import {
  DEFAULT_QUEUE,
  type DestinationBase,
  type QueueConfig,
} from '../../src/config/destination.ts'
import type { Appender } from '../../src/model/appender.ts'
import { formatLabels, type Labels, labelsFrom } from '../../src/model/labels.ts'
import type { DestinationStatus } from '../../src/model/sending.ts'
import type { Policy } from '../../src/send/commit.ts'
import type { Parcel } from '../../src/send/parcel.ts'
import {
  DEFAULT_SEND_LIMITS,
  type Sending,
  type SendLimits,
  startSending,
} from '../../src/send/sending.ts'
import { type SeriesView, WRITTEN, type WriteResult, type Writer } from '../../src/send/writer.ts'
import type { FakeClock } from '../collect/clock.ts'

export type Answer = (
  parcels: readonly Parcel[],
  signal: AbortSignal,
) => WriteResult | Promise<WriteResult>

/** Writes into memory what it answers `written` for. */
export class MemoryWriter implements Writer {
  takesExemplars = true
  answer: Answer = () => WRITTEN
  /** `time value` by series, in the order of arrival. */
  readonly series: Map<string, string[]> = new Map()
  readonly requests: (readonly Parcel[])[] = []
  readonly forgotten: number[] = []
  isClosed = false
  /** Writes at once at most so far. */
  parallel = 0
  readonly #view: SeriesView
  readonly #lanes = new Set<number>()
  #running = 0

  constructor(view: SeriesView) {
    this.#view = view
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const lanes = new Set(parcels.map((parcel) => parcel.lane))
    for (const lane of lanes) {
      if (this.#lanes.has(lane)) throw new Error(`lane ${lane} is written twice at once`)
      this.#lanes.add(lane)
    }
    this.parallel = Math.max(this.parallel, ++this.#running)
    this.requests.push(parcels)
    const result = await this.answer(parcels, signal)
    this.#running--
    for (const lane of lanes) this.#lanes.delete(lane)
    if (result.outcome === 'written') for (const parcel of parcels) this.#note(parcel)
    return result
  }

  forget(ids: readonly number[]): void {
    this.forgotten.push(...ids)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  get sampleCount(): number {
    return [...this.series.values()].reduce((sum, list) => sum + list.length, 0)
  }

  #note(parcel: Parcel): void {
    const bits = new BigUint64Array(parcel.values.buffer, parcel.values.byteOffset, parcel.count)
    for (let i = 0; i < parcel.count; i++) {
      const stale = bits[i] === 0x7ff0000000000002n || bits[i] === 0x7ff8000000000002n
      const value = stale ? 'stale' : parcel.values[i]
      this.#push(parcel.ids[i], `${parcel.times?.[i] ?? parcel.timeMs} ${value}`)
    }
    for (const { id, timeMs, histogram } of parcel.histograms) {
      this.#push(id, `${timeMs} histogram ${histogram.count}`)
    }
    for (const { id, exemplar } of parcel.exemplars) this.#push(id, `exemplar ${exemplar.value}`)
  }

  #push(id: number, text: string): void {
    const key = formatLabels(this.#view.labels(id))
    const list = this.series.get(key)
    if (list === undefined) this.series.set(key, [text])
    else list.push(text)
  }
}

/** A destination of a test's own kind. */
export function destinationOf(
  name: string,
  more: Partial<DestinationBase> = {},
  queue: Partial<QueueConfig> = {},
): DestinationBase {
  return {
    name,
    kind: 'memory',
    relabel: [],
    sendExemplars: true,
    sendNativeHistograms: true,
    ...more,
    queue: { ...DEFAULT_QUEUE, ...queue },
  }
}

export interface TestSending {
  readonly sending: Sending<DestinationBase>
  readonly metrics: Metrics
  /** All writers that were opened, by the name of their destination, the newest last. */
  readonly opened: Map<string, MemoryWriter[]>
  writer(name: string): MemoryWriter
  status(name: string): DestinationStatus
}

export interface TestOptions {
  readonly policy?: Policy | (() => Policy)
  readonly externalLabels?: Labels
  readonly limits?: Partial<SendLimits>
  readonly answer?: Answer
  readonly onOpen?: (config: DestinationBase) => void
}

/** Starts destinations that write into memory. */
export async function startTest(
  clock: FakeClock,
  destinations: readonly DestinationBase[],
  options: TestOptions = {},
): Promise<TestSending> {
  const { policy = 'none' } = options
  const metrics = new Metrics()
  const opened = new Map<string, MemoryWriter[]>()
  const sending = await startSending({
    destinations,
    externalLabels: options.externalLabels ?? [],
    policy: typeof policy === 'function' ? policy : () => policy,
    limits: { ...DEFAULT_SEND_LIMITS, ...options.limits },
    deps: {
      clock,
      log: silentLog,
      metrics,
      random: () => 0.5,
      openWriter(config, view) {
        options.onOpen?.(config)
        const writer = new MemoryWriter(view)
        if (options.answer !== undefined) writer.answer = options.answer
        opened.set(config.name, [...(opened.get(config.name) ?? []), writer])
        return writer
      },
    },
  })
  return {
    sending,
    metrics,
    opened,
    writer(name) {
      const writer = opened.get(name)?.at(-1)
      if (writer === undefined) throw new Error(`no writer ${name}`)
      return writer
    },
    status(name) {
      const status = sending.status().find((each) => each.name === name)
      if (status === undefined) throw new Error(`no destination ${name}`)
      return status
    },
  }
}

/** received = written + dropped + queued, of samples and of exemplars. */
export function addsUp(status: DestinationStatus): boolean {
  return [status, status.exemplars].every(({ received, written, dropped, queued }) => {
    const droppedTotal = Object.values(dropped).reduce((sum, count) => sum + count, 0)
    return received === written + droppedTotal + queued
  })
}

/** Series `m0`, `m1`, … of a target. */
export function targetLabels(instance: string, count: number): Labels[] {
  return Array.from({ length: count }, (_, i) =>
    labelsFrom([
      ['__name__', `m${i}`],
      ['instance', instance],
      ['job', 'node'],
    ]),
  )
}

/** Appends one row; the outcomes. */
export function appendRow(
  appender: Appender,
  timeMs: number,
  ids: Float64Array,
  values: readonly number[] | Float64Array,
): Uint8Array {
  const outcomes = new Uint8Array(ids.length)
  appender.append(timeMs, ids, Float64Array.from(values), ids.length, outcomes)
  return outcomes
}

/** Ids of label sets. */
export function idsOf(appender: Appender, labels: readonly Labels[]): Float64Array {
  return Float64Array.from(labels, (each) => appender.series(each))
}

export const RETRY: WriteResult = {
  outcome: 'retry',
  reason: 'status_503',
  message: 'HTTP status 503',
  afterMs: 0,
}

/** Stops, letting the time pass that stopping may take. */
export async function stop(clock: FakeClock, sending: Sending<DestinationBase>): Promise<void> {
  const stopped = sending.stop()
  await clock.advance(10_000)
  await stopped
}
