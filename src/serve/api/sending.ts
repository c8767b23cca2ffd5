/** GET /api/v1/status/destinations, senders and partitions: what leaves, and where it comes from. */
import type { PartitionsView } from '../../model/partition.ts'
import type { SendersView, SendingView } from '../../model/sending.ts'
import type { Reply } from '../../net/server/message.ts'
import { formatTime, success } from './envelope.ts'

/** Every destination with its queue and counters. */
export function handleDestinations(view: SendingView): Reply {
  const destinations = view
    .destinations()
    .map(({ lastErrorMs, lastWriteMs, newestWrittenMs, ...rest }) => ({
      ...rest,
      lastErrorTime: formatTime(lastErrorMs),
      lastWrite: formatTime(lastWriteMs),
      newestWritten: formatTime(newestWrittenMs),
    }))
  return success({ destinations })
}

/** Every sender that this process has heard of. */
export function handleSenders(view: SendersView): Reply {
  const senders = view
    .senders()
    .map(({ lastSeenMs, ...rest }) => ({ ...rest, lastSeen: formatTime(lastSeenMs) }))
  return success({ senders })
}

/** Every partition that this process reads. */
export function handlePartitions(view: PartitionsView): Reply {
  return success({ partitions: view.partitions(), lastError: view.lastError })
}
