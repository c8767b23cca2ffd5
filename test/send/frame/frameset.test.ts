/** Frames: what leaves is what came, whatever happened to the layout in between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import { exporterLabels, requestOf, rowOf, samplesIn, samplesOf, viewOf } from './rows.ts'

const FROM_MS = 1_700_000_000_000

test('a row that comes again leaves as a frame and says exactly what came', () => {
  const view = viewOf(exporterLabels)
  const frames = new FrameSet(view)
  const ids = Float64Array.from({ length: 1200 }, (_, i) => i + 1)
  const first = rowOf(ids, Float64Array.from(ids), FROM_MS)
  assert.equal(frames.encode(first, 2000), undefined, 'once is not enough to build for')
  for (let scrape = 1; scrape < 40; scrape++) {
    const values = Float64Array.from(ids, (id) => (id % 4 === 0 ? Math.sin(id + scrape) : id % 3))
    const row = rowOf(ids, values, FROM_MS + 15_000 * scrape)
    const pieces = frames.encode(row, 2000)
    assert.ok(pieces)
    assert.deepEqual(samplesIn(requestOf(pieces)), samplesOf(row, view))
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.sampleCount, 0),
      row.count,
    )
    for (const piece of pieces) frames.release(piece)
  }
})
