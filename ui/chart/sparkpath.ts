/** Paths of a small picture, in its own units. */
import type { RatePoint } from '../api/rates.ts'

export const SPARK_WIDTH = 240
export const SPARK_HEIGHT = 40
/** A young picture leaves room on the left for so much time. */
const SPAN_MS_MIN = 60_000

/** The line, '' for fewer than two points; the newest point lies at the right. */
export function linePath(points: readonly RatePoint[]): string {
  if (points.length < 2) return ''
  const highest = points.reduce((max, { perSecond }) => Math.max(max, perSecond), 0)
  return points
    .map(({ atMs, perSecond }, i) => {
      const part = highest === 0 ? 0 : perSecond / highest
      const y = SPARK_HEIGHT - 1 - part * (SPARK_HEIGHT - 3)
      return `${i === 0 ? 'M' : 'L'}${round(xOf(points, atMs))} ${round(y)}`
    })
    .join('')
}

/** What lies under the line. */
export function areaPath(points: readonly RatePoint[]): string {
  if (points.length < 2) return ''
  return `${linePath(points)}V${SPARK_HEIGHT}H${round(xOf(points, points[0].atMs))}Z`
}

function xOf(points: readonly RatePoint[], atMs: number): number {
  const lastMs = points[points.length - 1].atMs
  const spanMs = Math.max(SPAN_MS_MIN, lastMs - points[0].atMs)
  return SPARK_WIDTH * (1 - (lastMs - atMs) / spanMs)
}

function round(x: number): number {
  return Math.round(x * 10) / 10
}
