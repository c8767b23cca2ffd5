/** Content sources in their tables: files by entry, and each text once, by its digest. */
import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type {
  KeptSource,
  SourceRecords,
  SourceSettings,
  SourceText,
  StoredSource,
} from '../model/sources.ts'
import type { Asking } from './faults.ts'
import type { HubSourceSettingsTable, HubSourcesTable, Schema } from './schema.ts'

/** Rows of one statement. */
const ROWS_MAX = 500

/** `SourceRecords` on either database. */
export class StoredSources implements SourceRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  sources(): Promise<readonly StoredSource[]> {
    return this.#asking(async () => {
      const rows = await this.#db.selectFrom('hub_sources').selectAll().orderBy('name').execute()
      return rows.map(sourceOf)
    })
  }

  texts(name: string): Promise<readonly SourceText[]> {
    return this.#asking(() =>
      this.#db
        .selectFrom('hub_files')
        .innerJoin('hub_texts', 'hub_texts.digest', 'hub_files.digest')
        .select(['hub_files.entry', 'hub_files.file', 'hub_texts.body as text'])
        .where('hub_files.source', '=', name)
        .orderBy('hub_files.entry')
        .orderBy('hub_files.file')
        .execute(),
    )
  }

  settings(): Promise<readonly SourceSettings[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('hub_source_settings')
        .selectAll()
        .orderBy('name')
        .execute()
      return rows.map(settingsOf)
    })
  }

  save(state: KeptSource, texts: readonly SourceText[], version: number): Promise<boolean> {
    return this.#changing(async (db, revision) => {
      if ((await versionOf(db, state.name)) !== version) return false
      await putSource(db, { ...rowOf(state), revision })
      await db.deleteFrom('hub_files').where('source', '=', state.name).execute()
      const files = []
      for (const { entry, file, text } of texts) {
        const digest = createHash('sha256').update(text).digest('base64url')
        files.push({ source: state.name, entry, file, digest })
        await db
          .insertInto('hub_texts')
          .values({ digest, body: text })
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .execute()
      }
      for (let at = 0; at < files.length; at += ROWS_MAX) {
        await db
          .insertInto('hub_files')
          .values(files.slice(at, at + ROWS_MAX))
          .execute()
      }
      await dropUnused(db)
      return true
    })
  }

  note(state: KeptSource, version: number): Promise<boolean> {
    return this.#changing(async (db) => {
      if ((await versionOf(db, state.name)) !== version) return false
      const before = await db
        .selectFrom('hub_sources')
        .select('revision')
        .where('name', '=', state.name)
        .executeTakeFirst()
      await putSource(db, { ...rowOf(state), revision: before?.revision ?? 0 })
      return true
    })
  }

  put(settings: SourceSettings): Promise<boolean> {
    return this.#changing(async (db) => {
      if ((await versionOf(db, settings.name)) !== settings.version - 1) return false
      const { name: _, ...rest } = settingsRowOf(settings)
      await db
        .insertInto('hub_source_settings')
        .values(settingsRowOf(settings))
        .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
        .execute()
      return true
    })
  }

  remove(name: string): Promise<boolean> {
    return this.#changing(async (db) => {
      await db.deleteFrom('hub_files').where('source', '=', name).execute()
      await dropUnused(db)
      const settings = await db
        .deleteFrom('hub_source_settings')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      const source = await db
        .deleteFrom('hub_sources')
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      return settings.numDeletedRows + source.numDeletedRows > 0n
    })
  }

  /** The row of the state is the lock: no text is dropped that another hub begins to use. */
  #changing<T>(run: (db: Transaction<Schema>, revision: number) => Promise<T>): Promise<T> {
    return this.#asking(() =>
      this.#db.transaction().execute(async (db) => {
        const { revision } = await db
          .updateTable('hub_state')
          .set((each) => ({ revision: each('revision', '+', 1) }))
          .returning('revision')
          .executeTakeFirstOrThrow()
        return await run(db, revision)
      }),
    )
  }
}

/** 0 where nobody has added it. */
async function versionOf(db: Transaction<Schema>, name: string): Promise<number> {
  const row = await db
    .selectFrom('hub_source_settings')
    .select('version')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.version ?? 0
}

async function putSource(db: Transaction<Schema>, row: HubSourcesTable): Promise<void> {
  const { name: _, ...rest } = row
  await db
    .insertInto('hub_sources')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute()
}

async function dropUnused(db: Transaction<Schema>): Promise<void> {
  await db
    .deleteFrom('hub_texts')
    .where((each) =>
      each.not(
        each.exists(
          each
            .selectFrom('hub_files')
            .select('hub_files.digest')
            .whereRef('hub_files.digest', '=', 'hub_texts.digest'),
        ),
      ),
    )
    .execute()
}

function rowOf(state: KeptSource): Omit<HubSourcesTable, 'revision'> {
  return {
    name: state.name,
    type: state.type,
    origin: state.origin,
    commit_id: state.commit,
    tag: state.tag,
    entries: state.entries,
    checked_ms: state.checkedMs,
    good_ms: state.goodMs,
    failing_since_ms: state.failingSinceMs,
    error: state.error,
    faults: JSON.stringify(state.faults),
  }
}

function sourceOf(row: HubSourcesTable): StoredSource {
  return {
    name: row.name,
    type: row.type,
    origin: row.origin,
    commit: row.commit_id,
    tag: row.tag,
    entries: row.entries,
    revision: row.revision,
    checkedMs: row.checked_ms,
    goodMs: row.good_ms,
    failingSinceMs: row.failing_since_ms,
    error: row.error,
    faults: JSON.parse(row.faults),
  }
}

function settingsRowOf(settings: SourceSettings): HubSourceSettingsTable {
  const { name, type, url, repository, branch, path, version } = settings
  return {
    ...{ name, type, url, repository, branch, path, version },
    refresh_ms: settings.refreshMs,
    sealed_token: settings.sealedToken,
    changed_ms: settings.changedMs,
    changed_by: settings.changedBy,
  }
}

function settingsOf(row: HubSourceSettingsTable): SourceSettings {
  const { name, type, url, repository, branch, path, version } = row
  return {
    ...{ name, type, url, repository, branch, path, version },
    refreshMs: row.refresh_ms,
    sealedToken: row.sealed_token,
    changedMs: row.changed_ms,
    changedBy: row.changed_by,
  }
}
