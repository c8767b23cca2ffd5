/** Uses of entries, since when they are there, and favourites, in both databases. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Records } from '../../src/records/records.ts'
import { databaseKinds } from './databases.ts'

const NOW_MS = 1_767_436_620_000
const TODAY = 20_456

const views = (entry: string, ...viewers: readonly string[]) =>
  viewers.map((viewer) => ({ entry, viewer: `${entry}-${viewer}` }))

for (const kind of databaseKinds()) {
  describe(kind.name, { skip: kind.missing }, () => {
    after(() => kind.stop())

    /** Two hubs on one new database. */
    async function withHubs(run: (one: Records, other: Records) => Promise<void>): Promise<void> {
      const place = await kind.place()
      const hubs = await kind.openMany(place, 2)
      try {
        await run(hubs[0], hubs[1])
      } finally {
        for (const hub of hubs) await hub.stop()
        place.remove()
      }
    }

    test('a person is counted once a day, whichever hub they look at', async () => {
      await withHubs(async ({ interest: one }, { interest: other }) => {
        const none = new Map<string, number>()
        const look = { day: TODAY, views: views('node', 'anne', 'bob'), installs: none }
        assert.equal(await one.count(look, 100), 0)
        await other.count({ ...look, views: views('node', 'anne', 'carl') }, 100)
        await other.count({ ...look, installs: new Map([['redis', 2]]) }, 100)
        await one.count({ ...look, day: TODAY - 30, views: views('node', 'anne') }, 100)
        const { entries, firstDay } = await one.uses(TODAY - 89, TODAY - 6)
        assert.equal(firstDay, TODAY - 30)
        assert.deepEqual(
          entries.toSorted((a, b) => (a.entry < b.entry ? -1 : 1)),
          [
            { entry: 'node', views: 4, installs: 0, recentViews: 3, recentInstalls: 0 },
            { entry: 'redis', views: 0, installs: 2, recentViews: 0, recentInstalls: 2 },
          ],
        )
        assert.deepEqual(await one.uses(TODAY + 1, TODAY + 1), { entries: [], firstDay: undefined })
      })
    })

    test('hubs that count at the same time lose nothing and do not stand in each other’s way', async () => {
      await withHubs(async ({ interest: one }, { interest: other }) => {
        const counted = ['a', 'b', 'c', 'd', 'e'].flatMap((viewer) => {
          const day = { day: TODAY, installs: new Map([['x', 1]]) }
          return [
            one.count({ ...day, views: [...views('x', viewer), ...views('y', viewer)] }, 100),
            ...(kind.name === 'SQLite'
              ? []
              : [
                  other.count(
                    { ...day, views: [...views('y', viewer), ...views('x', viewer)] },
                    100,
                  ),
                ]),
          ]
        })
        await Promise.all(counted)
        const { entries } = await one.uses(TODAY, TODAY)
        const { views: looks, installs } = entries.find(({ entry }) => entry === 'x') ?? {}
        assert.deepEqual({ looks, installs }, { looks: 5, installs: counted.length })
      })
    })

    test('a day has room for so many who look, and says how many it had not', async () => {
      await withHubs(async ({ interest }) => {
        const look = { day: TODAY, installs: new Map<string, number>() }
        assert.equal(await interest.count({ ...look, views: views('x', 'a', 'b', 'c') }, 2), 1)
        assert.equal(await interest.count({ ...look, views: views('x', 'd') }, 2), 1)
        assert.equal((await interest.uses(TODAY, TODAY)).entries[0].views, 2)
      })
    })

    test('all hubs have the salt of a day together, and each day has another', async () => {
      await withHubs(async ({ interest: one }, { interest: other }) => {
        const salt = await one.salt(TODAY)
        assert.ok(salt.length >= 16)
        assert.equal(await other.salt(TODAY), salt)
        assert.notEqual(await one.salt(TODAY + 1), salt)
        await one.sweep(TODAY + 1, TODAY)
        assert.notEqual(await other.salt(TODAY), salt, 'who looked cannot be found out any more')
      })
    })

    test('what is too old is forgotten: who looked after a day, counts after their time', async () => {
      await withHubs(async ({ interest }) => {
        const none = new Map<string, number>()
        const days = [TODAY - 90, TODAY - 89, TODAY]
        for (const day of days) {
          await interest.count({ day, views: views('x', 'anne'), installs: none }, 100)
        }
        await interest.sweep(TODAY - 1, TODAY - 89)
        assert.equal((await interest.uses(0, 0)).entries[0].views, 2)
        await interest.count({ day: TODAY - 89, views: views('x', 'anne'), installs: none }, 100)
        await interest.count({ day: TODAY, views: views('x', 'anne'), installs: none }, 100)
        assert.equal((await interest.uses(0, 0)).entries[0].views, 3, 'known today, not before')
      })
    })

    test('what is there at the first start is not new; what comes or changes later is', async () => {
      await withHubs(async ({ interest: one }, { interest: other }) => {
        await one.note(
          new Map([
            ['node', 'a'],
            ['redis', 'a'],
          ]),
          NOW_MS,
        )
        const changed = new Map([
          ['node', 'b'],
          ['redis', 'a'],
          ['new', 'a'],
        ])
        await other.note(changed, NOW_MS + 1)
        // A hub of an older version, which has the entries as they were.
        await one.note(new Map([['node', 'a']]), NOW_MS + 2)
        await other.note(changed, NOW_MS + 3)
        assert.deepEqual(
          (await one.lives()).toSorted((a, b) => (a.entry < b.entry ? -1 : 1)),
          [
            { entry: 'new', addedMs: NOW_MS + 1, changedMs: NOW_MS + 1 },
            { entry: 'node', addedMs: 0, changedMs: NOW_MS + 1 },
            { entry: 'redis', addedMs: 0, changedMs: 0 },
          ],
        )
      })
    })

    test('of entries that came and went, the longest unchanged are forgotten', async () => {
      await withHubs(async ({ interest }) => {
        const many = (name: string): ReadonlyMap<string, string> =>
          new Map(Array.from({ length: 2600 }, (_, index) => [`${name}${index}`, 'a']))
        await interest.note(many('old'), NOW_MS)
        await interest.note(many('new'), NOW_MS)
        const lives = await interest.lives()
        assert.equal(lives.length, 5000)
        assert.equal(lives.filter(({ addedMs }) => addedMs > 0).length, 2600)
      })
    })

    test('everybody has favourites of their own, so many at the most', async () => {
      await withHubs(async ({ favourites: one }, { favourites: other }) => {
        await one.addFavourite('anne', 'redis', NOW_MS, 2)
        await one.addFavourite('anne', 'node', NOW_MS, 2)
        await one.addFavourite('anne', 'node', NOW_MS, 2)
        await one.addFavourite('Ж <b>', 'mysqld', NOW_MS, 2)
        assert.deepEqual(await other.favourites('anne'), ['node', 'redis'])
        assert.deepEqual(await other.favourites('Ж <b>'), ['mysqld'])
        assert.deepEqual(await other.favourites('nobody'), [])
        await assert.rejects(other.addFavourite('anne', 'mysqld', NOW_MS, 2), {
          kind: 'limit',
          message: /one favourite too many, the bound is 2 of each user/,
        })
        await other.removeFavourite('anne', 'redis')
        await other.removeFavourite('anne', 'redis')
        assert.deepEqual(await one.favourites('anne'), ['node'])
      })
    })
  })
}
