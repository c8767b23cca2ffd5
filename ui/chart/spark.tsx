/** A small picture of a rate: how it went, without axes. */
import type { JSX } from 'preact'
import type { RatePoint } from '../api/rates.ts'
import { describeDuration } from '../format/duration.ts'
import { formatValue } from '../format/value.ts'
import { areaPath, linePath, SPARK_HEIGHT, SPARK_WIDTH } from './sparkpath.ts'
import './spark.css'

interface SparkProps {
  readonly points: readonly RatePoint[]
  /** What is counted, for those who do not see the picture. */
  readonly label: string
}

export function Spark({ points, label }: SparkProps): JSX.Element {
  const line = linePath(points)
  const highest = points.reduce((max, { perSecond }) => Math.max(max, perSecond), 0)
  const spanMs = points.length < 2 ? 0 : points[points.length - 1].atMs - points[0].atMs
  const facts =
    line === ''
      ? 'not measured yet'
      : `over ${describeDuration(spanMs)}, highest ${formatValue(highest, 'per second')}`
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${facts}`}
    >
      <title>{`${label}: ${facts}`}</title>
      {line !== '' && (
        <>
          <path class="spark-area" d={areaPath(points)} />
          <path class="spark-line" d={line} />
        </>
      )}
    </svg>
  )
}
