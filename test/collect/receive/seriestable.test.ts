/** The table of known series behaves as a map, whatever is added, found and swept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NONE, SeriesTable } from '../../../src/collect/receive/seriestable.ts'

/** Few low words, so that places collide; the high word tells series apart. */
const hash = fc.tuple(fc.nat(15), fc.nat(40))

test('it answers as a map would, with any guess', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hash, fc.nat(50), fc.boolean()), { maxLength: 300 }), (steps) => {
      const table = new SeriesTable(1000)
      const model = new Map<string, { id: number; used: number }>()
      let now = 1
      let previous = NONE
      let nextId = 0
      for (const [[low, high], passed, sweep] of steps) {
        now += passed >> 3
        if (sweep) {
          table.sweep(now - 20)
          for (const [key, entry] of model) if (entry.used < now - 20) model.delete(key)
          previous = NONE
        }
        const key = `${low},${high}`
        const known = model.get(key)
        let record = table.find(low, high, previous, now)
        assert.equal(record === NONE, known === undefined, key)
        if (known === undefined) {
          record = table.add(low, high, nextId, previous, now)
          model.set(key, { id: nextId++, used: now })
        } else {
          assert.equal(table.idOf(record), known.id)
          known.used = now
        }
        previous = record
        assert.equal(table.count, model.size)
      }
    }),
    { seed: 17, numRuns: 500 },
  )
})

test('it grows, and is full at its bound', () => {
  const table = new SeriesTable(5000)
  let previous = NONE
  for (let i = 0; i < 5000; i++) {
    previous = table.add(Math.imul(i, 0x9e3779b1) >>> 0, i, 10 * i, previous, 1)
    assert.notEqual(previous, NONE)
  }
  assert.equal(table.add(1, 999_999, 1, previous, 1), NONE)
  for (let i = 0; i < 5000; i++) {
    const record = table.find(Math.imul(i, 0x9e3779b1) >>> 0, i, NONE, 2)
    assert.equal(table.idOf(record), 10 * i)
  }
  assert.ok(table.sizeBytes <= 5000 * 32 + 4 * 16_384)
})

test('a record gets another id', () => {
  const table = new SeriesTable(10)
  const record = table.add(1, 2, 3, NONE, 1)
  table.setId(record, 2 ** 40)
  assert.equal(table.idOf(table.find(1, 2, NONE, 1)), 2 ** 40)
})
