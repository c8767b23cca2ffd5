/** kysely on PostgreSQL: a few connections, each wait bounded, and no secret in any message. */
import { type Dialect, PostgresDialect, type PostgresPool } from 'kysely'
import { Pool, types } from 'pg'
import type { Log } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import { requirePostgresUrl } from './place.ts'

const CONNECTIONS_MAX = 8
/** How long to wait for a connection, in ms: who polls is told soon that the database is away. */
const CONNECT_MS_MAX = 2000
/** How long a query may take, in ms. */
const QUERY_MS_MAX = 20_000

/** bigint; our numbers stay below 2^53. */
const INT8_OID = 20

/** @throws NarthexError `bad_data` for an address of another kind, without the address */
export function postgresDialect(url: Secret, log: Log): Dialect {
  requirePostgresUrl(url)
  const pool = new Pool({
    connectionString: url.reveal(),
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: QUERY_MS_MAX,
    statement_timeout: QUERY_MS_MAX,
    application_name: 'narthex',
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === INT8_OID && format !== 'binary' ? Number : types.getTypeParser(oid, format),
    },
  })
  // A connection that breaks while nobody uses it: the next question opens another.
  pool.on('error', (error) =>
    log.warn('connection to the database broke', { error: error.message }),
  )
  // One that breaks while it is used fails its question; unheard, it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => {}))
  return new PostgresDialect({ pool: pool as unknown as PostgresPool })
}
