/** The targets of the registry as this process scrapes them: followed as long as the records are open. */
import { type Clock, systemClock, type Timer } from '../base/clock.ts'
import { messageOf } from '../base/error.ts'
import type { Running } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { parseJsonGroups } from '../collect/discover/groups.ts'
import { type LastGoodOptions, openLastGood, sourceName } from '../collect/discover/lastgood.ts'
import type { Labels } from '../model/labels.ts'
import type { Registry } from '../model/registry.ts'

/** How often it is asked whether something has changed, in ms. */
const FOLLOW_MS = 2000

/** All targets, as `/sd/http` serves them. */
const EVERYTHING = { job: '', labels: new Map<string, readonly string[]>() }

export interface FollowDeps {
  readonly registry: Pick<Registry, 'targets'>
  /** Has the list that was there last, for a start without the records; absent: nowhere. */
  readonly lastGood?: LastGoodList
  readonly log: Log
  readonly clock?: Clock
  /** Gets them whenever they have changed; while they cannot be had those of before stay. */
  take(targets: readonly Labels[]): void
}

/** The list of one registry on the disk. */
export interface LastGoodList {
  read(): readonly Labels[]
  keep(targets: readonly Labels[]): void
  /** Writes what waits. */
  stop(): void
}

/** @param database whose registry it is: the lists of others are forgotten */
export function openLastTargets(
  folder: string,
  database: string,
  deps: Omit<LastGoodOptions, 'folder'>,
): LastGoodList {
  const lists = openLastGood({ ...deps, folder })
  const source = sourceName('registry', { database })
  lists.retain(new Set([source]))
  return {
    read: () => lists.read(source),
    keep: (targets) => lists.keep(source, targets),
    stop: () => lists.stop(),
  }
}

/** Follows until it is stopped. */
export function followTargets(deps: FollowDeps): Running {
  const following = new Following(deps)
  const remembered = deps.lastGood?.read() ?? []
  if (remembered.length > 0) deps.take(remembered)
  following.start()
  return following
}

class Following implements Running {
  readonly #deps: FollowDeps
  readonly #clock: Clock
  #etag = ''
  #isAway = false
  #timer: Timer | undefined
  #asking: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(deps: FollowDeps) {
    this.#deps = deps
    this.#clock = deps.clock ?? systemClock
  }

  start(): void {
    this.#asking = this.#ask().finally(() => {
      if (!this.#isStopped) this.#timer = this.#clock.after(FOLLOW_MS, () => this.start())
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#asking
    this.#deps.lastGood?.stop()
  }

  async #ask(): Promise<void> {
    const { registry, lastGood, log, take } = this.#deps
    try {
      const { etag, json } = await registry.targets(EVERYTHING)
      this.#isAway = false
      if (etag === this.#etag || this.#isStopped) return
      const targets = parseJsonGroups(Buffer.from(json).toString('utf8'), [])
      take(targets)
      lastGood?.keep(targets)
      this.#etag = etag
    } catch (error) {
      if (!this.#isAway) log.warn('targets of the registry stay', { error: messageOf(error) })
      this.#isAway = true
    }
  }
}
