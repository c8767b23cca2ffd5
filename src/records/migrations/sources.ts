/** Version 3: content sources of the catalogue, their files, and each text once. */
import type { Migration } from '../migrate.ts'

export const sources: Migration = async (db) => {
  await db.schema
    .createTable('hub_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute()
  await db.insertInto('hub_state').values({ id: 1, revision: 0 }).execute()
  await db.schema
    .createTable('hub_sources')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('commit_id', 'text', (column) => column.notNull())
    .addColumn('entries', 'integer', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('checked_ms', 'bigint', (column) => column.notNull())
    .addColumn('good_ms', 'bigint', (column) => column.notNull())
    .addColumn('failing_since_ms', 'bigint', (column) => column.notNull())
    .addColumn('error', 'text', (column) => column.notNull())
    .addColumn('faults', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('hub_files')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('file', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('hub_files_key', ['source', 'entry', 'file'])
    .execute()
  await db.schema.createIndex('hub_files_digest').on('hub_files').column('digest').execute()
  await db.schema
    .createTable('hub_texts')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
}
