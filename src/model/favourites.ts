/** Entries that people have marked for themselves. */

/** Where favourites are kept. Each method throws NarthexError `busy` while the database is away. */
export interface FavouriteRecords {
  /** Names of entries, sorted. */
  favourites(user: string): Promise<readonly string[]>
  /** @throws NarthexError `limit` for one more than `favouritesMax` */
  addFavourite(user: string, entry: string, nowMs: number, favouritesMax: number): Promise<void>
  /** Leaves things as they are where it was none. */
  removeFavourite(user: string, entry: string): Promise<void>
}
