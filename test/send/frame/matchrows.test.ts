/** Series of a frame are found in a new row, wherever they stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchRows, NO_ROW } from '../../../src/send/frame/matchrows.ts'

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 80 })

test('each known series is found where it stands, and what is left is new', () => {
  fc.assert(
    fc.property(ids, ids, fc.boolean(), (first, second, isAlike) => {
      const known = Float64Array.from([...first, ...(isAlike ? second : [])])
      const row = Float64Array.from(second)
      const { rows, added, matchedCount } = matchRows(known, row, row.length)
      const wanted = Array.from(known, (id) => second.indexOf(id))
      const seen = new Set<number>()
      for (const [i, place] of rows.entries()) {
        if (place === NO_ROW) assert.ok(wanted[i] < 0 || seen.has(wanted[i]))
        else assert.equal(place, wanted[i])
        seen.add(place)
      }
      assert.equal(matchedCount, second.filter((id) => known.includes(id)).length)
      assert.deepEqual(
        [...added].sort((a, b) => a - b),
        second.flatMap((id, place) => (known.includes(id) ? [] : place)),
      )
    }),
    { numRuns: 300, seed: 2 },
  )
})
