/** `type: postgresql`: tables of PostgreSQL or TimescaleDB. */
import type { Secret } from '../../base/secret.ts'
import { type DestinationBase, destinationOf } from '../destination.ts'
import type { TlsConfig } from '../http.ts'
import { duration, filePath, text, textOr, truth, whole } from '../scalars.ts'
import { optional, type Shape, secret } from '../shape.ts'
import { tlsClient } from '../tlsshape.ts'

export interface PostgresDestination extends DestinationBase {
  readonly kind: 'postgresql'
  /** Instead of host, port, database and user. */
  readonly connectionString: Secret | undefined
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Secret | undefined
  /** Absolute path, or ''; read for each connection. */
  readonly passwordFile: string
  /** undefined: without TLS, or as the connection string says. */
  readonly tls: TlsConfig | undefined
  readonly schema: string
  /** Whether tables that are absent are made. */
  readonly createsSchema: boolean
  /** Whether a sample that is there already is left out instead of stored twice. */
  readonly isDeduplicated: boolean
  readonly connectionsMax: number
  readonly timeoutMs: number
}

interface RawPostgres {
  readonly connection_string: Secret | undefined
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Secret | undefined
  readonly password_file: string
  readonly tls_config: TlsConfig | undefined
  readonly schema: string
  readonly create_schema: boolean
  readonly deduplicate: boolean
  readonly max_connections: number
  readonly remote_timeout: number
}

export const postgresDestination: Shape<PostgresDestination> = destinationOf(
  'postgresql',
  {
    connection_string: secret,
    host: text,
    port: whole(5432),
    database: text,
    user: text,
    password: secret,
    password_file: filePath,
    tls_config: optional(tlsClient),
    schema: textOr('public'),
    create_schema: truth(true),
    deduplicate: truth(true),
    max_connections: whole(4),
    remote_timeout: duration(30_000),
  },
  (raw: RawPostgres) => ({
    connectionString: raw.connection_string,
    host: raw.host,
    port: raw.port,
    database: raw.database,
    user: raw.user,
    password: raw.password,
    passwordFile: raw.password_file,
    tls: raw.tls_config,
    schema: raw.schema,
    createsSchema: raw.create_schema,
    isDeduplicated: raw.deduplicate,
    connectionsMax: raw.max_connections,
    timeoutMs: raw.remote_timeout,
  }),
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    const parts = ['host', 'database', 'user'] as const
    if (raw.connection_string === undefined) {
      for (const key of parts) if (raw[key] === '') refuse(key, `${key} of postgresql is empty`)
    } else {
      for (const key of [...parts, 'port'] as const) {
        if (place.has(key)) refuse(key, `${key} is not compatible with connection_string`)
      }
      if (!/^postgres(ql)?:\/\//.test(raw.connection_string.reveal())) {
        refuse('connection_string', 'connection_string is no postgresql://')
      }
    }
    if (raw.password !== undefined && raw.password_file !== '') {
      refuse('password', 'at most one of password & password_file must be configured')
    }
    if (raw.schema === '') refuse('schema', 'schema of postgresql is empty')
    if (raw.port <= 0 || raw.port > 65_535) refuse('port', 'port of postgresql is none')
    for (const key of ['max_connections', 'remote_timeout'] as const) {
      if (raw[key] <= 0) refuse(key, `${key} must be positive`)
    }
  },
)
