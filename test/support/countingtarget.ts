/** A target that remembers what it said: each scrape has its own numbers, and a log to compare with. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What one scrape said: value by series name. */
export type Said = ReadonlyMap<string, number>

export interface CountingTarget {
  readonly address: string
  /** Scrapes by number, from 1 on; what `counting_scrape` says is the number. */
  readonly log: readonly Said[]
  close(): void
}

/** The series that tells the number of the scrape. */
export const SCRAPE_NUMBER = 'counting_scrape'

/** What a series says in a scrape; undefined when it is not there. */
function said(index: number, scrape: number): number | undefined {
  // Every kind of series that a sender may treat in its own way: steady, slow, restless, coming
  // and going, and of values that are no short decimals.
  switch (index % 6) {
    case 0:
      return scrape + index / 1000
    case 1:
      return index
    case 2:
      return Math.floor(scrape / 7) + index
    case 3:
      return (scrape + index) % 5 === 0 ? undefined : scrape * index
    case 4:
      return Math.sin(scrape) / (index + 1)
    default:
      return (scrape % 40) + index < 60 ? scrape * 1e9 + index : undefined
  }
}

/** Serves `seriesCount` series and their number. */
export async function startCountingTarget(seriesCount: number): Promise<CountingTarget> {
  const log: Said[] = [new Map()]
  const server = createServer((_, reply) => {
    const scrape = log.length
    const answer = new Map([[SCRAPE_NUMBER, scrape]])
    for (let i = 0; i < seriesCount; i++) {
      const value = said(i, scrape)
      if (value !== undefined) answer.set(`counting_value{index="${i}"}`, value)
    }
    log.push(answer)
    reply.setHeader('content-type', 'text/plain; version=0.0.4')
    reply.end([...answer].map(([name, value]) => `${name} ${value}\n`).join(''))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
