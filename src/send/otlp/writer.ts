/** The writer of `type: otlp`: OTLP/HTTP. */
import { Cursor } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import type { OtlpDestination } from '../../config/destinations/otlp.ts'
import type { MetadataView } from '../../model/target.ts'
import type { PostReply } from '../../net/client/poster.ts'
import {
  BYTES,
  fieldHead,
  readInt64,
  readLength,
  readUint32,
  skipField,
  VARINT,
} from '../../wire/protobuf.ts'
import { readStatus, writtenBut } from '../http/answer.ts'
import { type HttpKind, type HttpWriterDeps, openHttpWriter } from '../http/writer.ts'
import type { OpenWriter, WriteResult } from '../writer.ts'
import { OtlpPoints } from './points.ts'

export interface OtlpDeps extends HttpWriterDeps {
  /** Families whose type, help and unit are told; absent where nobody knows any. */
  readonly metadata?: MetadataView
}

const REPLY_BYTES_MAX = 64 * 1024

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openOtlp(config: OtlpDestination, deps: OtlpDeps): OpenWriter {
  const kind: HttpKind = {
    path: '/v1/metrics',
    parameters: {},
    contentType: 'application/x-protobuf',
    encoder: (view) => new OtlpPoints(view, deps.metadata, deps.clock),
    readReply,
    replyBytesMax: REPLY_BYTES_MAX,
  }
  return openHttpWriter(config, kind, deps)
}

/** @source OTLP specification, failures: only these are tried again */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504])

function readReply(reply: PostReply, sampleCount: number): WriteResult {
  const result = readStatus(reply, (status) => LATER.has(status))
  if (result.outcome !== 'written') return result
  return writtenBut('partial_success', Math.min(sampleCount, rejectedIn(reply.bytes)))
}

/** ExportMetricsServiceResponse.partial_success.rejected_data_points; 0 for what is no such message. */
function rejectedIn(bytes: Uint8Array): number {
  const c = new Cursor(bytes)
  let rejected = 0
  try {
    while (c.at < c.end) {
      const head = readUint32(c)
      if (head !== fieldHead(1, BYTES)) {
        skipField(c, head)
        continue
      }
      const end = readLength(c)
      const inside = new Cursor(bytes, c.at, end)
      c.at = inside.end
      while (inside.at < inside.end) {
        const field = readUint32(inside)
        if (field === fieldHead(1, VARINT)) rejected = readInt64(inside)
        else skipField(inside, field)
      }
    }
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    return 0 // receivers may answer 200 with anything: the points were taken
  }
  return Math.max(0, rejected)
}
