/** The writer of `type: influxdb`, for /write of version 1 and /api/v2/write. */
import type { InfluxDestination } from '../../config/destinations/influxdb.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { readStatus, writtenBut } from '../http/answer.ts'
import { TextSamples } from '../http/textsamples.ts'
import { type HttpWriterDeps, openHttpWriter } from '../http/writer.ts'
import type { OpenWriter, SeriesView, WriteResult } from '../writer.ts'
import { LINE_PROTOCOL } from './lines.ts'

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openInflux(config: InfluxDestination, deps: HttpWriterDeps): OpenWriter {
  const { database, retentionPolicy, org, bucket } = config
  const isFirst = database !== ''
  const policy = retentionPolicy === '' ? {} : { rp: retentionPolicy }
  const kind = {
    path: isFirst ? '/write' : '/api/v2/write',
    parameters: isFirst
      ? { db: database, ...policy, precision: 'ms' }
      : { org, bucket, precision: 'ms' },
    contentType: 'text/plain; charset=utf-8',
    encoder: (view: SeriesView) => new TextSamples(view, LINE_PROTOCOL),
    readReply,
  }
  return openHttpWriter(config, kind, deps)
}

/** A body of which some points were refused says how many; the others are stored. */
function readReply(reply: PostReply, sampleCount: number): WriteResult {
  const dropped = /partial write: .*dropped=(\d{1,9})/.exec(reply.text)?.[1]
  if (reply.status === 400 && dropped !== undefined && Number(dropped) < sampleCount) {
    return writtenBut('partial_write', Number(dropped))
  }
  return readStatus(reply)
}
