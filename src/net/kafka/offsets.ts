/** Where partitions begin and end, and where a group is in them. */
import { type Consumer, ListOffsetTimestamps } from '@platformatic/kafka'

/** A partition of a topic. */
export interface Place {
  readonly topic: string
  readonly number: number
}

/**
 * Where the group is. Where it has not been yet: the beginning or the end, which is committed at
 * once, so that what comes while nobody reads is not passed over.
 */
export async function startOffsets(
  consumer: Consumer,
  places: readonly Place[],
  from: 'earliest' | 'latest',
): Promise<ReadonlyMap<string, bigint>> {
  const offsets = new Map<string, bigint>()
  if (places.length === 0) return offsets
  const topics = [...numbersByTopic(places)].map(([topic, partitions]) => ({ topic, partitions }))
  const committed = await consumer.listCommittedOffsets({ topics })
  const fresh: Place[] = []
  for (const place of places) {
    const offset = committed.get(place.topic)?.[place.number] ?? -1n
    if (offset < 0n) fresh.push(place)
    else offsets.set(keyOf(place.topic, place.number), offset)
  }
  if (fresh.length === 0) return offsets
  const found = await listOffsets(consumer, fresh, from === 'earliest')
  for (const [key, offset] of found) offsets.set(key, offset)
  await consumer.commit({
    offsets: fresh.map(({ topic, number }) => ({
      topic,
      partition: number,
      offset: found.get(keyOf(topic, number)) ?? 0n,
      leaderEpoch: -1,
    })),
  })
  return offsets
}

export function keyOf(topic: string, number: number): string {
  return `${topic}/${number}`
}

function numbersByTopic(partitions: readonly Place[]): ReadonlyMap<string, number[]> {
  const numbers = new Map<string, number[]>()
  for (const { topic, number } of partitions) {
    const known = numbers.get(topic)
    if (known === undefined) numbers.set(topic, [number])
    else known.push(number)
  }
  return numbers
}

/** The oldest or the next offset of each. */
export async function listOffsets(
  consumer: Consumer,
  partitions: readonly Place[],
  isEarliest: boolean,
): Promise<ReadonlyMap<string, bigint>> {
  const numbers = numbersByTopic(partitions)
  const found = await consumer.listOffsets({
    topics: [...numbers.keys()],
    partitions: Object.fromEntries(numbers),
    timestamp: isEarliest ? ListOffsetTimestamps.EARLIEST : ListOffsetTimestamps.LATEST,
  })
  const offsets = new Map<string, bigint>()
  for (const { topic, number } of partitions) {
    const offset = found.get(topic)?.[number]
    if (offset !== undefined && offset >= 0n) offsets.set(keyOf(topic, number), offset)
  }
  return offsets
}
