/** The schema from every version on, in both databases. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Kysely } from 'kysely'
import { silentLog } from '../../src/base/log.ts'
import { migrate } from '../../src/records/migrate.ts'
import { MIGRATIONS } from '../../src/records/migrations/all.ts'
import { postgresDialect } from '../../src/records/postgres.ts'
import type { Schema } from '../../src/records/schema.ts'
import { sqliteDialect } from '../../src/records/sqlite.ts'
import { databaseKinds, openAt, type Place } from './databases.ts'

const NOW_MS = 1_767_436_620_000

async function withDatabase(
  place: Place,
  run: (db: Kysely<Schema>) => Promise<unknown>,
): Promise<void> {
  const { path, url } = place
  const dialect = url ? postgresDialect(url, silentLog) : sqliteDialect(join(path, 'records.db'))
  const db = new Kysely<Schema>({ dialect })
  try {
    await run(db)
  } finally {
    await db.destroy()
  }
}

for (const kind of databaseKinds()) {
  describe(kind.name, { skip: kind.missing }, () => {
    after(() => kind.stop())

    for (let version = 0; version <= MIGRATIONS.length; version++) {
      test(`version ${version} becomes the newest, and what is in it stays`, async () => {
        const place = await kind.place()
        await withDatabase(place, async (db) => {
          assert.equal(await migrate(db, MIGRATIONS.slice(0, version), NOW_MS), 0)
          if (version === 0) return
          const row = { kind: 'group', name: 'old', body: '[]', targets: 0, version: 1 } as const
          const change = { revision: 1, changed_ms: NOW_MS, changed_by: 'anne' }
          await db
            .insertInto('sd_documents')
            .values({ ...row, ...change })
            .execute()
        })
        for (let times = 0; times < 2; times++) {
          const records = await openAt(place)
          const { changed } = await records.registry.read(0)
          assert.deepEqual(
            changed.map(({ name }) => name),
            version === 0 ? [] : ['old'],
          )
          assert.deepEqual(await records.registry.consumers(), [])
          await records.stop()
        }
        place.remove()
      })
    }

    test('the schema of a newer program is refused and left as it is', async () => {
      const place = await kind.place()
      const newer = [...MIGRATIONS, async () => {}]
      await withDatabase(place, (db) => migrate(db, newer, NOW_MS))
      await assert.rejects(openAt(place), {
        name: 'NarthexError',
        kind: 'bad_data',
        message: `cannot open the database: its schema is version ${newer.length}, this program knows ${MIGRATIONS.length}`,
      })
      place.remove()
    })

    test('a step that fails leaves nothing of any step', async () => {
      const place = await kind.place()
      const broken = [
        ...MIGRATIONS,
        async () => {
          throw new Error('broken')
        },
      ]
      await withDatabase(place, (db) => assert.rejects(migrate(db, broken, NOW_MS), /broken/))
      await withDatabase(place, async (db) =>
        assert.deepEqual(await db.introspection.getTables(), []),
      )
      place.remove()
    })

    test('several programs that start at once make the schema once', async () => {
      const place = await kind.place()
      const all = await kind.openMany(place, 4)
      for (const records of all) {
        assert.equal(await records.registry.revision(), 0)
        await records.stop()
      }
      place.remove()
    })
  })
}
