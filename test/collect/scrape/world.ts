/** A scrape manager with a target of the test's own, a clock that the test moves, and a store in memory. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type ScrapeManager, startScrapeManager } from '../../../src/collect/scrape/manager.ts'
import type { ScrapeOptions } from '../../../src/collect/scrape/room.ts'
import { NO_DISCOVERY } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { DEFAULT_SCRAPE_PROTOCOLS, type ScrapeConfig } from '../../../src/config/scrape.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { ManualClock } from './clock.ts'
import { MemoryAppender } from './memory.ts'

export const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const START_MS: number = Date.UTC(2026, 0, 1)
export const INTERVAL_MS = 10_000

export function configOf(changed: Partial<ScrapeConfig> = {}): ScrapeConfig {
  return {
    jobName: 'test',
    scrapeIntervalMs: INTERVAL_MS,
    scrapeTimeoutMs: INTERVAL_MS,
    metricsPath: '/metrics',
    scheme: 'http',
    params: [],
    honorLabels: false,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    scrapeProtocols: DEFAULT_SCRAPE_PROTOCOLS,
    fallbackScrapeProtocol: undefined,
    scrapeNativeHistograms: false,
    alwaysScrapeClassicHistograms: false,
    nameValidation: 'utf8',
    nameEscaping: 'allow-utf-8',
    extraScrapeMetrics: false,
    enableCompression: true,
    bodySizeLimitBytes: 0,
    sampleLimit: 0,
    labelLimit: 0,
    labelNameLengthLimit: 0,
    labelValueLengthLimit: 0,
    targetLimit: 0,
    keepDroppedTargets: 0,
    scrapeFailureLogFile: '',
    relabel: [],
    metricRelabel: [],
    http: PLAIN_HTTP,
    discovery: NO_DISCOVERY,
    ...changed,
  }
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** Everything that a test of scraping needs. */
export class World {
  readonly appender: MemoryAppender = new MemoryAppender()
  readonly clock: ManualClock = new ManualClock(START_MS)
  readonly metrics: Metrics = new Metrics()
  readonly manager: ScrapeManager
  readonly requests: http.IncomingMessage[] = []
  handler: Handler = (_request, response) => response.writeHead(404).end()
  readonly #server: http.Server

  private constructor(server: http.Server, options: Partial<ScrapeOptions>) {
    this.#server = server
    const { appender, clock, metrics } = this
    this.manager = startScrapeManager({ appender, clock, metrics, log: silentLog, ...options })
  }

  static async open(options: Partial<ScrapeOptions> = {}): Promise<World> {
    const server = http.createServer()
    const world = new World(server, options)
    server.on('request', (request, response) => {
      world.requests.push(request)
      world.handler(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return world
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Answers with this body from now on. */
  serve(body: string | Uint8Array, contentType: string = TEXT): void {
    this.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': contentType }).end(body)
    }
  }

  /** One job with the world's own target. */
  apply(changed: Partial<ScrapeConfig> = {}, labels: Record<string, string> = {}): void {
    const config = configOf(changed)
    this.manager.apply([config])
    this.manager.retarget(config.jobName, [this.found(labels)])
  }

  found(labels: Record<string, string> = {}): Labels {
    return labelsFrom(Object.entries({ __address__: this.address, ...labels }))
  }

  get #inFlight(): number {
    return Number(/^narthex_scrapes_in_flight (\d+)$/m.exec(this.metrics.render())?.[1])
  }

  /** Lets the next timers fire and waits until what they began is written; their time. */
  async scrape(): Promise<number> {
    const { commits } = this.appender
    this.clock.advance(this.clock.untilNextMs() ?? 0)
    const timeMs = this.clock.now()
    while (this.appender.commits === commits || this.#inFlight > 0) {
      await new Promise((done) => setImmediate(done))
    }
    return timeMs
  }

  async close(): Promise<void> {
    await this.manager.stop()
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** Labels of the world's target as they stand in names of series. */
export const own = (world: World): string => `instance="${world.address}", job="test"`

/** Runs a test in a world of its own. */
export async function inWorld(
  run: (world: World) => Promise<void>,
  options: Parameters<typeof World.open>[0] = {},
): Promise<void> {
  const world = await World.open(options)
  try {
    await run(world)
  } finally {
    await world.close()
  }
}
