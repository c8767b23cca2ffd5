/** Replies on their way: smaller where that helps, counted while they last, given up when nobody reads. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { compressQuickly, isWorthCompressing, pickEncoding } from './compress.ts'
import { faultOf, renderFault } from './fault.ts'
import type { Hall } from './hall.ts'
import type { Reply } from './message.ts'

/** Below so many bytes a reply is not charged: the bound on connections bounds these. */
const SMALL_BYTES = 64 * 1024

type Headers = Readonly<Record<string, string>>

/**
 * Sends a reply; resolves when the last byte has been handed on, not when it has arrived.
 *
 * @returns the status that was sent; the reply's own unless there was no room for it
 */
export async function sendReply(
  hall: Hall,
  common: Headers,
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<number> {
  const encoded = await encodeReply(reply, request.headers['accept-encoding'])
  if (response.destroyed) return reply.status
  const charged = charge(hall, response, encoded)
  const isBodiless = charged.status === 204 || charged.status === 304
  const headers: Record<string, string | number> = { ...common, ...charged.headers }
  if (charged.type !== '') headers['content-type'] = charged.type
  if (!isBodiless) headers['content-length'] = Buffer.byteLength(charged.body)
  const isUnread = !request.complete && hasBody(request)
  if (isUnread || hall.isStopping()) headers.connection = 'close'

  response.writeHead(charged.status, headers)
  response.setTimeout(hall.limits.writeStallMsMax, () => {
    hall.requests.countStalled()
    response.destroy()
  })
  if (isUnread && !isBodiless) {
    response.write(charged.body)
    await drain(request, hall)
    response.end()
  } else {
    response.end(isBodiless ? undefined : charged.body)
  }
  return charged.status
}

/** The reply in an encoding that the client takes, when it is large enough to gain by it. */
async function encodeReply(reply: Reply, accept: string | undefined): Promise<Reply> {
  const isEncoded = reply.headers?.['content-encoding'] !== undefined
  if (isEncoded || !isWorthCompressing(reply.type, reply.body.length)) return reply
  const headers = { ...reply.headers, vary: 'accept-encoding' }
  const encoding = pickEncoding(accept, ['zstd', 'gzip'])
  if (encoding === 'identity') return { ...reply, headers }
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  const body = await compressQuickly(bytes, encoding)
  return { ...reply, body, headers: { ...headers, 'content-encoding': encoding } }
}

/** The reply, its bytes charged until it is gone; a refusal when all together are too large. */
function charge(hall: Hall, response: ServerResponse, reply: Reply): Reply {
  const sizeBytes = Buffer.byteLength(reply.body)
  if (sizeBytes <= SMALL_BYTES) return reply
  try {
    hall.replies.take(sizeBytes)
  } catch (error) {
    return renderFault(faultOf(error), '/api/', undefined)
  }
  response.once('close', () => hall.replies.give(sizeBytes))
  return reply
}

function hasBody(request: IncomingMessage): boolean {
  const { headers } = request
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Throws away what still comes, for a moment: closing at once would take the reply with it. */
function drain(request: IncomingMessage, hall: Hall): Promise<void> {
  return new Promise((resolve) => {
    const timer = hall.clock.after(hall.limits.lingerMsMax, resolve)
    const done = (): void => {
      timer.cancel()
      resolve()
    }
    request.once('end', done)
    request.once('close', done)
    request.resume()
  })
}
