/** The writer of `type: victoriametrics`. */
import type { VictoriaMetricsDestination } from '../../config/destinations/victoriametrics.ts'
import { readStatus } from '../http/answer.ts'
import { TextSamples } from '../http/textsamples.ts'
import { type HttpKind, type HttpWriterDeps, openHttpWriter } from '../http/writer.ts'
import type { OpenWriter } from '../writer.ts'
import { IMPORT_LINES } from './lines.ts'

const KIND: HttpKind = {
  path: '/api/v1/import',
  parameters: {},
  contentType: 'application/json',
  encoder: (view) => new TextSamples(view, IMPORT_LINES),
  readReply: (reply) => readStatus(reply),
}

/** @throws NarthexError `bad_data` for a URL that cannot be sent to */
export function openVictoriaMetrics(
  config: VictoriaMetricsDestination,
  deps: HttpWriterDeps,
): OpenWriter {
  return openHttpWriter(config, KIND, deps)
}
