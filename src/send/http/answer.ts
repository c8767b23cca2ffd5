/** What answers over HTTP mean to writers of all kinds. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { WRITTEN, type WriteResult } from '../writer.ts'

/** Characters of an answer that a message shows. */
const SHOWN_LENGTH_MAX = 256

/** The status and the first line of an answer. */
export function shownAnswer(reply: PostReply): string {
  const line = reply.text.split('\n', 1)[0].trim().slice(0, SHOWN_LENGTH_MAX)
  return `server returned HTTP status ${reply.statusLine}${line === '' ? '' : `: ${line}`}`
}

/** What a request that found no answer means: it is tried again. */
export function readFault(error: unknown): WriteResult {
  const kind = error instanceof NarthexError ? error.kind : 'io'
  const reason = kind === 'timeout' || kind === 'canceled' ? kind : 'connection'
  return { outcome: 'retry', reason, message: messageOf(error), afterMs: 0 }
}

/** 5xx and 429: later. */
export function isLater(status: number): boolean {
  return status >= 500 || status === 429
}

/** What a status says by itself: 2xx written, some later, all others never. */
export function readStatus(
  reply: PostReply,
  isRetried: (status: number) => boolean = isLater,
): WriteResult {
  const { status } = reply
  if (status >= 200 && status < 300) return WRITTEN
  const reason = `status_${status}`
  const message = shownAnswer(reply)
  if (isRetried(status)) return { outcome: 'retry', reason, message, afterMs: reply.retryAfterMs }
  return { outcome: 'refused', reason, message }
}

/** Written, save for some samples. */
export function writtenBut(reason: string, refused: number): WriteResult {
  return refused <= 0 ? WRITTEN : { outcome: 'written', refused: new Map([[reason, refused]]) }
}

/** The object that an answer holds as JSON; undefined for anything else. */
export function readJson(reply: PostReply): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(reply.text)
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined // whoever asks says what an answer of another kind means
  }
}
