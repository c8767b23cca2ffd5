/** GET /api/v1/status/destinations and senders: what leaves, and who sends to us. */
import type { SendersView, SendingView } from '../../model/sending.ts'
import type { Reply } from '../../net/server/message.ts'
import { formatTime, success } from './envelope.ts'

/** Every destination with its queue and counters. */
export function handleDestinations(view: SendingView): Reply {
  const destinations = view.destinations().map((each) => ({
    ...each,
    droppedSamples: recordOf(each.droppedSamples),
    lastErrorMs: undefined,
    lastWrittenMs: undefined,
    lastErrorTime: formatTime(each.lastErrorMs),
    lastWritten: formatTime(each.lastWrittenMs),
  }))
  return success({ destinations })
}

/** Every sender that this process has heard of. */
export function handleSenders(view: SendersView): Reply {
  const senders = view.senders().map((each) => ({
    ...each,
    refusedSamples: recordOf(each.refusedSamples),
    lastSeenMs: undefined,
    lastSeen: formatTime(each.lastSeenMs),
  }))
  return success({ senders })
}

function recordOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  const record: Record<string, number> = Object.create(null)
  for (const [reason, count] of counts) record[reason] = count
  return record
}
