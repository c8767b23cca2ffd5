/** Content sources that people add, with their sealed tokens, and what the next question may name. */
import type { Migration } from '../migrate.ts'

export const sourceSettings: Migration = async (db) => {
  await db.schema
    .alterTable('hub_sources')
    .addColumn('tag', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await db.schema
    .createTable('hub_source_settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('branch', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('refresh_ms', 'bigint', (column) => column.notNull())
    .addColumn('sealed_token', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .addColumn('changed_by', 'text', (column) => column.notNull())
    .execute()
}
