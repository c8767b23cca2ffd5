/** The scrape room: pools by job, kept in line with configuration and discovery. */

import type { ScrapeConfig } from '../../config/scrape.ts'
import type { Shard } from '../../config/shard.ts'
import type { Labels } from '../../model/labels.ts'
import type { MetadataView, TargetView } from '../../model/target.ts'
import type { ScrapeLoop } from './loop.ts'
import { metadataView } from './metadataview.ts'
import { ScrapePool } from './pool.ts'
import { type ScrapeOptions, ScrapeRoom } from './room.ts'

/** Scrapes what it is told to. */
export interface ScrapeManager {
  /** Takes over the jobs of a configuration: unchanged ones go on, missing ones end. */
  apply(configs: readonly ScrapeConfig[]): void
  /**
   * Tells which targets a job has now.
   *
   * @param discovered labels as discovery found them, with `__address__` and `__meta_*`
   * @param ownCount how many of the first ones stand in the configuration itself; those may have
   *   link-local addresses. All when absent.
   */
  retarget(jobName: string, discovered: readonly Labels[], ownCount?: number): void
  /** Scrapes another part of the targets from now on; takes over and gives up what that changes. */
  reshard(shard: Shard): void
  /** Ends all scrapes; resolves when what was written is committed. Nothing is marked as gone. */
  stop(): Promise<void>
  readonly targets: TargetView
  readonly metadata: MetadataView
}

/** Starts with no job. */
export function startScrapeManager(options: ScrapeOptions): ScrapeManager {
  return new Manager(options)
}

class Manager implements ScrapeManager {
  readonly targets: TargetView
  readonly metadata: MetadataView
  readonly #room: ScrapeRoom
  readonly #pools: Map<string, ScrapePool> = new Map()

  constructor(options: ScrapeOptions) {
    this.#room = new ScrapeRoom(options)
    this.#room.loops = () => this.#loops()
    const pools = this.#pools
    this.targets = {
      active: () => [...pools.values()].flatMap((pool) => pool.active()),
      dropped: () => [...pools.values()].flatMap((pool) => pool.dropped()),
      droppedCounts: () => new Map([...pools].map(([job, pool]) => [job, pool.droppedCount])),
    }
    this.metadata = metadataView(this.#room.metadata, () => this.#loops())
  }

  apply(configs: readonly ScrapeConfig[]): void {
    const jobs = new Set(configs.map((config) => config.jobName))
    for (const [job, pool] of this.#pools) {
      if (jobs.has(job)) continue
      this.#pools.delete(job)
      pool.retire()
    }
    for (const config of configs) {
      const pool = this.#pools.get(config.jobName)
      if (pool !== undefined) pool.reload(config)
      else this.#pools.set(config.jobName, new ScrapePool(config, this.#room))
    }
    this.#room.counters.pools.set(this.#pools.size)
  }

  retarget(jobName: string, discovered: readonly Labels[], ownCount = discovered.length): void {
    this.#pools.get(jobName)?.retarget(discovered, ownCount)
  }

  reshard(shard: Shard): void {
    const { index, count } = this.#room.shard
    if (shard.index === index && shard.count === count) return
    this.#room.shard = shard
    for (const pool of this.#pools.values()) pool.reshard()
  }

  async stop(): Promise<void> {
    for (const pool of this.#pools.values()) pool.stop()
    for (const loop of this.#room.retiring) loop.stop()
    this.#room.retiring.clear()
    await this.#room.settle()
  }

  *#loops(): Iterable<ScrapeLoop> {
    for (const pool of this.#pools.values()) yield* pool.loops()
  }
}
