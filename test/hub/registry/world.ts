/** A registry over a database of its own, with a clock that a test moves. */
import type { Clock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { FollowedRegistry, type RegistryLimits } from '../../../src/hub/registry/registry.ts'
import type { RegistryRecords } from '../../../src/model/registryrecords.ts'
import { openRecords } from '../../../src/records/records.ts'
import { temporaryFolder } from '../../support/processes.ts'

export const LIMITS: RegistryLimits = {
  documentsMax: 100,
  targetsMax: 1000,
  versionsMax: 10,
  leasesMax: 10,
  consumersMax: 10,
}

/** The thread that makes edits, as it stands in the source. */
export const EDIT_WORKER: URL = new URL('../../../src/hub/registry/editworker.ts', import.meta.url)

export interface World extends AsyncDisposable {
  readonly registry: FollowedRegistry
  /** A second one on the same records, as another process has it. */
  readonly other: FollowedRegistry
  readonly metrics: Metrics
  nowMs: number
  /** While set, the database does not answer. */
  isAway: boolean
}

export async function openWorld(): Promise<World> {
  const folder = temporaryFolder('registry')
  const state = { nowMs: 1_767_436_620_000, isAway: false }
  const clock: Clock = {
    now: () => state.nowMs,
    monotonicMs: () => state.nowMs,
    after: () => ({ cancel() {} }),
  }
  const metrics = new Metrics()
  const log = silentLog
  const opened = { path: folder.path, url: undefined, clock, log, metrics: new Metrics() }
  const stored = await openRecords(opened)
  const records = new Proxy(stored.registry, {
    get(target, name) {
      if (state.isAway) {
        return () => Promise.reject(new NarthexError('busy', 'cannot reach the database: gone'))
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  }) as RegistryRecords
  const deps = { records, limits: LIMITS, workerFile: EDIT_WORKER, clock, log }
  const registry = new FollowedRegistry({ ...deps, metrics })
  const second = { ...deps, metrics: new Metrics() }
  return Object.assign(state, {
    registry,
    other: new FollowedRegistry(second),
    metrics,
    async [Symbol.asyncDispose]() {
      await stored.stop()
      folder.remove()
    },
  })
}
