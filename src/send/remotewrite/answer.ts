/** What the answer of a remote write receiver means. */
import type { RemoteWriteMessage } from '../../config/remotewrite.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { shownAnswer } from '../http/answer.ts'
import { addCount, writtenWithout } from '../http/resultsum.ts'
import { WRITTEN, type WriteResult } from '../writer.ts'
import type { WriteRequest } from './request.ts'

/**
 * @param retryOn429 whether 429 means to try again; undefined: if it says after what time
 * @source Prometheus remote write specification 1.0 and 2.0, retries and backoff, partial write
 */
export function readAnswer(
  reply: PostReply,
  request: WriteRequest,
  message: RemoteWriteMessage,
  retryOn429: boolean | undefined,
): WriteResult {
  const { status } = reply
  const isSecond = message === 'io.prometheus.write.v2.Request'
  if (status >= 200 && status < 300) return isSecond ? confirmed(reply, request) : WRITTEN
  const reason = `status_${status}`
  const shown = shownAnswer(reply)
  // Of 1.0 no answer tells what was taken, save that of a narthex whose bound on series is reached.
  const mayBePart = isSecond ? status < 500 && status !== 415 : status === 429
  const isPart = mayBePart && writtenOf(reply) > 0
  if (!isPart && isLater(reply, retryOn429)) {
    return { outcome: 'retry', reason, message: shown, afterMs: reply.retryAfterMs }
  }
  if (isPart) return writtenBut(reply, request, reason)
  return {
    outcome: 'refused',
    reason,
    message: status === 415 ? unsupported(shown, message) : shown,
  }
}

/** 5xx, and 429 if that is wanted, or if the receiver itself says when to come again. */
export function isLater(reply: PostReply, retryOn429: boolean | undefined): boolean {
  if (reply.status !== 429) return reply.status >= 500
  return retryOn429 ?? reply.header('retry-after') !== ''
}

/** A receiver of 2.0 says how much it wrote; one that does not has not understood the request. */
function confirmed(reply: PostReply, request: WriteRequest): WriteResult {
  const sent = sentOf(request) + request.exemplarCount
  const written = writtenOf(reply) + headerCount(reply, 'exemplars')
  if (sent > 0 && written === 0) {
    const message = `the receiver answered ${reply.statusLine} but confirms no sample: it may not know remote write 2.0, wanted protobuf_message: prometheus.WriteRequest`
    return { outcome: 'refused', reason: 'unconfirmed', message }
  }
  return writtenBut(reply, request, 'unconfirmed')
}

/** Written, save what the receiver does not say that it wrote. */
function writtenBut(reply: PostReply, request: WriteRequest, reason: string): WriteResult {
  const refused = new Map<string, number>()
  const exemplarsRefused = new Map<string, number>()
  addCount(refused, reason, sentOf(request) - writtenOf(reply))
  addCount(exemplarsRefused, reason, request.exemplarCount - headerCount(reply, 'exemplars'))
  return writtenWithout(refused, exemplarsRefused)
}

function sentOf(request: WriteRequest): number {
  return request.sampleCount + request.histogramCount
}

function writtenOf(reply: PostReply): number {
  return headerCount(reply, 'samples') + headerCount(reply, 'histograms')
}

function headerCount(reply: PostReply, what: string): number {
  const value = reply.header(`x-prometheus-remote-write-${what}-written`)
  return /^\d{1,15}$/.test(value) ? Number(value) : 0
}

function unsupported(shown: string, message: RemoteWriteMessage): string {
  const other =
    message === 'prometheus.WriteRequest'
      ? 'io.prometheus.write.v2.Request'
      : 'prometheus.WriteRequest'
  return `${shown}; the receiver does not take protobuf_message ${message}, it may take ${other}`
}
