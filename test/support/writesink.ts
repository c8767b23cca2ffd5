/** A remote write receiver that keeps everything, and is as slow or as ill as a test wants. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { readWriteRequest, unsnappy } from './remotewritereader.ts'

/** What the sink does with the next request. */
export interface Mood {
  readonly status: number
  readonly delayMs: number
}

/** Samples of one series in the order in which they arrived: time and the bits of the value. */
export type Arrivals = (readonly [timeMs: number, bits: string])[]

export interface WriteSink {
  readonly url: string
  /** By the text of their labels: `{name="value",…}`. Only what was answered 2xx. */
  readonly series: ReadonlyMap<string, Arrivals>
  readonly requests: number
  close(): void
}

/** The bits of a staleness marker. */
export const STALE_BITS = '7ff0000000000002'

/** The bits of a value as the sink writes them. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

/** Serves remote write 1.0 and 2.0 at any path. */
export async function startWriteSink(mood: () => Mood): Promise<WriteSink> {
  const series = new Map<string, Arrivals>()
  let requests = 0
  const server = createServer(async (request, reply) => {
    const body = await buffer(request)
    const { status, delayMs } = mood()
    if (delayMs > 0) await delay(delayMs)
    requests++
    if (status === 200) {
      const version = request.headers['content-type']?.includes('v2') ? 2 : 1
      const written = keep(series, version, body)
      reply.setHeader('x-prometheus-remote-write-samples-written', String(written))
      reply.setHeader('x-prometheus-remote-write-histograms-written', '0')
      reply.setHeader('x-prometheus-remote-write-exemplars-written', '0')
    }
    reply.statusCode = status
    reply.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`,
    series,
    get requests() {
      return requests
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function keep(series: Map<string, Arrivals>, version: 1 | 2, body: Uint8Array): number {
  let written = 0
  for (const one of readWriteRequest(version, unsnappy(body)).series) {
    const pairs: string[] = []
    for (let i = 0; i < one.labels.length; i += 2) {
      pairs.push(`${one.labels[i]}=${JSON.stringify(one.labels[i + 1])}`)
    }
    const name = `{${pairs.join(',')}}`
    const arrivals = series.get(name) ?? []
    series.set(name, arrivals)
    arrivals.push(...one.samples)
    written += one.samples.length
  }
  return written
}
