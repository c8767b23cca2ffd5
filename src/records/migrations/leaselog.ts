/** The coming and going of leases. */
import type { Migration } from '../migrate.ts'

export const leaseLog: Migration = async (db) => {
  await db.schema
    .createTable('sd_lease_log')
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('by_name', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('labels', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sd_lease_log_key', ['revision', 'key', 'action'])
    .execute()
}
