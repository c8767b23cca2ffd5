/** Decimals: exact or left out, with the least power of ten. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newDecimals, POWERS_OF_TEN, splitDecimals } from '../../../src/store/codec/decimal.ts'

const decimals = newDecimals(200)

function split(values: number[], oddMax = values.length): void {
  splitDecimals(Float64Array.from(values), values.length, oddMax, decimals)
}

test('each value is an integer over the power of ten, or is left out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double(), fc.float(), fc.integer()), { maxLength: 100 }),
      (values) => {
        split(values)
        let int = 0
        let odd = 0
        for (let i = 0; i < values.length; i++) {
          if (odd < decimals.oddCount && decimals.oddSlots[odd] === i) {
            odd++
          } else {
            const back = decimals.ints[int++] / POWERS_OF_TEN[decimals.exponent]
            assert.ok(Object.is(back, values[i]), `${values[i]}`)
          }
        }
        assert.equal(int, decimals.intCount)
        assert.equal(odd, decimals.oddCount)
      },
    ),
    { seed: 22, numRuns: 1000 },
  )
})

for (const [values, exponent, oddCount] of [
  [[1, 2, 3], 0, 0],
  [[1.5, 2.25, 3], 2, 0],
  [[0.1, 0.2, 0.1 + 0.2], 1, 1],
  [[1, Number.NaN, -0, Infinity], 0, 3],
  [[2 ** 60, 1], 0, 1],
] as const) {
  test(`${values.join(', ')} are over 10^${exponent} with ${oddCount} left out`, () => {
    split([...values])
    assert.equal(decimals.exponent, exponent)
    assert.equal(decimals.oddCount, oddCount)
  })
}

test('too many that are none end the search', () => {
  split([Math.PI, Math.E, Math.SQRT2, 1], 2)
  assert.equal(decimals.exponent, -1)
})
