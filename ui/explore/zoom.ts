/** Zooming into a part of a graph, and undoing that step by step. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { PanelState } from './urlstate.ts'

/** Zooms that can be undone. */
const DEPTH_MAX = 50
/** Narrower parts would have no second point. */
const RANGE_MS_MIN = 2000

export interface Zoom {
  /** Steps that `back` can take. */
  readonly depth: ReadonlySignal<number>
  /** Shows the time between, widened to whole seconds. */
  into(fromMs: number, toMs: number): void
  back(): void
}

/** The zoom of one panel. */
export function createZoom(state: Signal<PanelState>): Zoom {
  const depth = signal(0)
  let steps: Pick<PanelState, 'rangeMs' | 'endMs'>[] = []
  return {
    depth,
    into(fromMs, toMs) {
      const { rangeMs, endMs } = state.value
      steps = [...steps, { rangeMs, endMs }].slice(-DEPTH_MAX)
      const wholeFromMs = Math.floor(fromMs / 1000) * 1000
      const wholeToMs = Math.max(Math.ceil(toMs / 1000) * 1000, wholeFromMs + RANGE_MS_MIN)
      depth.value = steps.length
      state.value = { ...state.value, rangeMs: wholeToMs - wholeFromMs, endMs: wholeToMs }
    },
    back() {
      const step = steps.pop()
      depth.value = steps.length
      if (step !== undefined) state.value = { ...state.value, ...step }
    },
  }
}
