/** Content sources and their settings, in both databases. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { KeptSource, SourceSettings } from '../../src/model/sources.ts'
import { databaseKinds } from './databases.ts'

const STATE: KeptSource = {
  ...{ name: 'team', type: 'github', origin: 'o/r', commit: 'c1', tag: 'W/"1"', entries: 1 },
  ...{ checkedMs: 1_800_000_000_000, goodMs: 1, failingSinceMs: 0, error: '', faults: ['x'] },
}
const SETTINGS: SourceSettings = {
  ...{ name: 'team', type: 'github', url: '', repository: 'o/r', branch: 'main', path: '서비스' },
  ...{ refreshMs: 31_536_000_000, sealedToken: 'v1.a.b', version: 1 },
  ...{ changedMs: 1_800_000_000_000, changedBy: 'anne' },
}
const TEXTS = [{ entry: 'team', file: 'alerts.yaml', text: 'groups: []' }]

for (const kind of databaseKinds()) {
  describe(kind.name, { skip: kind.missing }, () => {
    after(() => kind.stop())

    test('settings come back as they were put, and what was brought for them with its tag', async () => {
      const place = await kind.place()
      const [one, two] = await kind.openMany(place, 2)
      assert.equal(await one.sources.put(SETTINGS), true)
      assert.deepEqual(await two.sources.settings(), [SETTINGS])
      assert.equal(await one.sources.save(STATE, TEXTS, 1), true)
      const [{ revision, ...kept }] = await two.sources.sources()
      assert.deepEqual(kept, STATE)
      assert.ok(revision > 0)
      const texts = await two.sources.texts('team')
      assert.deepEqual(
        texts.map((each) => ({ ...each })),
        TEXTS,
      )
      const failing = { ...STATE, error: 'gone', failingSinceMs: 2 }
      assert.equal(await two.sources.note(failing, 1), true)
      const [noted] = await one.sources.sources()
      assert.deepEqual([noted.error, noted.revision, noted.tag], ['gone', revision, STATE.tag])
      for (const each of [one, two]) await each.stop()
      place.remove()
    })

    test('of two that change the same version one is quicker, and the other keeps nothing', async () => {
      const place = await kind.place()
      const hubs = await kind.openMany(place, 2)
      await hubs[0].sources.put(SETTINGS)
      const next = { ...SETTINGS, version: 2 }
      // One after the other: both databases are asked from the same thread.
      assert.equal(await hubs[0].sources.put({ ...next, changedBy: 'bob' }), true)
      assert.equal(await hubs[1].sources.put({ ...next, changedBy: 'carl' }), false)
      const [{ changedBy }] = await hubs[1].sources.settings()
      assert.equal(changedBy, 'bob')
      assert.equal(await hubs[1].sources.save(STATE, TEXTS, 1), false)
      assert.equal(await hubs[1].sources.note(STATE, 1), false)
      assert.deepEqual(await hubs[0].sources.sources(), [])
      for (const each of hubs) await each.stop()
      place.remove()
    })

    test('a removed source takes its settings, its state and its texts with it, for good', async () => {
      const place = await kind.place()
      const [one, two] = await kind.openMany(place, 2)
      await one.sources.put(SETTINGS)
      await one.sources.save(STATE, TEXTS, 1)
      assert.equal(await two.sources.remove('team'), true)
      assert.equal(await one.sources.save(STATE, TEXTS, 1), false, 'of who was still asking')
      assert.deepEqual(await one.sources.settings(), [])
      assert.deepEqual(await one.sources.sources(), [])
      assert.deepEqual(await one.sources.texts('team'), [])
      assert.equal(await two.sources.remove('team'), false)
      for (const each of [one, two]) await each.stop()
      place.remove()
    })
  })
}
