/** `type: otlp`: OTLP/HTTP metrics as protobuf. */
import { destinationOf } from '../destination.ts'
import type { Shape } from '../shape.ts'
import { checkHttpEnd, HTTP_END_KEYS, type HttpDestination, httpEndOf } from './httpend.ts'

export interface OtlpDestination extends HttpDestination {
  readonly kind: 'otlp'
}

export const otlpDestination: Shape<OtlpDestination> = destinationOf(
  'otlp',
  HTTP_END_KEYS,
  httpEndOf,
  checkHttpEnd,
)
