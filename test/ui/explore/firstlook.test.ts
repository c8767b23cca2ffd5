/** The first look: graphs that can be drawn, and expressions that can be read. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { READY_MAX, readyGraphs } from '../../../ui/explore/firstlook.ts'

const HOST = [
  'node_cpu_seconds_total',
  'node_memory_MemTotal_bytes',
  'node_memory_MemAvailable_bytes',
  'node_load1',
  'node_network_receive_bytes_total',
  'node_disk_written_bytes_total',
  'node_filesystem_avail_bytes',
  'node_filesystem_size_bytes',
]
const SELF = [
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
]

test('a host comes first, and no more graphs than fit', () => {
  const graphs = readyGraphs(new Set([...SELF, ...HOST]))
  assert.equal(graphs.length, READY_MAX)
  assert.equal(graphs[0].title, 'CPU in use')
})

test('without a host its own figures are shown', () => {
  assert.equal(readyGraphs(new Set(SELF)).length, SELF.length)
  assert.deepEqual(readyGraphs(new Set()), [])
})

test('a graph of which a metric is missing is not offered', () => {
  assert.deepEqual(readyGraphs(new Set(['node_memory_MemTotal_bytes'])), [])
})

test('every expression parses', () => {
  for (const { expr } of [...readyGraphs(new Set(HOST)), ...readyGraphs(new Set(SELF))]) {
    assert.doesNotThrow(() => parseExpr(expr), expr)
  }
})
