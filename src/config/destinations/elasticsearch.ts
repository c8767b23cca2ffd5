/** `type: elasticsearch`: documents by _bulk. */
import { destinationOf } from '../destination.ts'
import { textOr } from '../scalars.ts'
import type { Shape } from '../shape.ts'
import {
  checkHttpEnd,
  HTTP_END_KEYS,
  type HttpDestination,
  httpEndOf,
  type RawHttpEnd,
} from './httpend.ts'

export interface ElasticsearchDestination extends HttpDestination {
  readonly kind: 'elasticsearch'
  /** With %Y, %m, %d and %H of the sample's time in UTC. */
  readonly index: string
}

interface RawElasticsearch extends RawHttpEnd {
  readonly index: string
}

/** @source Elasticsearch create index API, names of indices */
const FORBIDDEN = /[\\/*?"<>| ,#:A-Z]/

export const elasticsearchDestination: Shape<ElasticsearchDestination> = destinationOf(
  'elasticsearch',
  { index: textOr('narthex-%Y.%m.%d'), ...HTTP_END_KEYS },
  (raw: RawElasticsearch) => ({ ...httpEndOf(raw), index: raw.index }),
  (raw, place) => {
    checkHttpEnd(raw, place)
    const refuse = (why: string): void =>
      place.report.error(place.at('index'), `index ${JSON.stringify(raw.index)} ${why}`)
    const name = raw.index.replaceAll(/%[YmdH]/g, '0')
    if (name.includes('%')) refuse('has an unknown %, wanted %Y, %m, %d or %H')
    else if (name === '' || FORBIDDEN.test(name) || /^[-_+.]/.test(name)) {
      refuse('is no name of an index')
    }
  },
)
