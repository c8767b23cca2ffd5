/** The audit log in its table: entries are added at the end, and only the oldest ever go. */
import { type Kysely, sql } from 'kysely'
import type { AuditEntry, AuditQuery, AuditRecord, AuditRecords } from '../model/audit.ts'
import type { Asking } from './faults.ts'
import type { HubAuditTable, Schema } from './schema.ts'

/** Rows of one statement. */
const ROWS_MAX = 500

/** From here on a status says that nothing was done. */
const FAILED_STATUS = 400

/** `AuditRecords` on either database. */
export class StoredAudit implements AuditRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  append(entries: readonly AuditEntry[]): Promise<void> {
    return this.#asking(() =>
      this.#db.transaction().execute(async (db) => {
        const { value } = await db
          .updateTable('hub_counters')
          .set((each) => ({ value: each('value', '+', entries.length) }))
          .where('name', '=', 'audit')
          .returning('value')
          .executeTakeFirstOrThrow()
        const rows = entries.map((entry, i) => rowOf(entry, value - entries.length + i + 1))
        for (let at = 0; at < rows.length; at += ROWS_MAX) {
          await db
            .insertInto('hub_audit')
            .values(rows.slice(at, at + ROWS_MAX))
            .execute()
        }
      }),
    )
  }

  entries({ text, failed, beforeId, count }: AuditQuery): Promise<readonly AuditRecord[]> {
    return this.#asking(async () => {
      let found = this.#db.selectFrom('hub_audit').selectAll()
      if (beforeId > 0) {
        const last = this.#db.selectFrom('hub_audit').select('time_ms').where('id', '=', beforeId)
        found = found.where((each) =>
          each.or([
            each('time_ms', '<', last),
            each.and([each('time_ms', '=', last), each('id', '<', beforeId)]),
          ]),
        )
      }
      if (failed) found = found.where('status', '>=', FAILED_STATUS)
      if (text !== '') {
        const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
        const has = (column: string) =>
          sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`
        found = found.where((each) =>
          each.or(['who', 'address', 'action', 'object'].map((column) => has(column))),
        )
      }
      // Several hubs write, each a little later than it happened: ids may be in another order.
      const newest = found.orderBy('time_ms', 'desc').orderBy('id', 'desc')
      return (await newest.limit(count).execute()).map(recordOf)
    })
  }

  trim(fromMs: number, entriesMax: number): Promise<void> {
    return this.#asking(async () => {
      await this.#db.deleteFrom('hub_audit').where('time_ms', '<', fromMs).execute()
      await this.#db
        .deleteFrom('hub_audit')
        .where('id', '<=', (each) =>
          each
            .selectFrom('hub_counters')
            .select((counter) => counter('value', '-', entriesMax).as('last'))
            .where('name', '=', 'audit'),
        )
        .execute()
    })
  }
}

function rowOf(entry: AuditEntry, id: number): HubAuditTable {
  const { timeMs, who, address, action, object, status } = entry
  return { id, time_ms: timeMs, who, address, action, object, status }
}

function recordOf(row: HubAuditTable): AuditRecord {
  const { id, time_ms, who, address, action, object, status } = row
  return { id, timeMs: time_ms, who, address, action, object, status }
}
