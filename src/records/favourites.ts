/** Favourites in their table: a row for each entry that somebody has marked. */
import type { Kysely } from 'kysely'
import { NarthexError } from '../base/error.ts'
import type { FavouriteRecords } from '../model/favourites.ts'
import { compareText } from '../model/labels.ts'
import type { Asking } from './faults.ts'
import type { Schema } from './schema.ts'

/** `FavouriteRecords` on either database. */
export class StoredFavourites implements FavouriteRecords {
  readonly #db: Kysely<Schema>
  readonly #asking: Asking

  constructor(db: Kysely<Schema>, asking: Asking) {
    this.#db = db
    this.#asking = asking
  }

  favourites(user: string): Promise<readonly string[]> {
    return this.#asking(async () => {
      const rows = await this.#db
        .selectFrom('hub_favourites')
        .select('entry')
        .where('user_name', '=', user)
        .execute()
      return rows.map(({ entry }) => entry).sort(compareText)
    })
  }

  addFavourite(user: string, entry: string, nowMs: number, favouritesMax: number): Promise<void> {
    return this.#asking(async () => {
      const others = await this.#db
        .selectFrom('hub_favourites')
        .select('entry')
        .where('user_name', '=', user)
        .where('entry', '<>', entry)
        .execute()
      if (others.length >= favouritesMax) {
        const bound = `the bound is ${favouritesMax} of each user`
        throw new NarthexError('limit', `cannot mark ${entry}: one favourite too many, ${bound}`)
      }
      await this.#db
        .insertInto('hub_favourites')
        .values({ user_name: user, entry, added_ms: nowMs })
        .onConflict((conflict) => conflict.columns(['user_name', 'entry']).doNothing())
        .execute()
    })
  }

  removeFavourite(user: string, entry: string): Promise<void> {
    return this.#asking(async () => {
      await this.#db
        .deleteFrom('hub_favourites')
        .where('user_name', '=', user)
        .where('entry', '=', entry)
        .execute()
    })
  }
}
