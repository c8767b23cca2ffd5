/** Metrics of this process under the names that every client library uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

/** Quantiles of the event loop's delay that are shown. */
const DELAY_QUANTILES = [0.5, 0.99] as const

/** Registers CPU, memory, descriptors, start time and event-loop delay; read when they are asked for. */
export function registerProcessMetrics(metrics: Metrics): { stop(): void } {
  const cpu = metrics.counter('process_cpu_seconds_total', 'User and system CPU time in seconds.')
  const rss = metrics.gauge('process_resident_memory_bytes', 'Resident memory in bytes.')
  const virtual = metrics.gauge('process_virtual_memory_bytes', 'Virtual memory in bytes.')
  const open = metrics.gauge('process_open_fds', 'Open file descriptors.')
  const bound = metrics.gauge('process_max_fds', 'Most file descriptors.')
  const heap = metrics.gauge('nodejs_heap_size_used_bytes', 'Heap in use in bytes.')
  const buffers = metrics.gauge(
    'nodejs_external_memory_bytes',
    'Memory outside of the heap in bytes.',
  )
  const delay = metrics.gauge(
    'nodejs_eventloop_lag_seconds',
    'Delay of the event loop since the last look, by quantile.',
    ['quantile'],
  )
  metrics
    .gauge('process_start_time_seconds', 'Start time in seconds since the epoch.')
    .with()
    .set(Math.round(performance.timeOrigin) / 1000)

  const loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage()
    cpu.with().set((user + system) / 1e6)
    const memory = process.memoryUsage()
    rss.with().set(memory.rss)
    heap.with().set(memory.heapUsed)
    buffers.with().set(memory.external)
    for (const quantile of DELAY_QUANTILES) {
      delay.with(String(quantile)).set(loop.percentile(quantile * 100) / 1e9)
    }
    loop.reset()
    virtual.with().set(readStatus('VmSize') * 1024)
    open.with().set(countDescriptors())
    bound.with().set(readDescriptorsMax())
  })
  return { stop: () => void loop.disable() }
}

/** A value of /proc/self/status in its own unit; 0 where there is none. */
function readStatus(name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readText('/proc/self/status'))
  return Number(line?.[1] ?? 0)
}

function readDescriptorsMax(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readText('/proc/self/limits'))?.[1] ?? 0)
}

function countDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0 // no /proc here: the gauge stays at 0
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // no /proc here: the gauges stay at 0
  }
}
