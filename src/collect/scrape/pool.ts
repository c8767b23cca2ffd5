/** The targets of one scrape job: which are scraped, which were dropped, and why. */
import { createHash } from 'node:crypto'
import { messageOf } from '../../base/error.ts'
import { Secret } from '../../base/secret.ts'
import { VERSION } from '../../base/version.ts'
import type { ScrapeConfig } from '../../config/scrape.ts'
import { type Labels, labelValue } from '../../model/labels.ts'
import type { DroppedTarget, TargetStatus } from '../../model/target.ts'
import { type Admission, isLinkLocal } from '../../net/client/address.ts'
import { type HttpChannel, openHttpChannel } from '../../net/client/channel.ts'
import type { HeaderLine } from '../../net/client/credentials.ts'
import { isLoopback } from '../../net/client/proxy.ts'
import { ScrapeLoop } from './loop.ts'
import { acceptHeader } from './negotiate.ts'
import type { ScrapeRoom } from './room.ts'
import type { SampleRules } from './samplelabels.ts'
import { ownsTarget } from './shard.ts'
import { discoveredLabels, makeTarget, type Target } from './target.ts'

/** What the search on loopback says of each target. */
const EXPORTER_LABEL = '__meta_narthex_exporter'

/** A target, one that relabelling dropped (listed or only counted), or one that cannot be scraped. */
type Outcome = Target | DroppedTarget | 'unlisted' | 'faulty'

/** One job's targets and their loops. */
export class ScrapePool {
  readonly jobName: string
  readonly #room: ScrapeRoom
  readonly #loops: Map<string, ScrapeLoop> = new Map()
  #config: ScrapeConfig
  #print: string
  #found: readonly Labels[] = []
  /** How many of the first ones the configuration names itself. */
  #ownCount = 0
  /** Keys of the targets that the configuration names itself. */
  readonly #ownKeys: Set<string> = new Set()
  /** What became of each set of labels that was found last. */
  #judged: Map<Labels, Outcome> = new Map()
  #dropped: DroppedTarget[] = []
  #droppedCount = 0

  constructor(config: ScrapeConfig, room: ScrapeRoom) {
    this.jobName = config.jobName
    this.#config = config
    this.#print = printOf(config)
    this.#room = room
  }

  /** Goes on under a configuration that may have changed. */
  reload(config: ScrapeConfig): void {
    const print = printOf(config)
    if (print === this.#print) return
    const keepsSeries = seriesPrintOf(config) === seriesPrintOf(this.#config)
    this.#config = config
    this.#print = print
    this.#judged.clear()
    const old = new Map(this.#loops)
    this.#loops.clear()
    for (const loop of old.values()) this.#giveBackSlot(loop)
    this.#sync(keepsSeries ? old : new Map())
    for (const [key, loop] of old) {
      if (!keepsSeries || !this.#loops.has(key)) loop.retire()
    }
  }

  /** Scrapes exactly these targets from now on. */
  retarget(found: readonly Labels[], ownCount: number): void {
    this.#found = found
    this.#ownCount = ownCount
    this.#sync(new Map())
  }

  /** The part of the targets that is ours has changed. */
  reshard(): void {
    this.#sync(new Map())
  }

  /** Ends all loops; the series are marked as gone. */
  retire(): void {
    for (const loop of this.#loops.values()) {
      this.#giveBackSlot(loop)
      loop.retire()
    }
    this.#loops.clear()
    this.#room.counters.poolTargets.with(this.jobName).set(0)
    this.#room.counters.poolTargets.without(this.jobName)
    this.#room.counters.othersTargets.without(this.jobName)
  }

  /** Ends all loops and writes nothing. */
  stop(): void {
    for (const loop of this.#loops.values()) loop.stop()
    this.#loops.clear()
  }

  loops(): Iterable<ScrapeLoop> {
    return this.#loops.values()
  }

  active(): TargetStatus[] {
    return [...this.#loops.values()].map((loop) => loop.status())
  }

  dropped(): readonly DroppedTarget[] {
    return this.#dropped
  }

  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Brings the loops in line with what was found; `old` loops give their layouts to equal targets. */
  #sync(old: ReadonlyMap<string, ScrapeLoop>): void {
    const targets = this.#makeTargets()
    const limit = this.#config.targetLimit || this.#room.targetsMax
    let forcedError = ''
    if (targets.size > limit) {
      forcedError = `target_limit exceeded (number of targets: ${targets.size}, limit: ${limit})`
      this.#room.counters.targetLimit.inc()
    }
    for (const [key, loop] of this.#loops) {
      if (targets.has(key)) continue
      this.#loops.delete(key)
      this.#giveBackSlot(loop)
      loop.retire()
    }
    for (const loop of this.#loops.values()) loop.forcedError = forcedError
    for (const [key, target] of targets) {
      if (this.#loops.has(key)) continue
      const loop = this.#openLoop(target, forcedError)
      old.get(key)?.handOver(loop)
      this.#loops.set(key, loop)
      loop.start()
    }
    this.#room.counters.poolTargets.with(this.jobName).set(this.#loops.size)
  }

  /** What was found and has been judged before is not judged again: relabelling is dear. */
  #makeTargets(): Map<string, Target> {
    const keptMax = this.#config.keepDroppedTargets || this.#room.droppedTargetsMax
    const targets = new Map<string, Target>()
    const others = new Set<string>()
    const judged = new Map<Labels, Outcome>()
    this.#dropped = []
    this.#droppedCount = 0
    this.#ownKeys.clear()
    for (const [index, found] of this.#found.entries()) {
      let outcome = this.#judged.get(found)
      const isListed = this.#dropped.length < keptMax
      if (outcome === undefined || (outcome === 'unlisted' && isListed))
        outcome = this.#judge(found)
      if (typeof outcome !== 'string' && 'url' in outcome) {
        if (!this.#isOurs(found, outcome)) others.add(outcome.key)
        else {
          if (index < this.#ownCount) this.#ownKeys.add(outcome.key)
          if (!targets.has(outcome.key)) targets.set(outcome.key, outcome)
        }
      } else if (outcome !== 'faulty') {
        this.#droppedCount++
        if (outcome !== 'unlisted' && isListed) this.#dropped.push(outcome)
        else outcome = 'unlisted'
      }
      judged.set(found, outcome)
    }
    this.#judged = judged
    this.#room.counters.othersTargets.with(this.jobName).set(others.size)
    return targets
  }

  #judge(found: Labels): Outcome {
    const discovered = discoveredLabels(found, this.#config)
    try {
      const target = makeTarget(discovered, this.#config)
      return target ?? { scrapePool: this.jobName, discoveredLabels: discovered }
    } catch (error) {
      this.#room.log.error('cannot scrape target', {
        scrape_pool: this.jobName,
        error: messageOf(error),
      })
      return 'faulty'
    }
  }

  /** Whether no other agent scrapes it. What was found on this machine is always ours. */
  #isOurs(found: Labels, target: Target): boolean {
    if (labelValue(found, EXPORTER_LABEL) !== '') return true
    return ownsTarget(target.key, this.#room.shard)
  }

  #openLoop(target: Target, forcedError: string): ScrapeLoop {
    const config = this.#config
    return new ScrapeLoop(
      target,
      {
        config,
        rules: rulesOf(config, target, this.#room.samplesMax),
        channel: openChannel(config, target, this.#room, this.#admission(target)),
        offsetMs: this.#room.slots.take(target.key, target.intervalMs),
        forcedError,
      },
      this.#room,
    )
  }

  /** Nobody but the configuration leads us to a link-local address. */
  #admission({ key }: Target): Admission {
    return (address, redirected) =>
      (!redirected && this.#ownKeys.has(key)) ||
      !isLinkLocal(address) ||
      this.#room.allowLinkLocal()
  }

  #giveBackSlot(loop: ScrapeLoop): void {
    const { key, intervalMs } = loop.target
    this.#room.slots.giveBack(key, intervalMs, loop.offsetMs)
  }
}

function rulesOf(config: ScrapeConfig, target: Target, samplesMax: number): SampleRules {
  return {
    targetLabels: target.labels,
    honorLabels: config.honorLabels,
    honorTimestamps: config.honorTimestamps,
    trackTimestampsStaleness: config.trackTimestampsStaleness,
    metricRelabel: config.metricRelabel,
    nameValidation: config.nameValidation,
    sampleLimit: config.sampleLimit || samplesMax,
    labelLimit: config.labelLimit,
    labelNameLengthLimit: config.labelNameLengthLimit,
    labelValueLengthLimit: config.labelValueLengthLimit,
  }
}

/** On the loopback interface bytes cost nothing and gzip costs both sides: there it is not asked for. */
function openChannel(
  config: ScrapeConfig,
  target: Target,
  room: ScrapeRoom,
  admits: Admission,
): HttpChannel {
  const compress = config.enableCompression && !isLoopback(target.url.hostname)
  const headers: HeaderLine[] = [
    ['User-Agent', `narthex/${VERSION}`],
    ['Accept', acceptHeader(config)],
    ['Accept-Encoding', compress ? 'gzip' : 'identity'],
    ['X-Prometheus-Scrape-Timeout-Seconds', String(target.timeoutMs / 1000)],
  ]
  const limit = config.bodySizeLimitBytes
  return openHttpChannel({
    url: target.url,
    config: config.http,
    headers,
    bodyBytesMax: limit > 0 ? Math.min(limit, room.bodySizeBytesMax) : room.bodySizeBytesMax,
    clock: room.clock,
    bodies: room.bodies,
    environment: room.environment,
    admits,
  })
}

/** A text that is equal for equal configurations; a hash, because it covers secrets. */
function printOf(config: ScrapeConfig): string {
  const { discovery: _discovery, ...rest } = config
  return hashOf(rest)
}

/** As printOf, of what decides which series a body makes. */
function seriesPrintOf(config: ScrapeConfig): string {
  const { honorLabels, honorTimestamps, trackTimestampsStaleness } = config
  const { metricRelabel, nameValidation } = config
  return hashOf({
    honorLabels,
    honorTimestamps,
    trackTimestampsStaleness,
    metricRelabel,
    nameValidation,
  })
}

function hashOf(value: object): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, shown) {
    const raw = this[key]
    if (raw instanceof Secret) return ['secret', raw.reveal()]
    if (typeof raw === 'bigint') return String(raw)
    return shown
  })
  return createHash('sha256').update(text).digest('base64')
}
