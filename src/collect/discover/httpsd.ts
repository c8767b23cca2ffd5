/** HTTP discovery: asks a URL for the full list, keeps the last good answer. */

import type { Timer } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { HttpDiscovery } from '../../config/discovery.ts'
import { redactUrl } from '../../config/url.ts'
import type { FetchBody, FetchedBody } from './fetch.ts'
import { parseJsonGroups } from './groups.ts'
import { type Provider, type ProviderContext, ProviderState } from './provider.ts'
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
  const { clock } = context
  const state = new ProviderState(context, 'http', redactUrl(config.url))
  const leaving = new AbortController()
  let timer: Timer | undefined

  const refresh = async (): Promise<void> => {
    const startMs = clock.monotonicMs()
    try {
      const answer = await fetchBody({
        url: config.url,
        http: config.http,
        headers: [
          ['Accept', 'application/json'],
          ['X-Prometheus-Refresh-Interval-Seconds', String(config.refreshIntervalMs / 1000)],
        ],
        timeoutMs: config.refreshIntervalMs,
        bodyBytesMax: HTTP_BODY_BYTES_MAX,
        signal: leaving.signal,
      })
      if (leaving.signal.aborted) return
      state.succeed(readAnswer(answer, config.url))
    } catch (error) {
      if (leaving.signal.aborted) return
      metrics.httpFailures.with().inc()
      metrics.refreshFailures.with('http').inc()
      state.fail(error)
    }
    metrics.refreshSeconds.observe((clock.monotonicMs() - startMs) / 1000)
    const spentMs = clock.monotonicMs() - startMs
    timer = clock.after(Math.max(0, config.refreshIntervalMs - spentMs), () => void refresh())
  }
  void refresh()

  return {
    get targets() {
      return state.targets
    },
    get settled() {
      return state.settled
    },
    status: () => state.status(),
    stop() {
      leaving.abort()
      timer?.cancel()
    },
  }
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
