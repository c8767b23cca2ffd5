/** Everything that takes pushes, in front of an appender in memory. */
import { systemClock } from '../../src/base/clock.ts'
import { Lifecycle } from '../../src/base/lifecycle.ts'
import type { Log } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { LABEL_LIMITS } from '../../src/collect/receive/labelcheck.ts'
import { Configuration } from '../../src/roles/configuration.ts'
import { openPush, type Push, type PushLimits } from '../../src/roles/push.ts'
import { receivingRoutes } from '../../src/roles/receiving.ts'
import { Recorder } from '../collect/receive/recorder.ts'

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

export function openPushes(isReady = true): {
  recorder: Recorder
  life: Lifecycle
  routes: ReturnType<typeof receivingRoutes>
  push: Push
  limits: PushLimits
} {
  const recorder = new Recorder()
  const metrics = new Metrics()
  const life = new Lifecycle()
  const configuration = new Configuration({ file: '', clock: systemClock, log: silent, metrics })
  const limits = {
    labels: LABEL_LIMITS,
    requestBytesMax: 100_000,
    decodedBytesMax: 100_000,
    batch: { groupsMax: 10, seriesMax: 100, groupAgeMsMax: 0 },
    otlpDeltaSeriesMax: 100,
    otlpGrpcAddresses: [],
  }
  const senders = { sendersMax: 10, inflightBytesMax: 0 }
  const deps = { appender: recorder, log: silent, metrics, onMetadata: () => {}, senders }
  const push = openPush(limits, configuration, deps, life)
  return { recorder, life, routes: receivingRoutes(push, () => isReady), push, limits }
}
