/** The writer of `type: opentsdb`. */
import type { OpenTsdbDestination } from '../../config/destinations/opentsdb.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { readJson, readStatus, writtenBut } from '../http/answer.ts'
import { TextSamples } from '../http/textsamples.ts'
import { type HttpWriterDeps, openHttpWriter } from '../http/writer.ts'
import type { OpenWriter, SeriesView, WriteResult } from '../writer.ts'
import { dataPoints } from './points.ts'

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openOpenTsdb(config: OpenTsdbDestination, deps: HttpWriterDeps): OpenWriter {
  const kind = {
    path: '/api/put',
    parameters: { summary: 'true' },
    contentType: 'application/json; charset=utf-8',
    encoder: (view: SeriesView) => new TextSamples(view, dataPoints(config.tagsMax)),
    readReply,
  }
  return openHttpWriter(config, kind, deps)
}

/** With `summary` a 400 says how many points failed; the others are stored. */
function readReply(reply: PostReply, sampleCount: number): WriteResult {
  if (reply.status !== 400) return readStatus(reply)
  const failed = readJson(reply)?.failed
  if (typeof failed !== 'number' || failed >= sampleCount) return readStatus(reply)
  return writtenBut('status_400', failed)
}
