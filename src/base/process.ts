/** Metrics of this process under the names that every client library uses. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Metrics } from './metrics.ts'

/** Registers CPU, memory, descriptors, start time and use of the event loop; read when asked for. */
export function registerProcessMetrics(metrics: Metrics): void {
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
  const used = metrics.gauge(
    'nodejs_eventloop_utilization',
    'Share of the time since the last look in which the event loop was busy.',
  )
  metrics
    .gauge('process_start_time_seconds', 'Start time in seconds since the epoch.')
    .with()
    .set(Math.round(performance.timeOrigin) / 1000)

  let lastLook = performance.eventLoopUtilization()
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage()
    cpu.with().set((user + system) / 1e6)
    const memory = process.memoryUsage()
    rss.with().set(memory.rss)
    heap.with().set(memory.heapUsed)
    buffers.with().set(memory.external)
    const look = performance.eventLoopUtilization()
    used.with().set(performance.eventLoopUtilization(look, lastLook).utilization)
    lastLook = look
    virtual.with().set(readStatus('VmSize') * 1024)
    open.with().set(countDescriptors())
    bound.with().set(readDescriptorsMax())
  })
}

/** Threads of this process, the runtime's own among them; 0 where that cannot be known. */
export function countThreads(): number {
  return readStatus('Threads')
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
