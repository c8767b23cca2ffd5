/** `type: opentsdb`: /api/put. */
import { destinationOf } from '../destination.ts'
import { whole } from '../scalars.ts'
import type { Shape } from '../shape.ts'
import {
  checkHttpEnd,
  HTTP_END_KEYS,
  type HttpDestination,
  httpEndOf,
  type RawHttpEnd,
} from './httpend.ts'

export interface OpenTsdbDestination extends HttpDestination {
  readonly kind: 'opentsdb'
  /** Tags that the server takes: its `tsd.storage.max_tags`. */
  readonly tagsMax: number
}

interface RawOpenTsdb extends RawHttpEnd {
  readonly max_tags: number
}

export const openTsdbDestination: Shape<OpenTsdbDestination> = destinationOf(
  'opentsdb',
  { max_tags: whole(8), ...HTTP_END_KEYS },
  (raw: RawOpenTsdb) => ({ ...httpEndOf(raw), tagsMax: raw.max_tags }),
  (raw, place) => {
    checkHttpEnd(raw, place)
    if (raw.max_tags <= 0) place.report.error(place.at('max_tags'), 'max_tags must be positive')
  },
)
