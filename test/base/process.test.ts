import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../src/base/metrics.ts'
import { registerProcessMetrics } from '../../src/base/process.ts'

test('a process shows its CPU, memory, descriptors and start time', () => {
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const text = metrics.render()
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_open_fds',
    'process_max_fds',
    'process_start_time_seconds',
  ]) {
    const value = Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    assert.ok(value > 0, `${name} is ${value}`)
  }
})
