/** Which points a graph asks for: the step for a range, and the grid the points lie on. */

export type Density = 'low' | 'medium' | 'high'

/** How far apart the points are: by the width of the range, or as asked. */
export type Resolution =
  | { readonly kind: 'auto'; readonly density: Density }
  | { readonly kind: 'fixed' | 'custom'; readonly stepMs: number }

const POINTS_OF_DENSITY: Readonly<Record<Density, number>> = { low: 100, medium: 250, high: 750 }
/** Points a series that a server answers at most; Prometheus's own bound. */
export const POINT_COUNT_MAX = 11_000

/** The step for a range, in whole seconds for the automatic ones. */
export function stepOf(resolution: Resolution, rangeMs: number): number {
  const shortestMs = rangeMs / (POINT_COUNT_MAX - 1)
  if (resolution.kind !== 'auto') return Math.max(resolution.stepMs, Math.ceil(shortestMs))
  const seconds = Math.floor(rangeMs / 1000 / POINTS_OF_DENSITY[resolution.density])
  return Math.max(1, seconds) * 1000
}

/** Times of a graph's points, in ms since epoch, both ends included. */
export interface Grid {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/**
 * The grid that ends at the last whole second.
 *
 * It does not end on a multiple of the step: that would hide the newest data for up to a step, which
 * is 14 s of the last hour and three hours of the last month.
 */
export function gridOf(endMs: number, rangeMs: number, stepMs: number): Grid {
  const toMs = Math.floor(endMs / 1000) * 1000
  return { fromMs: toMs - Math.floor(rangeMs / stepMs) * stepMs, toMs, stepMs }
}
