/** Destinations: what every end that samples leave for has in common, and how it is read. */
import type { RelabelRule } from './relabel.ts'
import { type DraftRule, finishRules, rulesOf } from './relabelshape.ts'
import {
  duration,
  maybeDuration,
  maybeSize,
  maybeTruth,
  quietDuration,
  text,
  truth,
  whole,
} from './scalars.ts'
import { type Keys, type MapPlace, mapOf, type Shape } from './shape.ts'

/** How samples wait for a destination, and how fast they leave. */
export interface QueueConfig {
  /** Samples a write at once that wait as they came; what is more waits packed. */
  readonly capacitySamples: number
  /** Writes at once at the beginning, and again after trouble. */
  readonly shardsMin: number
  /** Writes at once at most. */
  readonly shardsMax: number
  readonly samplesPerSendMax: number
  /** How long a sample waits at most for others that fill its request. */
  readonly batchSendDeadlineMs: number
  readonly backoffMsMin: number
  readonly backoffMsMax: number
  /** Whether 429 of a remote write receiver means to try again; undefined: if it says after what time. */
  readonly retryOn429: boolean | undefined
  /** Samples whose time is older are dropped instead of sent; 0: none. */
  readonly sampleAgeMsMax: number
  /** Memory for samples that wait; undefined: as the flag says. */
  readonly bufferBytesMax: number | undefined
  /** How long a sample waits at most; undefined: as the flag says. */
  readonly bufferAgeMsMax: number | undefined
}

/**
 * What Prometheus's queue_config has where the file says nothing; but more samples a request, between
 * its 2,000 and vmagent's 10,000, so that a request is not mostly one target.
 */
export const DEFAULT_QUEUE: QueueConfig = Object.freeze({
  capacitySamples: 10_000,
  shardsMin: 1,
  shardsMax: 50,
  samplesPerSendMax: 5000,
  batchSendDeadlineMs: 5000,
  backoffMsMin: 30,
  backoffMsMax: 5000,
  retryOn429: undefined,
  sampleAgeMsMax: 0,
  bufferBytesMax: undefined,
  bufferAgeMsMax: undefined,
})

/** What all destinations have in common; each kind adds its own and narrows `kind`. */
export interface DestinationBase {
  /** Names the queue over reloads; no two destinations have the same. */
  readonly name: string
  readonly kind: string
  /** `write_relabel_configs`. */
  readonly relabel: readonly RelabelRule[]
  readonly queue: QueueConfig
  readonly sendExemplars: boolean
  readonly sendNativeHistograms: boolean
}

/** The keys of queue_config. */
export interface RawQueue {
  readonly capacity: number
  readonly max_shards: number
  readonly min_shards: number
  readonly max_samples_per_send: number
  readonly batch_send_deadline: number
  readonly min_backoff: number
  readonly max_backoff: number
  readonly retry_on_http_429: boolean | undefined
  readonly sample_age_limit: number
}

/** Keys that Prometheus knows, with its defaults. */
export const QUEUE_KEYS: Keys<RawQueue> = {
  capacity: whole(DEFAULT_QUEUE.capacitySamples),
  max_shards: whole(DEFAULT_QUEUE.shardsMax),
  min_shards: whole(DEFAULT_QUEUE.shardsMin),
  max_samples_per_send: whole(DEFAULT_QUEUE.samplesPerSendMax),
  batch_send_deadline: duration(DEFAULT_QUEUE.batchSendDeadlineMs),
  min_backoff: duration(DEFAULT_QUEUE.backoffMsMin),
  max_backoff: duration(DEFAULT_QUEUE.backoffMsMax),
  retry_on_http_429: maybeTruth,
  sample_age_limit: quietDuration,
}

/** Refuses what Prometheus refuses. */
export function checkQueue(raw: RawQueue, place: MapPlace): void {
  const refuse = (key: string, message: string): void =>
    place.report.error(place.at(key), `remote write queue ${message}`)
  for (const key of Object.keys(QUEUE_KEYS) as (keyof RawQueue)[]) {
    const value = raw[key]
    if (typeof value !== 'number' || key === 'sample_age_limit') continue
    if (value <= 0) refuse(key, `${key} must be positive`)
  }
  if (raw.min_shards > raw.max_shards) {
    refuse('min_shards', 'min_shards must not be greater than max_shards')
  }
  if (raw.max_backoff < raw.min_backoff) {
    refuse('max_backoff', 'max_backoff must not be less than min_backoff')
  }
}

const BUFFER_OF_FLAGS = { bytesMax: undefined, ageMsMax: undefined }

/** The queue as it is read; a remote_write entry says nothing about its buffer. */
export function queueOf(
  raw: RawQueue,
  buffer: {
    readonly bytesMax: number | undefined
    readonly ageMsMax: number | undefined
  } = BUFFER_OF_FLAGS,
): QueueConfig {
  return {
    capacitySamples: raw.capacity,
    shardsMin: raw.min_shards,
    shardsMax: raw.max_shards,
    samplesPerSendMax: raw.max_samples_per_send,
    batchSendDeadlineMs: raw.batch_send_deadline,
    backoffMsMin: raw.min_backoff,
    backoffMsMax: raw.max_backoff,
    retryOn429: raw.retry_on_http_429,
    sampleAgeMsMax: raw.sample_age_limit,
    bufferBytesMax: buffer.bytesMax,
    bufferAgeMsMax: buffer.ageMsMax,
  }
}

interface RawBufferedQueue extends RawQueue {
  readonly buffer_size: number | undefined
  readonly buffer_age: number | undefined
}

const bufferedQueue: Shape<QueueConfig> = mapOf<RawBufferedQueue, QueueConfig>(
  'narthex.plain',
  { ...QUEUE_KEYS, buffer_size: maybeSize, buffer_age: maybeDuration },
  (raw) => queueOf(raw, { bytesMax: raw.buffer_size, ageMsMax: raw.buffer_age }),
  (raw, place) => {
    checkQueue(raw, place)
    for (const key of ['buffer_size', 'buffer_age'] as const) {
      if ((raw[key] ?? 1) <= 0) place.report.error(place.at(key), `${key} must be positive`)
    }
  },
)

interface RawDestination {
  readonly name: string
  readonly type: string
  readonly write_relabel_configs: readonly DraftRule[]
  readonly queue_config: QueueConfig
  readonly send_exemplars: boolean
  readonly send_native_histograms: boolean
}

const BASE_KEYS: Keys<RawDestination> = {
  name: text,
  type: text,
  write_relabel_configs: rulesOf('empty or null relabeling rule in destination'),
  queue_config: bufferedQueue,
  send_exemplars: truth(false),
  send_native_histograms: truth(false),
}

/**
 * An entry of `narthex.destinations` of one kind: the common keys and its own.
 *
 * @param build what the kind adds; must take whatever the shapes hand out after a fault
 * @param check says what else is wrong; runs only when every key was fine
 */
export function destinationOf<K extends string, R, T extends object>(
  kind: K,
  keys: Keys<R>,
  build: (raw: R, place: MapPlace) => T,
  check?: (raw: R, place: MapPlace) => void,
): Shape<DestinationBase & { readonly kind: K } & T> {
  return mapOf<RawDestination & R, DestinationBase & { readonly kind: K } & T>(
    'narthex.plain',
    { ...BASE_KEYS, ...keys } as Keys<RawDestination & R>,
    (raw, place) => ({
      ...build(raw, place),
      name: raw.name,
      kind,
      relabel: finishRules(raw.write_relabel_configs, 'utf8', place.report),
      queue: raw.queue_config,
      sendExemplars: raw.send_exemplars,
      sendNativeHistograms: raw.send_native_histograms,
    }),
    check,
  )
}
