/** Slots of values: as narrow as whole numbers allow, and exact in every bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CONSTANT, fitsWidth, WHOLE, widthFor, writeWidth } from '../../../src/send/frame/width.ts'

const WIDTHS = [3, 4, 6, WHOLE]

const scratch = new DataView(new ArrayBuffer(8))

function wordsOf(value: number): [low: number, high: number] {
  scratch.setFloat64(0, value, true)
  return [scratch.getInt32(0, true), scratch.getInt32(4, true)]
}

const whole = fc.oneof(
  fc.integer({ min: -9000, max: 9000 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.nat({ max: 52 }).map((bits) => 2 ** bits - 1),
)
const number = fc.oneof(whole, fc.double(), fc.constantFrom(-0, 5e-324, 0.5, 1.5, NaN, Infinity))

test('small whole numbers need 3, 4 or 6 bytes, all others 8', () => {
  const widths = [0, -0, 1, 4095, 4096, 2 ** 20 - 1, 2 ** 20, 2 ** 36 - 1, 2 ** 36, -7, 1e12].map(
    (value) => widthFor(...wordsOf(value)),
  )
  assert.deepEqual(widths, [3, 3, 3, 3, 4, 4, 6, 6, 8, 3, 8])
  for (const value of [0.5, 1.5, -4095.5, 1e-300, 5e-324, 1e300, Infinity, NaN]) {
    assert.equal(widthFor(...wordsOf(value)), WHOLE, `${value}`)
  }
})

test('what is written into a slot of zeros is the value, in each width that it fits', () => {
  fc.assert(
    fc.property(number, (value) => {
      const [low, high] = wordsOf(value)
      const fitting = WIDTHS.filter((width) => fitsWidth(width, low, high))
      assert.ok(fitting.includes(widthFor(low, high)))
      assert.ok(fitting.includes(WHOLE) && !fitsWidth(CONSTANT, low, high))
      // Whatever fits a narrow slot fits all that are wider.
      assert.deepEqual(fitting, WIDTHS.slice(WIDTHS.length - fitting.length))
      for (const width of fitting) {
        const into = new DataView(new ArrayBuffer(10))
        into.setUint8(0, 0xaa)
        into.setUint8(9, 0xaa)
        writeWidth(into, 9 - width, width, low, high)
        assert.deepEqual([into.getInt32(1, true), into.getInt32(5, true)], [low, high])
        assert.deepEqual([into.getUint8(0), into.getUint8(9)], [0xaa, 0xaa])
      }
    }),
    { numRuns: 2000 },
  )
})

test('a whole number may become twice as large before its slot is too narrow', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 2 ** 30 }),
      fc.double({ min: 1, max: 2, noNaN: true }),
      (value, by) => {
        const width = widthFor(...wordsOf(value))
        assert.ok(fitsWidth(width, ...wordsOf(Math.floor(value * by))))
      },
    ),
  )
})
