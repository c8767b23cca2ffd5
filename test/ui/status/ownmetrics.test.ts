/** Figures picked out of the server's own exposition. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { ownFigures } from '../../../ui/status/ownmetrics.ts'

const TEXT = `prometheus_tsdb_blocks_loaded 3
# HELP prometheus_tsdb_storage_blocks_bytes prometheus_tsdb_storage_blocks_bytes 99
# TYPE prometheus_tsdb_storage_blocks_bytes gauge
prometheus_tsdb_storage_blocks_bytes 1.5e+06
narthex_log_size_bytes{part="x"} 7
narthex_store_head_bytes NaN
narthex_store_read_only 1
process_resident_memory_bytes 6.144e+07
`

test('gauges without labels are found, help and labelled ones are not taken for them', () => {
  assert.deepEqual(ownFigures(TEXT), {
    residentBytes: 61_440_000,
    blockCount: 3,
    blockBytes: 1_500_000,
    logBytes: undefined,
    headBytes: undefined,
    isReadOnly: true,
  })
})

test('a server that says nothing leaves everything open', () => {
  const figures = ownFigures('')
  assert.equal(figures.blockCount, undefined)
  assert.equal(figures.isReadOnly, false)
})
