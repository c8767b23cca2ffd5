/** `type: influxdb`: line protocol to InfluxDB 1 (`database`) or 2 (`org` and `bucket`). */
import type { Secret } from '../../base/secret.ts'
import { destinationOf } from '../destination.ts'
import { text } from '../scalars.ts'
import { type Shape, secret } from '../shape.ts'
import {
  checkHttpEnd,
  HTTP_END_KEYS,
  type HttpDestination,
  httpEndOf,
  type RawHttpEnd,
} from './httpend.ts'

export interface InfluxDestination extends HttpDestination {
  readonly kind: 'influxdb'
  /** '' for version 2. */
  readonly database: string
  /** '' for the database's own. */
  readonly retentionPolicy: string
  readonly org: string
  readonly bucket: string
}

interface RawInflux extends RawHttpEnd {
  readonly database: string
  readonly retention_policy: string
  readonly org: string
  readonly bucket: string
  readonly token: Secret | undefined
}

export const influxDestination: Shape<InfluxDestination> = destinationOf(
  'influxdb',
  {
    database: text,
    retention_policy: text,
    org: text,
    bucket: text,
    token: secret,
    ...HTTP_END_KEYS,
  },
  (raw: RawInflux) => {
    const end = httpEndOf(raw)
    const authorization =
      raw.token === undefined
        ? end.http.authorization
        : { type: 'Token', credentials: raw.token, credentialsFile: '' }
    return {
      ...end,
      http: { ...end.http, authorization },
      database: raw.database,
      retentionPolicy: raw.retention_policy,
      org: raw.org,
      bucket: raw.bucket,
    }
  },
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    checkHttpEnd(raw, place)
    if ((raw.database === '') === (raw.bucket === '')) {
      refuse('database', 'exactly one of database and bucket of influxdb must be configured')
    }
    if (raw.bucket !== '' && raw.org === '') refuse('org', 'org of influxdb is empty')
    const isAuthorized = raw.basic_auth ?? raw.authorization ?? raw.oauth2 ?? raw.bearer_token
    if (raw.token !== undefined && (isAuthorized !== undefined || raw.bearer_token_file !== '')) {
      refuse('token', 'at most one of token, basic_auth, authorization & oauth2 must be configured')
    }
  },
)
