/** Asks for the partitions, and how fast each moves. */
import { ask } from '../api/client.ts'
import { Rates } from '../api/rates.ts'
import { nameOf, type Partition } from './partition.ts'

/** Over which a rate is taken: batches are committed in bursts. */
const RATE_MS = 60_000

interface Reading {
  readonly partitions: readonly Partition[]
  /** '' while brokers answer and destinations accept. */
  readonly lastError: string
}

export interface PartitionsData extends Reading {
  /** Messages a second by name; undefined before the second poll. */
  readonly rates: ReadonlyMap<string, number | undefined>
}

/** Outlives the page, so that one who comes back sees what was measured before. */
const measured = new Rates()

export async function loadPartitions(abort: AbortSignal): Promise<PartitionsData> {
  const { data } = await ask<Reading>('status/partitions', {}, abort)
  const names = data.partitions.map(nameOf)
  const offsets = data.partitions.map((each): [string, number] => [
    nameOf(each),
    each.committedOffset,
  ])
  measured.take(performance.now(), new Map(offsets))
  return {
    ...data,
    rates: new Map(names.map((name) => [name, measured.perSecond(name, RATE_MS)])),
  }
}
