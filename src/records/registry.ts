/** The registry of targets in its tables. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type {
  ChangeQuery,
  Consumer,
  DocumentHead,
  DocumentKey,
  DocumentVersion,
  Lease,
  PastDocument,
  RegistryChange,
} from '../model/registry.ts'
import type {
  DocumentEdit,
  DoneDocument,
  RegistryBounds,
  RegistryImage,
  RegistryRecords,
} from '../model/registryrecords.ts'
import { readChanges, readDone } from './changes.ts'
import {
  changeDocuments,
  headOf,
  oldestRevision,
  readGone,
  readHistory,
  readVersion,
} from './documents.ts'
import type { Asking } from './faults.ts'
import { holdLease, leaseOf, readLeases, releaseLease, renewLease, sweepLeases } from './leases.ts'
import { readRevision } from './revision.ts'
import type { ConsumersTable, Schema } from './schema.ts'

/** `RegistryRecords` on either database. */
export class StoredRegistry implements RegistryRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  revision(): Promise<number> {
    return this.#asking(() => readRevision(this.#db))
  }

  read(since: number): Promise<RegistryImage> {
    return this.#atOnce(async (db) => {
      const revision = await readRevision(db)
      // The oldest deletions are forgotten: who is so far behind reads all anew.
      const isWhole = since === 0 || since < (await oldestRevision(db))
      const changed = await db
        .selectFrom('sd_documents')
        .selectAll()
        .where('revision', '>', isWhole ? 0 : since)
        .execute()
      const gone = isWhole ? [] : await readGone(db, since)
      const leases = await db.selectFrom('sd_leases').selectAll().orderBy('key').execute()
      return {
        revision,
        isWhole,
        changed: changed.map((row) => ({ ...headOf(row), body: row.body })),
        gone,
        leases: leases.map(leaseOf),
      }
    })
  }

  leases(nowMs: number): Promise<readonly Lease[]> {
    return this.#asking(() => readLeases(this.#db, nowMs))
  }

  change(
    by: string,
    atMs: number,
    edits: readonly DocumentEdit[],
    bounds: RegistryBounds,
  ): Promise<readonly (DocumentHead | undefined)[]> {
    return this.#changing((db) => changeDocuments(db, edits, { by, atMs, bounds }))
  }

  versions(key: DocumentKey): Promise<readonly DocumentVersion[]> {
    return this.#asking(() => readHistory(this.#db, key))
  }

  version(key: DocumentKey, version: number): Promise<PastDocument | undefined> {
    return this.#asking(() => readVersion(this.#db, key, version))
  }

  changes(query: ChangeQuery): Promise<readonly RegistryChange[]> {
    return this.#atOnce((db) => readChanges(db, query))
  }

  done(revision: number): Promise<readonly DoneDocument[]> {
    return this.#atOnce((db) => readDone(db, revision))
  }

  async hold(lease: Lease, nowMs: number, bounds: RegistryBounds): Promise<boolean> {
    const isRenewed = await this.#asking(() => renewLease(this.#db, lease, nowMs))
    if (!isRenewed) await this.#changing((db) => holdLease(db, lease, nowMs, bounds))
    return !isRenewed
  }

  release(key: string, nowMs: number, by: string): Promise<boolean> {
    return this.#changing((db) => releaseLease(db, key, nowMs, by))
  }

  async sweep(nowMs: number, consumerMs: number): Promise<readonly string[]> {
    const gone = await this.#changing((db) => sweepLeases(db, nowMs))
    await this.#asking(() =>
      this.#db
        .deleteFrom('sd_consumers')
        .where('seen_ms', '<', nowMs - consumerMs)
        .execute(),
    )
    return gone
  }

  saveConsumers(consumers: readonly Consumer[], consumersMax: number): Promise<void> {
    return this.#changing(async (db) => {
      // Always in the same order, so that two hubs do not wait for each other.
      for (const row of consumers.map(consumerRow).sort(byKey)) {
        const { polls, name, address, path, agent, ...last } = row
        await db
          .insertInto('sd_consumers')
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(['name', 'address', 'path', 'agent']).doUpdateSet({
              ...last,
              polls: sql<number>`sd_consumers.polls + ${polls}`,
            }),
          )
          .execute()
      }
      const tooOld = db
        .selectFrom('sd_consumers')
        .select('seen_ms')
        .orderBy('seen_ms', 'desc')
        .limit(1)
        .offset(consumersMax)
      await db.deleteFrom('sd_consumers').where('seen_ms', '<=', tooOld).execute()
    })
  }

  consumers(): Promise<readonly Consumer[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('sd_consumers')
        .selectAll()
        .orderBy('name')
        .orderBy('address')
        .orderBy('path')
        .orderBy('agent')
        .execute()
      return rows.map(consumerOf)
    })
  }

  /** Reads that see one moment. */
  #atOnce<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() =>
      this.#db
        .transaction()
        .setAccessMode('read only')
        .setIsolationLevel('repeatable read')
        .execute(run),
    )
  }

  #changing<T>(run: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#asking(() => this.#db.transaction().execute(run))
  }
}

function consumerOf(row: ConsumersTable): Consumer {
  const { interval_seconds: intervalSeconds, seen_ms: seenMs, ...same } = row
  return { ...same, intervalSeconds, seenMs }
}

function consumerRow(consumer: Consumer): ConsumersTable {
  const { intervalSeconds, seenMs, ...same } = consumer
  return { ...same, interval_seconds: intervalSeconds, seen_ms: seenMs }
}

function byKey(a: ConsumersTable, b: ConsumersTable): number {
  const [one, other] = [a, b].map((each) =>
    JSON.stringify([each.name, each.address, each.path, each.agent]),
  )
  return one < other ? -1 : one > other ? 1 : 0
}
