/** HTTP discovery: asks a URL for the full list, keeps the last good answer. */

import { NarthexError } from '../../base/error.ts'
import { VERSION } from '../../base/version.ts'
import type { HttpDiscovery } from '../../config/discovery.ts'
import { redactUrl } from '../../config/url.ts'
import type { FetchBody, FetchedBody } from './fetch.ts'
import { parseJsonGroups } from './groups.ts'
import type { Provider, ProviderContext } from './provider.ts'
import { startRefreshProvider } from './refresh.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** Largest answer taken. */
export const HTTP_BODY_BYTES_MAX = 67_108_864

const JSON_TYPE = /^application\/json(?:;\s*charset=(?:"utf-8"|utf-8))?$/i

/** Asks at once and then at each interval; never twice at the same time. */
export function startHttpProvider(
  config: HttpDiscovery,
  fetchBody: FetchBody,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const { url, http, refreshIntervalMs } = config
  return startRefreshProvider(
    {
      kind: 'http',
      source: redactUrl(url),
      intervalMs: refreshIntervalMs,
      async refresh(signal) {
        const answer = await fetchBody({
          url,
          http,
          headers: [
            ['Accept', 'application/json'],
            ['User-Agent', `narthex/${VERSION}`],
            ['X-Prometheus-Refresh-Interval-Seconds', String(refreshIntervalMs / 1000)],
          ],
          timeoutMs: refreshIntervalMs,
          bodyBytesMax: HTTP_BODY_BYTES_MAX,
          signal,
        })
        return { targets: readAnswer(answer, url) }
      },
      onFailure: () => metrics.httpFailures.with().inc(),
    },
    context,
    metrics,
  )
}

function readAnswer(answer: FetchedBody, url: string): ReturnType<typeof parseJsonGroups> {
  if (answer.status !== 200) {
    throw new NarthexError(
      'io',
      `cannot discover targets: server returned HTTP status ${answer.status}, wanted 200`,
    )
  }
  if (!JSON_TYPE.test(answer.contentType.trim())) {
    const seen = JSON.stringify(answer.contentType)
    throw new NarthexError('bad_data', `cannot discover targets: unsupported content type ${seen}`)
  }
  return parseJsonGroups(decodeText(answer.body), [['__meta_url', redactUrl(url)]])
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (error) {
    throw new NarthexError('bad_data', 'cannot discover targets: the answer is not UTF-8', error)
  }
}
