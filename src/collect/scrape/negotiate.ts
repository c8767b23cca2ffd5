/** Which formats a scrape asks for, and which one an answer is read in. */
import { NarthexError } from '../../base/error.ts'
import type { ScrapeConfig, ScrapeProtocol } from '../../config/scrape.ts'
import type { ExpositionFormat } from '../../wire/exposition.ts'
import { openMetricsFormat } from '../../wire/openmetrics.ts'
import { textFormat } from '../../wire/text.ts'

/** Media types of the protocols. */
const MEDIA_TYPES: ReadonlyMap<ScrapeProtocol, string> = new Map([
  [
    'PrometheusProto',
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  ],
  ['OpenMetricsText1.0.0', 'application/openmetrics-text;version=1.0.0'],
  ['OpenMetricsText0.0.1', 'application/openmetrics-text;version=0.0.1'],
  ['PrometheusText1.0.0', 'text/plain;version=1.0.0'],
  ['PrometheusText0.0.4', 'text/plain;version=0.0.4'],
])

/** The weight in front of the first protocol: one more than Prometheus knows protocols. */
const WEIGHT_FIRST = 6

/** Versions whose names may be in UTF-8: the request says how to write them. */
const UTF8_PROTOCOLS: ReadonlySet<ScrapeProtocol> = new Set([
  'OpenMetricsText1.0.0',
  'PrometheusText1.0.0',
])

/** What is asked for; native histograms come in protobuf only. */
function protocolsOf(config: ScrapeConfig): readonly ScrapeProtocol[] {
  const { scrapeProtocols, scrapeNativeHistograms } = config
  const isAdded = scrapeNativeHistograms && !scrapeProtocols.includes('PrometheusProto')
  return isAdded ? ['PrometheusProto', ...scrapeProtocols] : scrapeProtocols
}

/** The value of the Accept header. */
export function acceptHeader(config: ScrapeConfig): string {
  const escaping = `;escaping=${config.nameEscaping}`
  const parts: string[] = []
  let weight = WEIGHT_FIRST
  for (const protocol of protocolsOf(config)) {
    const type = MEDIA_TYPES.get(protocol)
    if (type === undefined) continue
    parts.push(`${type}${UTF8_PROTOCOLS.has(protocol) ? escaping : ''};q=0.${weight--}`)
  }
  parts.push(`*/*;q=0.${weight}`)
  return parts.join(',')
}

/**
 * The format of an answer by its content type.
 *
 * @throws NarthexError `bad_data` when the type is unknown and there is no fallback
 */
export function formatOf(
  contentType: string,
  fallback: ScrapeProtocol | undefined,
): ExpositionFormat {
  const mediaType = contentType.split(';')[0].trim().toLowerCase()
  if (mediaType === 'text/plain') return textFormat
  if (mediaType === 'application/openmetrics-text') return openMetricsFormat
  if (fallback !== undefined) {
    return fallback.startsWith('OpenMetrics') ? openMetricsFormat : textFormat
  }
  if (contentType === '') {
    throw new NarthexError(
      'bad_data',
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    )
  }
  throw new NarthexError(
    'bad_data',
    `received unsupported Content-Type ${JSON.stringify(contentType)} and no fallback_scrape_protocol specified for target`,
  )
}
