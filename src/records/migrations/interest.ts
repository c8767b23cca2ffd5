/** Uses of entries by day, who was counted, since when entries are there, and favourites. */
import type { Migration } from '../migrate.ts'

export const interest: Migration = async (db) => {
  await db.schema
    .createTable('hub_uses')
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('day', 'integer', (column) => column.notNull())
    .addColumn('views', 'integer', (column) => column.notNull())
    .addColumn('installs', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('hub_uses_key', ['entry', 'day'])
    .execute()
  await db.schema
    .createTable('hub_viewers')
    .addColumn('day', 'integer', (column) => column.notNull())
    .addColumn('viewer', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('hub_viewers_key', ['day', 'viewer'])
    .execute()
  await db.schema
    .createTable('hub_salts')
    .addColumn('day', 'integer', (column) => column.primaryKey())
    .addColumn('salt', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('hub_lives')
    .addColumn('entry', 'text', (column) => column.primaryKey())
    .addColumn('added_ms', 'bigint', (column) => column.notNull())
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .addColumn('digests', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('hub_favourites')
    .addColumn('user_name', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('added_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('hub_favourites_key', ['user_name', 'entry'])
    .execute()
}
