/** Version 2: who asks for targets. */
import type { Migration } from '../migrate.ts'

export const consumers: Migration = async (db) => {
  await db.schema
    .createTable('sd_consumers')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('agent', 'text', (column) => column.notNull())
    .addColumn('interval_seconds', 'double precision', (column) => column.notNull())
    .addColumn('seen_ms', 'bigint', (column) => column.notNull())
    .addColumn('polls', 'bigint', (column) => column.notNull())
    .addColumn('status', 'integer', (column) => column.notNull())
    .addColumn('targets', 'integer', (column) => column.notNull())
    .addColumn('etag', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sd_consumers_key', ['name', 'address', 'path', 'agent'])
    .execute()
}
