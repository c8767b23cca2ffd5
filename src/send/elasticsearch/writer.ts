/** The writer of `type: elasticsearch`. */
import type { ElasticsearchDestination } from '../../config/destinations/elasticsearch.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { isLater, readJson, readStatus } from '../http/answer.ts'
import { TextSamples } from '../http/textsamples.ts'
import { type HttpWriterDeps, openHttpWriter } from '../http/writer.ts'
import type { OpenWriter, SeriesView, WriteResult } from '../writer.ts'
import { bulkDocuments } from './documents.ts'

/** Bytes of an answer for each document. */
const ITEM_BYTES_MAX = 1024

/** The document is there already. */
const CONFLICT = 409

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openElasticsearch(
  config: ElasticsearchDestination,
  deps: HttpWriterDeps,
): OpenWriter {
  const kind = {
    path: '/_bulk',
    parameters: { filter_path: 'errors,items.*.status,items.*.error.type' },
    contentType: 'application/x-ndjson',
    encoder: (view: SeriesView) => new TextSamples(view, bulkDocuments(config.index)),
    readReply,
    replyBytesMax: ITEM_BYTES_MAX * (1 + config.queue.samplesPerSendMax),
  }
  return openHttpWriter(config, kind, deps)
}

interface Item {
  readonly status?: number
  readonly error?: { readonly type?: string }
}

/**
 * A document that cannot be taken now makes the body to be sent again: those that are there by then
 * are conflicts, and so written.
 */
function readReply(reply: PostReply, sampleCount: number): WriteResult {
  if (reply.status < 200 || reply.status >= 300) return readStatus(reply)
  const items = itemsOf(reply)
  if (items === undefined || items.length !== sampleCount) {
    const message = `the answer to ${sampleCount} documents is no list of as many`
    return { outcome: 'retry', reason: 'unreadable_answer', message, afterMs: 0 }
  }
  const refused = new Map<string, number>()
  for (const { status = 0, error } of items) {
    if ((status >= 200 && status < 300) || status === CONFLICT) continue
    if (isLater(status)) {
      const message = `a document was answered with status ${status}`
      return { outcome: 'retry', reason: `status_${status}`, message, afterMs: reply.retryAfterMs }
    }
    const reason = /mapp|pars/.test(String(error?.type)) ? 'mapping' : `status_${status}`
    refused.set(reason, (refused.get(reason) ?? 0) + 1)
  }
  return { outcome: 'written', refused }
}

function itemsOf(reply: PostReply): readonly Item[] | undefined {
  const items = readJson(reply)?.items
  if (!Array.isArray(items)) return undefined
  return items.map((item): Item => Object.values((item ?? {}) as Record<string, Item>)[0] ?? {})
}
