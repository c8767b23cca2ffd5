/** Frames of a view are shared by all who write what it shows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { shareFrames } from '../../../src/send/frame/shared.ts'
import { exporterLabels, rowOf, viewOf } from './rows.ts'

const ids = Float64Array.from({ length: 20 }, (_, i) => i + 1)
const row = rowOf(ids, Float64Array.from(ids), 1_700_000_000_000)

test('two destinations with the same view share frames; the last one to close ends them', () => {
  const framesOf = shareFrames(new Metrics())
  const view = viewOf(exporterLabels)
  const [first, second] = [framesOf(view), framesOf(view)]
  assert.equal(first.encode(row, 2000), undefined)
  assert.equal(second.encode(row, 2000)?.length, 1, 'the second look, whoever had the first')
  first.close()
  assert.equal(second.encode(row, 2000)?.length, 1)
  second.close()
  assert.equal(second.encode(row, 2000), undefined, 'closed')
  const third = framesOf(view)
  assert.equal(third.encode(row, 2000), undefined, 'begun anew')
  assert.equal(third.encode(row, 2000)?.length, 1)
  third.close()
})

test('another view has frames of its own', () => {
  const framesOf = shareFrames(new Metrics())
  const [first, second] = [framesOf(viewOf(exporterLabels)), framesOf(viewOf(exporterLabels))]
  first.encode(row, 2000)
  assert.equal(second.encode(row, 2000), undefined)
  first.close()
  second.close()
})

test('what frames hold and did are metrics; nothing is held when the last one is closed', () => {
  const metrics = new Metrics()
  const held = (): number =>
    Number(/^narthex_send_frames_bytes (\d+)$/m.exec(metrics.render())?.[1])
  const framesOf = shareFrames(metrics)
  assert.equal(held(), 0)
  const view = viewOf(exporterLabels)
  const [first, second] = [framesOf(view), framesOf(view)]
  for (let i = 0; i < 2; i++) first.encode(row, 2000)
  const alone = held()
  assert.ok(alone > 20 * 8, `${alone} bytes`)
  assert.equal(alone, second.sizeBytes, 'what is shared counts once')
  first.close()
  second.close()
  assert.equal(held(), 0)
  for (const line of [
    'narthex_send_frame_rows_total{way="plain"} 1',
    'narthex_send_frame_rows_total{way="framed"} 1',
    'narthex_send_frame_layouts_total{way="built"} 1',
    'narthex_send_frame_layouts_total{way="evolved"} 0',
  ]) {
    assert.ok(metrics.render().split('\n').includes(line), line)
  }
})
