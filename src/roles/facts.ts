/** Facts of this process for the status pages. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { countThreads } from '../base/process.ts'
import { VERSION } from '../base/version.ts'
import { formatDuration } from '../model/duration.ts'
import type { StoreView } from '../model/status.ts'
import type { BuildInfo, Runtime } from '../serve/api/status.ts'
import type { Configuration } from './configuration.ts'

/** What was built, from what; the bundler leaves it beside the program. */
export function buildInfo(): BuildInfo {
  const file = new URL('./build.json', import.meta.url)
  const facts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return {
    version: VERSION,
    revision: facts.revision ?? '',
    branch: facts.branch ?? '',
    buildDate: facts.buildDate ?? '',
    runtimeVersion: `node ${process.version}`,
  }
}

/** The running process. */
export function runtimeOf(
  configuration: Configuration,
  store: StoreView,
  retention: string,
): Runtime {
  return {
    startTimeMs: performance.timeOrigin,
    nowMs: Date.now(),
    workingFolder: process.cwd(),
    hostName: hostname(),
    reloadSucceeded: configuration.reloadSucceeded,
    lastConfigTimeMs: configuration.loadedMs,
    corruptionCount: store.status().damageCount,
    threadCount: countThreads(),
    cpuCount: availableParallelism(),
    heapBytesMax: getHeapStatistics().heap_size_limit,
    retention,
  }
}

/** Such as `15d or 10737418240B`. */
export function describeRetention(timeMs: number, sizeBytes: number): string {
  const parts = [
    ...(timeMs > 0 ? [formatDuration(timeMs)] : []),
    ...(sizeBytes > 0 ? [`${sizeBytes}B`] : []),
  ]
  return parts.length === 0 ? 'unlimited' : parts.join(' or ')
}
