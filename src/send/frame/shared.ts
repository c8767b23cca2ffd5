/** Frames of a view for all writers of that view: made with the first, closed with the last. */
import type { Metrics } from '../../base/metrics.ts'
import type { SeriesView } from '../writer.ts'
import { FrameSet, noFrameCounts } from './frameset.ts'
import type { Frames } from './part.ts'

/** Hands out the frames of a view; each who gets them closes them once. */
export function shareFrames(metrics: Metrics): (view: SeriesView) => Frames {
  const sets = new Map<SeriesView, { readonly set: FrameSet; users: number }>()
  const counts = noFrameCounts()
  const held = metrics.gauge(
    'narthex_send_frames_bytes',
    'Memory of frames: what is kept of rows that come again.',
  )
  const rows = metrics.counter(
    'narthex_send_frame_rows_total',
    'Rows that left as frames or had to be encoded the plain way.',
    ['way'],
  )
  const made = metrics.counter(
    'narthex_send_frame_layouts_total',
    'Layouts for which a frame was built, or to which one was changed over.',
    ['way'],
  )
  metrics.onCollect(() => {
    rows.with('framed').set(counts.framedRows)
    rows.with('plain').set(counts.plainRows)
    made.with('built').set(counts.built)
    made.with('evolved').set(counts.evolved)
    let sizeBytes = 0
    for (const { set } of sets.values()) sizeBytes += set.sizeBytes
    held.with().set(sizeBytes)
  })
  return (view) => {
    const shared = sets.get(view) ?? { set: new FrameSet(view, { counts }), users: 0 }
    sets.set(view, shared)
    shared.users++
    return {
      encode: (parcel, samplesMax) => shared.set.encode(parcel, samplesMax),
      forget: (ids) => shared.set.forget(ids),
      get sizeBytes() {
        return shared.set.sizeBytes
      },
      close() {
        shared.users--
        if (shared.users > 0) return
        sets.delete(view)
        shared.set.close()
      },
    }
  }
}
