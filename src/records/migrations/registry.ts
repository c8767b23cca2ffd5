/** Version 1: documents of the registry, their versions, and leases. */
import type { Migration } from '../migrate.ts'

export const registry: Migration = async (db) => {
  await db.schema
    .createTable('sd_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute()
  await db.insertInto('sd_state').values({ id: 1, revision: 0 }).execute()
  await db.schema
    .createTable('sd_documents')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('targets', 'integer', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .addColumn('changed_by', 'text', (column) => column.notNull())
    // Last, so that what is asked of all documents does not read through their texts.
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sd_documents_key', ['kind', 'name'])
    .execute()
  await db.schema
    .createIndex('sd_documents_revision')
    .on('sd_documents')
    .column('revision')
    .execute()
  await db.schema
    .createTable('sd_versions')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .addColumn('changed_by', 'text', (column) => column.notNull())
    .addColumn('targets', 'integer', (column) => column.notNull())
    .addColumn('body', 'text')
    .addPrimaryKeyConstraint('sd_versions_key', ['kind', 'name', 'version'])
    .execute()
  await db.schema.createIndex('sd_versions_revision').on('sd_versions').column('revision').execute()
  await db.schema
    .createTable('sd_leases')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('labels', 'text', (column) => column.notNull())
    .addColumn('ttl_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_ms', 'bigint', (column) => column.notNull())
    .addColumn('changed_by', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sd_leases_expires').on('sd_leases').column('expires_ms').execute()
}
