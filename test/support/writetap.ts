/** Stands in front of a store, passes requests on, and counts what the store was given twice. */
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { readWriteRequest, unsnappy } from './remotewritereader.ts'

/** What went by. */
export interface WriteTap {
  /** Where to write instead of to the store. */
  readonly url: string
  /** Samples that the store answered 2xx to. */
  readonly samples: number
  /** Samples among them that it had been given before, staleness markers included. */
  readonly duplicates: number
  /** Samples that came for the first time behind a newer one of their series. */
  readonly disordered: number
  /** Answers by their status; 0 where the store went away. */
  readonly answers: ReadonlyMap<number, number>
  close(): void
}

/** Times of a series that were given to the store. */
interface Given {
  readonly times: Set<number>
  newestMs: number
}

/** Serves remote write 1.0 and 2.0 in front of `storeUrl`. */
export async function startWriteTap(storeUrl: string): Promise<WriteTap> {
  const given = new Map<string, Given>()
  const answers = new Map<number, number>()
  const counts = { samples: 0, duplicates: 0, disordered: 0 }
  const agent = new Agent({ keepAlive: true })

  const count = (message: IncomingMessage, body: Buffer): void => {
    const version = message.headers['content-type']?.includes('v2') ? 2 : 1
    for (const { labels, samples } of readWriteRequest(version, unsnappy(body)).series) {
      const key = labels.join('\u0000')
      const one = given.get(key) ?? { times: new Set(), newestMs: -Infinity }
      given.set(key, one)
      for (const [timeMs] of samples) {
        counts.samples++
        if (one.times.has(timeMs)) counts.duplicates++
        else if (timeMs < one.newestMs) counts.disordered++
        one.times.add(timeMs)
        one.newestMs = Math.max(one.newestMs, timeMs)
      }
    }
  }
  const pass = async (message: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const body = await buffer(message)
    const target = new URL(message.url ?? '/', storeUrl)
    const { method, headers } = message
    const passed = request(target, { method, headers, agent })
    passed.end(body)
    const [answer] = (await once(passed, 'response')) as [IncomingMessage]
    const text = await buffer(answer)
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) count(message, body)
    answers.set(status, (answers.get(status) ?? 0) + 1)
    reply.writeHead(status, answer.headers)
    reply.end(text)
  }
  const server = createServer((message, reply) => {
    pass(message, reply).catch(() => {
      // The store was killed: whoever writes sees the same that it would see without the tap.
      answers.set(0, (answers.get(0) ?? 0) + 1)
      reply.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`,
    get samples() {
      return counts.samples
    },
    get duplicates() {
      return counts.duplicates
    },
    get disordered() {
      return counts.disordered
    },
    answers,
    close() {
      agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
