/** Asks for the senders, and how fast each sends. */
import { ask } from '../api/client.ts'
import { Rates } from '../api/rates.ts'
import { keyOf, type Sender } from './sender.ts'

/** Over which a rate is taken: agents send in bursts. */
const RATE_MS = 60_000

export interface SendersData {
  readonly senders: readonly Sender[]
  /** Samples a second by key; undefined before the second poll. */
  readonly rates: ReadonlyMap<string, number | undefined>
}

/** Outlives the page, so that one who comes back sees what was measured before. */
const measured = new Rates()

export async function loadSenders(abort: AbortSignal): Promise<SendersData> {
  const reply = await ask<{ readonly senders: readonly Sender[] }>('status/senders', {}, abort)
  const { senders } = reply.data
  measured.take(performance.now(), new Map(senders.map((each) => [keyOf(each), each.samples])))
  const rates = new Map(senders.map(keyOf).map((key) => [key, measured.perSecond(key, RATE_MS)]))
  return { senders, rates }
}
