/** The hash table holds what was added and not removed, whatever collides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HashTable } from '../../src/base/hashtable.ts'

test('a table equals a set through adds and removals with many equal hashes', () => {
  const step = fc.record({ record: fc.integer({ min: 1, max: 60 }), isAdded: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.integer({ min: 1, max: 7 }),
      (steps, mod) => {
        const hashOf = (record: number): number => Math.imul(record % mod, 0x9e3779b1) >>> 0
        const table = new HashTable(hashOf)
        const model = new Set<number>()
        for (const { record, isAdded } of steps) {
          if (isAdded && !model.has(record)) {
            table.add(hashOf(record), record)
            model.add(record)
          } else if (!isAdded) {
            table.remove(hashOf(record), record)
            model.delete(record)
          }
        }
        for (let record = 1; record <= 60; record++) {
          const found = table.find(hashOf(record), (candidate) => candidate === record)
          assert.equal(found, model.has(record) ? record : 0)
        }
      },
    ),
    { seed: 9 },
  )
})
