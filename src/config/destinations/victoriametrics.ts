/** `type: victoriametrics`: its import of JSON lines. */
import { destinationOf } from '../destination.ts'
import type { Shape } from '../shape.ts'
import { checkHttpEnd, HTTP_END_KEYS, type HttpDestination, httpEndOf } from './httpend.ts'

export interface VictoriaMetricsDestination extends HttpDestination {
  readonly kind: 'victoriametrics'
}

export const victoriaMetricsDestination: Shape<VictoriaMetricsDestination> = destinationOf(
  'victoriametrics',
  HTTP_END_KEYS,
  httpEndOf,
  checkHttpEnd,
)
