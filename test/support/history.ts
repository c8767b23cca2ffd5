/** A target that serves one fixed history with explicit timestamps, so that every scraper stores the same. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { seededRandom, type Vocabulary } from './promql.ts'

/** What the history speaks about. */
export const HISTORY_WORDS: Vocabulary = {
  counters: ['shop_requests_total', 'shop_bytes_total'],
  gauges: ['shop_temperature', 'shop_queue_length'],
  histograms: ['shop_latency_seconds'],
  labels: {
    instance: ['a:1', 'b:1', 'c:1'],
    job: ['web', 'api'],
    method: ['get', 'post', 'put'],
  },
}

/**
 * Counters start and restart here. Nearer to zero, Prometheus 2.42 and 3 extrapolate differently: 3 first
 * halves a long gap at the start of a range, then looks where the counter was zero; 2.42 the other way round.
 */
const COUNTER_MIN = 1000

const BOUNDS = ['0.1', '0.25', '0.5', '1', '2.5', '+Inf'] as const

/**
 * Exposition text: `rows` samples of each series, `stepMs` apart, the last one at or before `endMs`.
 * Times lie 137 ms beside the multiples of a second, so that none falls on the border of a range.
 */
export function historyText(seed: number, endMs: number, rows: number, stepMs: number): string {
  const random = seededRandom(seed)
  const lastMs = Math.floor(endMs / 1000) * 1000 - 863
  const firstMs = lastMs - (rows - 1) * stepMs
  const lines: string[] = []
  const series = (name: string, labels: string, next: () => number | undefined): void => {
    for (let row = 0; row < rows; row++) {
      const value = next()
      if (value !== undefined) lines.push(`${name}{${labels}} ${value} ${firstMs + row * stepMs}`)
    }
  }
  for (const name of HISTORY_WORDS.counters) lines.push(`# TYPE ${name} counter`)
  for (const name of HISTORY_WORDS.gauges) lines.push(`# TYPE ${name} gauge`)
  const { instance, job, method } = HISTORY_WORDS.labels
  for (const one of instance) {
    for (const two of job) {
      for (const three of method) {
        const labels = `instance="${one}",job="${two}",method="${three}"`
        for (const name of HISTORY_WORDS.counters) {
          let total = COUNTER_MIN
          series(name, labels, () => {
            if (random() < 0.03) return undefined
            if (random() < 0.02) total = COUNTER_MIN
            total += Math.floor(random() * 20)
            return total
          })
        }
        for (const name of HISTORY_WORDS.gauges) {
          series(name, labels, () =>
            random() < 0.05 ? undefined : Math.round(random() * 2000 - 1000) / 10,
          )
        }
      }
    }
    const buckets = BOUNDS.map(() => 0)
    const histogram = new Map<string, number[]>(BOUNDS.map((bound) => [bound, []]))
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < BOUNDS.length; i++) {
        buckets[i] += Math.floor(random() * 5)
        const below = i === 0 ? 0 : (histogram.get(BOUNDS[i - 1])?.at(-1) ?? 0)
        histogram.get(BOUNDS[i])?.push(below + buckets[i])
      }
    }
    for (const bound of BOUNDS) {
      let row = 0
      const values = histogram.get(bound) ?? []
      series(
        'shop_latency_seconds_bucket',
        `instance="${one}",job="web",le="${bound}"`,
        () => values[row++],
      )
    }
  }
  return `${lines.join('\n')}\n`
}

/** Serves one body on a loopback port. */
export async function serveText(body: string): Promise<{ port: number; close(): void }> {
  const server = createServer((_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    reply.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
