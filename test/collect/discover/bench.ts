/** Discovery with a clock of the test's own, and what it has handed out. */
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import {
  type Discovery,
  type DiscoveryOptions,
  startDiscovery,
} from '../../../src/collect/discover/discovery.ts'
import type { ProviderStatus } from '../../../src/collect/discover/provider.ts'
import { type DiscoveryConfigs, NO_DISCOVERY } from '../../../src/config/discovery.ts'
import { type Labels, labelsToRecord } from '../../../src/model/labels.ts'
import { type FakeClock, fakeClock, settle } from '../clock.ts'

/** How long a test waits for what must happen. */
const PATIENCE_MS = 8000
/** Steps of the clock between two looks. */
const STEP_MS = 50

export class DiscoveryBench {
  readonly clock: FakeClock = fakeClock()
  readonly metrics: Metrics = new Metrics()
  readonly discovery: Discovery
  /** Lists handed out, the newest last. */
  readonly sent: (readonly Labels[])[] = []

  constructor(t: { after(stop: () => void): void }, options: Partial<DiscoveryOptions> = {}) {
    this.discovery = startDiscovery({
      clock: this.clock,
      log: silentLog,
      metrics: this.metrics,
      allowLinkLocal: false,
      fetchBody: () => Promise.reject(new Error('BUG: expected no HTTP discovery')),
      random: () => 0.5,
      onTargets: (_job, targets) => this.sent.push(targets),
      ...options,
    })
    t.after(() => this.discovery.stop())
  }

  apply(discovery: Partial<DiscoveryConfigs>): void {
    this.discovery.apply([{ jobName: 'job', discovery: { ...NO_DISCOVERY, ...discovery } }])
  }

  /** What is scraped now, as records. */
  get targets(): Record<string, string>[] {
    return (this.sent.at(-1) ?? []).map((labels) => ({ ...labelsToRecord(labels) }))
  }

  get addresses(): string[] {
    return this.targets.map((target) => target.__address__).sort()
  }

  get status(): ProviderStatus {
    const [status] = this.discovery.status().get('job') ?? []
    return status
  }

  /** The value of a line of the metrics page; NaN when there is none. */
  metric(line: string): number {
    const found = this.metrics
      .render()
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
    return found === undefined ? Number.NaN : Number(found.slice(line.length + 1))
  }

  /** Moves the clock on in small steps until something holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS
    while (!holds()) {
      if (performance.now() > endMs) {
        throw new Error(`waited in vain: ${what}; ${JSON.stringify([this.status, this.addresses])}`)
      }
      await settle()
      await this.clock.advance(STEP_MS)
    }
  }

  /** Until exactly these addresses are scraped. */
  async untilAddresses(...wanted: string[]): Promise<void> {
    const text = JSON.stringify(wanted.sort())
    await this.until(text, () => JSON.stringify(this.addresses) === text)
  }

  /** Lets `ms` pass with room for sockets in between. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await settle()
      await this.clock.advance(STEP_MS)
    }
  }
}
