/** Facts of this process for the status pages. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { countThreads } from '../base/process.ts'
import { VERSION } from '../base/version.ts'
import { formatDuration } from '../model/duration.ts'
import type { BuildInfo, Runtime } from '../serve/api/status.ts'
import type { OperationDeps } from '../serve/routes.ts'
import type { Configuration } from './configuration.ts'

/** What was built, from what; the bundler leaves it beside the program. */
function buildInfo(): BuildInfo {
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

/** What a role adds to the facts that all have. */
export interface RoleFacts
  extends Pick<OperationDeps, 'metrics' | 'isReady' | 'hindrance' | 'reach'> {
  /** Damages of what is kept; 0 where nothing is. */
  readonly damageCount?: () => number
  /** '' where nothing is kept. */
  readonly retention?: string
}

/** What a role needs of its options. */
export interface RoleOptions {
  readonly web: { readonly lifecycle: boolean }
  readonly flags: ReadonlyMap<string, string>
}

/** What the routes of health and status are made from. */
export function operationDeps(
  options: RoleOptions,
  configuration: Configuration,
  facts: RoleFacts,
): OperationDeps {
  const { damageCount, retention, ...deps } = facts
  return {
    ...deps,
    reload: () => configuration.reload(),
    ...(options.web.lifecycle ? { quit: () => process.kill(process.pid, 'SIGTERM') } : {}),
    configText: () => configuration.current.yaml,
    flags: options.flags,
    runtime: () => runtimeOf(configuration, damageCount?.() ?? 0, retention ?? ''),
    build: buildInfo(),
  }
}

/** The running process. */
function runtimeOf(configuration: Configuration, damageCount: number, retention: string): Runtime {
  return {
    startTimeMs: performance.timeOrigin,
    nowMs: Date.now(),
    workingFolder: process.cwd(),
    hostName: hostname(),
    reloadSucceeded: configuration.reloadSucceeded,
    lastConfigTimeMs: configuration.loadedMs,
    corruptionCount: damageCount,
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
