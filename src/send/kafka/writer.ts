/** The writer of `type: kafka`: a message for each target of a write. */
import { messageOf } from '../../base/error.ts'
import type { KafkaDestination } from '../../config/destinations/kafka.ts'
import type { SeriesId } from '../../model/appender.ts'
import { kafkaFault } from '../../net/kafka/fault.ts'
import { isTopicMissing, MessageProducer, type OutMessage } from '../../net/kafka/producer.ts'
import { ResultSum } from '../http/resultsum.ts'
import type { Parcel, Tally } from '../parcel.ts'
import type { OpenWriter, SeriesView, WriteResult, Writer } from '../writer.ts'
import { gatherCells, halveCells, itemCountOf, type TargetCells } from './cells.ts'
import { type BodyEncoder, JsonBody, ProtobufBody } from './encoding.ts'
import { Targets } from './targets.ts'

/** What stands in the header `version`. */
export const FORMAT_VERSION = '1'

/** Bytes of a message beside its key and value, headers included, about. */
const MESSAGE_BYTES = 128

/** Opens writers of a topic; the cluster is asked by the first write. */
export function openKafka(config: KafkaDestination): OpenWriter {
  return (view) => new KafkaWriter(config, view)
}

/** A message with what it holds, for the counters. */
interface Counted {
  readonly message: OutMessage
  readonly held: Tally
}

class KafkaWriter implements Writer {
  readonly takesExemplars: boolean
  readonly #config: KafkaDestination
  readonly #producer: MessageProducer
  readonly #targets: Targets
  readonly #body: BodyEncoder
  readonly #headers: OutMessage['headers']

  constructor(config: KafkaDestination, view: SeriesView) {
    this.#config = config
    const { compression, timeoutMsMax } = config
    this.#producer = new MessageProducer({ config, compression, timeoutMsMax })
    this.#targets = new Targets(view)
    this.#body = config.encoding === 'json' ? new JsonBody(view) : new ProtobufBody(view)
    this.takesExemplars = this.#body.hasSide
    const header = (name: string, text: string): OutMessage['headers'][number] => [
      name,
      new TextEncoder().encode(text),
    ]
    this.#headers = [
      header('version', FORMAT_VERSION),
      header('encoding', config.encoding),
      ...(config.tenant === '' ? [] : [header('tenant', config.tenant)]),
    ]
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const leftOut = new ResultSum()
    const messages: Counted[] = []
    for (const cells of gatherCells(parcels, this.#targets)) {
      if (!this.#body.hasSide) leftOut.leave('native_histogram', cells.histograms.length)
      if (hasContent(cells, this.#body)) this.#encode(cells, messages, leftOut)
    }
    try {
      for (const chunk of chunksOf(messages, this.#config.messageBytesMax)) {
        await untilAborted(this.#send(chunk, leftOut), signal)
      }
    } catch (error) {
      const { isRetryable, reason, message } = kafkaFault(error)
      if (!isRetryable) return { outcome: 'refused', reason, message }
      return { outcome: 'retry', reason, message: message || messageOf(error), afterMs: 0 }
    }
    return leftOut.result()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#targets.forget(ids)
    this.#body.forget(ids)
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }

  /** One message, or several where it would be too large. */
  #encode(cells: TargetCells, into: Counted[], leftOut: ResultSum): void {
    const value = this.#body.encode(cells)
    const { key } = cells.target
    if (value.length + key.length + MESSAGE_BYTES > this.#config.messageBytesMax) {
      if (itemCountOf(cells) > 1) {
        for (const half of halveCells(cells)) {
          if (hasContent(half, this.#body)) this.#encode(half, into, leftOut)
        }
        return
      }
      leave(leftOut, 'message_too_large', tallyOf(cells))
      return
    }
    into.push({
      message: { topic: this.#config.topic, key, value, headers: this.#headers },
      held: tallyOf(cells),
    })
  }

  /** What is too large together may fit alone. */
  async #send(chunk: readonly Counted[], leftOut: ResultSum): Promise<void> {
    try {
      await this.#produce(chunk.map(({ message }) => message))
    } catch (error) {
      const { isRetryable, reason } = kafkaFault(error)
      if (isRetryable) throw error
      if (chunk.length === 1) {
        leave(leftOut, reason, chunk[0].held)
        return
      }
      for (const one of chunk) await this.#send([one], leftOut)
    }
  }

  async #produce(messages: readonly OutMessage[]): Promise<void> {
    try {
      await this.#producer.send(messages)
    } catch (error) {
      const { topic, createTopic, partitions, replicas } = this.#config
      if (!createTopic || !isTopicMissing(error)) throw error
      await this.#producer.createTopic({ topic, partitions, replicas })
      await this.#producer.send(messages)
    }
  }
}

function leave(leftOut: ResultSum, reason: string, { samples, exemplars }: Tally): void {
  leftOut.leave(reason, samples)
  leftOut.leaveExemplars(reason, exemplars)
}

function tallyOf({ runs, histograms, exemplars }: TargetCells): Tally {
  const floats = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  return { samples: floats + histograms.length, exemplars: exemplars.length }
}

function hasContent(cells: TargetCells, { hasSide }: BodyEncoder): boolean {
  return cells.runs.length > 0 || (hasSide && itemCountOf(cells) > 0)
}

/** Messages that leave together, in order: brokers bound the batch, not only the message. */
function chunksOf(messages: readonly Counted[], bytesMax: number): readonly Counted[][] {
  const chunks: Counted[][] = []
  let sizeBytes = Infinity
  for (const one of messages) {
    const { key, value } = one.message
    const oneBytes = key.length + value.length + MESSAGE_BYTES
    if (sizeBytes + oneBytes > bytesMax) {
      chunks.push([])
      sizeBytes = 0
    }
    chunks[chunks.length - 1].push(one)
    sizeBytes += oneBytes
  }
  return chunks
}

/** The destination stops: it is not waited for what the cluster has not answered. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('cannot wait for kafka any longer: stopping'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
