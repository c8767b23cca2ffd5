/** How far the value axis reaches. */

/** The least and the greatest finite value of the columns that are shown; undefined without any. */
export function extentOf(
  columns: readonly Float64Array[],
  isShown: (index: number) => boolean,
): readonly [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let c = 0; c < columns.length; c++) {
    if (!isShown(c)) continue
    const values = columns[c]
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      if (!Number.isFinite(value)) continue
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return min <= max ? [min, max] : undefined
}

/**
 * The ends of the axis for an extent, with room above and below.
 *
 * Zero is on the axis when the data comes near it, so that small things look small.
 *
 * @param yMin  the lower end that a person asked for
 */
export function axisRange(
  extent: readonly [number, number] | undefined,
  yMin: number | undefined,
): [number, number] {
  if (extent === undefined) return [yMin ?? 0, (yMin ?? 0) + 1]
  let [low, high] = extent
  if (yMin !== undefined) low = yMin
  else if (low > 0 && low < high * 0.4) low = 0
  else if (high < 0 && high > low * 0.4) high = 0
  if (high <= low) {
    const room = Math.abs(low) * 0.1 || 1
    return yMin === undefined ? roomAround(low, low, room) : [low, low + room]
  }
  return yMin === undefined
    ? roomAround(low, high, (high - low) * 0.06)
    : [low, high + (high - low) * 0.06]
}

/** Zero stays the edge of an axis that ends there. */
function roomAround(low: number, high: number, room: number): [number, number] {
  const from = low === 0 || (low > 0 && low < room) ? 0 : low - room
  const to = high === 0 && low < 0 ? 0 : high + room
  return [from, to]
}
