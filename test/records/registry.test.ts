/** One suite for the registry's records, run against both databases. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { NarthexError } from '../../src/base/error.ts'
import type { Consumer, Lease, RegistryChange } from '../../src/model/registry.ts'
import type {
  DocumentEdit,
  RegistryBounds,
  RegistryRecords,
} from '../../src/model/registryrecords.ts'
import { type DatabaseKind, databaseKinds, openAt } from './databases.ts'

const BOUNDS: RegistryBounds = { documentsMax: 10, targetsMax: 100, versionsMax: 3, leasesMax: 2 }
const NOW_MS = 1_767_436_620_000

const put = (name: string, body: string | undefined, targets = 1): DocumentEdit => ({
  kind: 'group',
  name,
  action: body === undefined ? 'delete' : 'put',
  body,
  targets,
})
const ALL = { before: 0, count: 100, search: '' }
const GROUP_A = { kind: 'group', name: 'a' } as const
const LEASE: Lease = {
  key: 'k',
  group: 'g',
  target: 'h:1',
  labels: '{"a":"b"}',
  ttlMs: 1000,
  expiresMs: NOW_MS + 1000,
  changedBy: 'anne',
}
const CONSUMER: Consumer = {
  name: 'prometheus',
  address: '192.0.2.1',
  path: '/sd/http',
  agent: 'Prometheus/2.42.0',
  intervalSeconds: 14.5,
  seenMs: NOW_MS,
  polls: 2,
  status: 200,
  targets: 6,
  etag: '"x"',
}

for (const kind of databaseKinds()) {
  describe(kind.name, { skip: kind.missing }, () => {
    after(() => kind.stop())
    suite(kind)
  })
}

function suite(kind: DatabaseKind): void {
  const withRegistry = (name: string, run: (registry: RegistryRecords) => Promise<void>): void => {
    test(name, async () => {
      const place = await kind.place()
      const records = await openAt(place)
      try {
        await run(records.registry)
      } finally {
        await records.stop()
        place.remove()
      }
    })
  }
  const change = (registry: RegistryRecords, ...edits: DocumentEdit[]) =>
    registry.change('anne', NOW_MS, edits, BOUNDS)

  const many = (count: number, body: string): DocumentEdit[] =>
    Array.from({ length: count }, (_, i) => put(`g${i}`, `${body}${i}`))
  const ROOM: RegistryBounds = { ...BOUNDS, documentsMax: 10_000, targetsMax: 10_000 }

  withRegistry(
    'a change of many documents is made in their order, or not at all',
    async (registry) => {
      const edits = [...many(250, 'x'), put('g0', 'y'), put('g1', undefined), put('no', undefined)]
      const heads = await registry.change('anne', NOW_MS, edits, ROOM)
      assert.deepEqual(
        [0, 249, 250, 251, 252].map((i) => heads[i]?.version),
        [1, 1, 2, 2, undefined],
      )
      const before = await registry.read(0)
      assert.equal(before.changed.length, 249)
      assert.equal(before.changed.find(({ name }) => name === 'g0')?.body, 'y')

      const late = [...many(250, 'z'), { ...put('g3', 'late'), seenVersion: 1 }]
      await assert.rejects(registry.change('bert', NOW_MS, late, ROOM), {
        kind: 'conflict',
        message: 'cannot change group "g3": it is version 2, you have seen 1',
      })
      assert.deepEqual(await registry.read(0), before)
      const again = await registry.change('bert', NOW_MS, [put('g0', 'y'), put('g2', 'w')], ROOM)
      assert.deepEqual(
        again.map((head) => [head?.version, head?.changedBy]),
        [
          [2, 'anne'],
          [2, 'bert'],
        ],
      )
    },
  )

  withRegistry('who reads waits for no change that takes long', async (registry) => {
    const before = await registry.revision()
    let isOver = false
    const change = registry.change('anne', NOW_MS, many(5000, 'x'.repeat(2000)), ROOM)
    const over = change.finally(() => {
      isOver = true
    })
    const seen: number[] = []
    while (!isOver) {
      seen.push(await registry.revision())
      await nextTurn()
    }
    await over
    assert.ok(seen.filter((revision) => revision === before).length >= 5, `${seen.length} answers`)
    assert.equal(await registry.revision(), before + 1)
  })

  withRegistry('a document comes back as it was put, whatever is in it', async (registry) => {
    const body = JSON.stringify([
      { targets: ['h:1'], labels: { 서비스: "'; drop\u0000\ud83d\ude00" } },
    ])
    const [head] = await change(registry, put("o'a", body))
    const image = await registry.read(0)
    assert.deepEqual(image.changed, [{ ...head, body }])
    assert.deepEqual(
      { ...head },
      {
        ...{ kind: 'group', name: "o'a", version: 1, targets: 1, revision: 1 },
        ...{ changedMs: NOW_MS, changedBy: 'anne' },
      },
    )
    assert.equal(await registry.revision(), 1)
  })

  withRegistry('a reader gets what changed since, and what is gone', async (registry) => {
    await change(registry, put('a', '[1]'), put('b', '[1]'), put('c', '[1]'))
    const { revision } = await registry.read(0)
    await change(registry, put('b', '[2]'))
    await change(registry, put('c', undefined, 0))
    await change(registry, put('d', undefined, 0))
    const image = await registry.read(revision)
    assert.equal(image.isWhole, false)
    assert.deepEqual(
      image.changed.map(({ name, body, version }) => [name, body, version]),
      [['b', '[2]', 2]],
    )
    assert.deepEqual(
      image.gone.map((key) => ({ ...key })),
      [{ kind: 'group', name: 'c' }],
    )
  })

  withRegistry('what is deleted and made again is not gone', async (registry) => {
    await change(registry, put('a', '[1]'))
    const { revision } = await registry.read(0)
    await change(registry, put('a', undefined, 0))
    const [head] = await change(registry, put('a', '[1]'))
    assert.equal(head?.version, 3)
    const image = await registry.read(revision)
    assert.deepEqual([image.changed.length, image.gone.length], [1, 0])
  })

  withRegistry('equal text makes no version', async (registry) => {
    await change(registry, put('a', '[1]'))
    const [again] = await change(registry, put('a', '[1]'))
    assert.equal(again?.version, 1)
    assert.equal((await registry.versions(GROUP_A)).length, 1)
  })

  withRegistry('versions are kept up to the bound, the newest first', async (registry) => {
    for (const body of ['[1]', '[2]', '[3]', undefined, '[5]'])
      await change(registry, put('a', body))
    const versions = await registry.versions(GROUP_A)
    assert.deepEqual(
      versions.map(({ version, action }) => [version, action]),
      [
        [5, 'put'],
        [4, 'delete'],
        [3, 'put'],
      ],
    )
    assert.equal((await registry.version(GROUP_A, 3))?.body, '[3]')
    assert.equal((await registry.version(GROUP_A, 4))?.body, undefined)
    assert.equal(await registry.version(GROUP_A, 2), undefined)
  })

  withRegistry('a change is made as a whole or not at all', async (registry) => {
    await change(registry, put('a', '[1]'))
    await assert.rejects(
      change(registry, put('a', '[2]'), { ...put('b', '[1]'), seenVersion: 7 }),
      (e) =>
        e instanceof NarthexError &&
        e.kind === 'conflict' &&
        /version 0, you have seen 7/.test(e.message),
    )
    await assert.rejects(
      change(registry, put('a', '[3]', 50), put('b', '[1]', 51)),
      (e) =>
        e instanceof NarthexError &&
        e.kind === 'limit' &&
        /101 targets.*--hub.targets/.test(e.message),
    )
    const many = Array.from({ length: 11 }, (_, i) => put(`m${i}`, '[1]'))
    await assert.rejects(change(registry, ...many), /--hub.groups/)
    const image = await registry.read(0)
    assert.deepEqual([image.revision, image.changed.map(({ body }) => body)], [1, ['[1]']])
  })

  withRegistry('of two editors who saw the same version one is told', async (registry) => {
    await change(registry, put('a', '[1]'))
    const outcomes = await Promise.allSettled(
      ['[2]', '[3]'].map((body) => change(registry, { ...put('a', body), seenVersion: 1 })),
    )
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  withRegistry('changes at the same time are made one after the other', async (registry) => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => change(registry, put('a', `[${i}]`))))
    const [newest] = await registry.versions(GROUP_A)
    assert.equal(newest.version, 20)
    assert.equal(await registry.revision(), 20)
  })

  withRegistry(
    'a lease is there until its time runs out, and renewing it is no change',
    async (registry) => {
      await registry.hold(LEASE, NOW_MS, BOUNDS)
      const revision = await registry.revision()
      await registry.hold({ ...LEASE, expiresMs: NOW_MS + 5000 }, NOW_MS + 500, BOUNDS)
      assert.equal(await registry.revision(), revision)
      assert.deepEqual(await registry.leases(NOW_MS + 4999), [
        { ...LEASE, expiresMs: NOW_MS + 5000 },
      ])
      assert.deepEqual(await registry.leases(NOW_MS + 5000), [])
    },
  )

  withRegistry('a lease with other content, or held anew, is a change', async (registry) => {
    await registry.hold(LEASE, NOW_MS, BOUNDS)
    await registry.hold({ ...LEASE, target: 'h:2' }, NOW_MS, BOUNDS)
    await registry.hold({ ...LEASE, target: 'h:2' }, NOW_MS + 1000, BOUNDS)
    assert.equal(await registry.revision(), 3)
    assert.equal((await registry.leases(NOW_MS)).length, 1)
  })

  withRegistry(
    'leases have a bound, which those that ran out do not count for',
    async (registry) => {
      for (const key of ['a', 'b']) await registry.hold({ ...LEASE, key }, NOW_MS, BOUNDS)
      await assert.rejects(registry.hold(LEASE, NOW_MS, BOUNDS), /--hub.leases/)
      await registry.hold({ ...LEASE, expiresMs: NOW_MS + 9000 }, NOW_MS + 1000, BOUNDS)
      assert.equal(await registry.release('k', NOW_MS, 'anne'), true)
      assert.equal(await registry.release('k', NOW_MS, 'anne'), false)
    },
  )

  withRegistry('the coming and going of leases is kept, heartbeats are not', async (registry) => {
    const later = (target: string, expiresMs: number): Lease => ({ ...LEASE, target, expiresMs })
    assert.equal(await registry.hold(LEASE, NOW_MS, BOUNDS), true)
    assert.equal(await registry.hold(later('h:1', NOW_MS + 2000), NOW_MS + 500, BOUNDS), false)
    assert.equal(await registry.hold(later('h:2', NOW_MS + 3000), NOW_MS + 600, BOUNDS), true)
    assert.deepEqual(await registry.sweep(NOW_MS + 9000, 1000), ['k'])
    assert.deepEqual(await registry.sweep(NOW_MS + 9000, 1000), [])
    await registry.hold(later('h:3', NOW_MS + 20_000), NOW_MS + 10_000, BOUNDS)
    await registry.release('k', NOW_MS + 11_000, 'bert')
    const events = (await registry.changes(ALL)).flatMap(({ leases }) => leases)
    assert.deepEqual(
      events.map(({ action, target, atMs, by }) => [action, target, atMs - NOW_MS, by]),
      [
        ['release', 'h:3', 11_000, 'bert'],
        ['hold', 'h:3', 10_000, 'anne'],
        ['expire', 'h:2', 3000, 'anne'],
        ['change', 'h:2', 600, 'anne'],
        ['hold', 'h:1', 0, 'anne'],
      ],
    )
  })

  withRegistry('a lease that ran out before anybody noticed is told, too', async (registry) => {
    await registry.hold(LEASE, NOW_MS, BOUNDS)
    await registry.hold({ ...LEASE, expiresMs: NOW_MS + 9000 }, NOW_MS + 1000, BOUNDS)
    const [change] = await registry.changes(ALL)
    assert.deepEqual(change.leases.map(({ action }) => action).sort(), ['expire', 'hold'])
    assert.equal(change.count, 2)
  })

  withRegistry(
    'changes come in pages, the newest first, each with all it did',
    async (registry) => {
      await change(registry, put('a', '[1]'), put('b_x', '[2]'))
      await registry.hold(LEASE, NOW_MS, BOUNDS)
      await change(registry, put('a', undefined, 0))
      const names = (changes: readonly RegistryChange[]) =>
        changes.map(({ revision, documents, leases }) => [
          revision,
          documents.map(({ name, action }) => `${action} ${name}`).join(),
          leases.length,
        ])
      assert.deepEqual(names(await registry.changes({ ...ALL, count: 2 })), [
        [3, 'delete a', 0],
        [2, '', 1],
      ])
      assert.deepEqual(names(await registry.changes({ ...ALL, before: 2 })), [
        [1, 'put a,put b_x', 0],
      ])
      const found = async (search: string) =>
        (await registry.changes({ ...ALL, search })).map(({ revision }) => revision)
      assert.deepEqual(await found('B_'), [1])
      assert.deepEqual(await found('_'), [1])
      assert.deepEqual(await found('%'), [])
      assert.deepEqual(await found('h:1'), [2])
      assert.deepEqual(await found('ANNE'), [3, 2, 1])
    },
  )

  withRegistry(
    'of a change with very many documents the first are told, and how many',
    async (registry) => {
      const bounds = { ...BOUNDS, documentsMax: 1000, targetsMax: 1000 }
      const edits = Array.from({ length: 101 }, (_, i) => put(`g${1000 + i}`, '[]', 0))
      await registry.change('anne', NOW_MS, edits, bounds)
      const [{ count, documents }] = await registry.changes(ALL)
      assert.deepEqual([count, documents.length, documents[0].name], [101, 100, 'g1000'])
    },
  )

  withRegistry('what a revision did is known with what was there before', async (registry) => {
    await change(registry, put('a', '[1]'))
    await change(registry, put('a', '[2]'), put('b', '[3]'))
    const done = await registry.done(2)
    assert.deepEqual(
      done.map(({ after, before }) => [after.name, after.body, before?.body]),
      [
        ['a', '[2]', '[1]'],
        ['b', '[3]', undefined],
      ],
    )
    assert.deepEqual(await registry.done(7), [])
  })

  withRegistry('consumers are added up, and the longest unseen are forgotten', async (registry) => {
    await registry.saveConsumers([CONSUMER], 2)
    await registry.saveConsumers([{ ...CONSUMER, seenMs: NOW_MS + 1, status: 304 }], 2)
    const [seen] = await registry.consumers()
    assert.deepEqual({ ...seen }, { ...CONSUMER, seenMs: NOW_MS + 1, status: 304, polls: 4 })
    const others = [2, 3].map((ms) => ({ ...CONSUMER, path: `/${ms}`, seenMs: NOW_MS + ms }))
    await registry.saveConsumers(others, 2)
    assert.deepEqual(
      (await registry.consumers()).map(({ path }) => path),
      ['/2', '/3'],
    )
  })

  withRegistry('what is over is swept away', async (registry) => {
    await registry.hold(LEASE, NOW_MS, BOUNDS)
    await registry.saveConsumers([CONSUMER], 2)
    await registry.sweep(NOW_MS + 1000, 1000)
    assert.equal((await registry.consumers()).length, 1)
    await registry.sweep(NOW_MS + 1001, 1000)
    assert.equal((await registry.consumers()).length, 0)
    assert.deepEqual((await registry.read(0)).leases, [])
  })
}
