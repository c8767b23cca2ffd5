/** Asks for the destinations, and keeps what their counters said before. */
import { ask } from '../api/client.ts'
import { type RatePoint, Rates } from '../api/rates.ts'
import type { Destination } from './destination.ts'

/** Over which a rate is taken: writes come in bursts. */
const RATE_MS = 60_000

export interface Flow {
  /** Samples a second over the last minute; undefined before the second poll. */
  readonly receivedPerSecond: number | undefined
  readonly writtenPerSecond: number | undefined
  readonly written: readonly RatePoint[]
}

export interface SendingData {
  readonly destinations: readonly Destination[]
  /** By name of the destination. */
  readonly flows: ReadonlyMap<string, Flow>
}

/** Outlives the page, so that one who comes back sees what was measured before. */
const rates = new Rates()

export async function loadSending(abort: AbortSignal): Promise<SendingData> {
  const reply = await ask<{ readonly destinations: readonly Destination[] }>(
    'status/destinations',
    {},
    abort,
  )
  const { destinations } = reply.data
  const counts = destinations.flatMap(({ name, received, written }): [string, number][] => [
    [`received ${name}`, received],
    [`written ${name}`, written],
  ])
  rates.take(performance.now(), new Map(counts))
  return { destinations, flows: new Map(destinations.map(({ name }) => [name, flowOf(name)])) }
}

function flowOf(name: string): Flow {
  return {
    receivedPerSecond: rates.perSecond(`received ${name}`, RATE_MS),
    writtenPerSecond: rates.perSecond(`written ${name}`, RATE_MS),
    written: rates.points(`written ${name}`),
  }
}
