/** Lines over columns with holes: NaN breaks the line, a lonely point becomes a short dash. */
import type uPlot from 'uplot'

/** Half the length of the dash that stands for a lonely point, in canvas pixels. */
const DASH_HALF = 1.5

/** Draws the series as a line, and as an area down to `lower` when it is given. */
export function linePaths(
  lower: Float64Array | undefined,
  filled: boolean,
): uPlot.Series.PathBuilder {
  return (u, seriesIndex) => {
    const times = u.data[0] as Float64Array
    const values = u.data[seriesIndex] as Float64Array
    const xOf = (i: number): number => u.valToPos(times[i], 'x', true)
    const yOf = (value: number): number => u.valToPos(value, 'y', true)
    const stroke = strokePath(values, xOf, yOf)
    // An area that does not stand on zero would look larger than its values are.
    const stands = lower !== undefined || (u.scales.y.min ?? 0) <= 0
    const fill = filled && stands ? fillPath(values, lower, xOf, yOf) : null
    return { stroke, fill, clip: null, band: null, gaps: [], flags: 1 }
  }
}

function strokePath(
  values: Float64Array,
  xOf: (i: number) => number,
  yOf: (value: number) => number,
): Path2D {
  const path = new Path2D()
  let run = 0
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isFinite(values[i])) {
      const x = xOf(i)
      const y = yOf(values[i])
      if (run === 0) path.moveTo(x, y)
      else path.lineTo(x, y)
      run++
      continue
    }
    if (run === 1) {
      const x = xOf(i - 1)
      const y = yOf(values[i - 1])
      path.moveTo(x - DASH_HALF, y)
      path.lineTo(x + DASH_HALF, y)
    }
    run = 0
  }
  return path
}

function fillPath(
  values: Float64Array,
  lower: Float64Array | undefined,
  xOf: (i: number) => number,
  yOf: (value: number) => number,
): Path2D {
  const path = new Path2D()
  let from = 0
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isFinite(values[i])) continue
    if (i - from > 1) {
      path.moveTo(xOf(from), yOf(values[from]))
      for (let k = from + 1; k < i; k++) path.lineTo(xOf(k), yOf(values[k]))
      for (let k = i - 1; k >= from; k--)
        path.lineTo(xOf(k), yOf(lower === undefined ? 0 : lower[k]))
      path.closePath()
    }
    from = i + 1
  }
  return path
}
