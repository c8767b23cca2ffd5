/** Numbers as bytes: exactly what the engine and Go's strconv read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatOpenMetricsFloat, parseFloatBytes } from '../../src/wire/float.ts'

function parse(text: string): number | string {
  const bytes = new TextEncoder().encode(`x${text}y`)
  return parseFloatBytes(bytes, 1, bytes.length - 1)
}

test('every finite double in any notation comes back to the bit', () => {
  const isExact = fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    for (const text of [String(value), value.toExponential(), value.toPrecision(17)]) {
      const read = parse(text)
      assert.ok(Object.is(read, Number(text)), `${text}: ${read}`)
    }
  })
  fc.assert(isExact, { seed: 20_260_102, numRuns: 5000 })
})

test('decimal texts of any length are read as the nearest double', () => {
  const digits = fc.stringMatching(/^[0-9]{1,25}$/)
  const texts = fc.tuple(
    fc.constantFrom('', '-', '+'),
    digits,
    fc.option(fc.stringMatching(/^[0-9]{0,25}$/), { nil: undefined }),
    fc.option(fc.integer({ min: -290, max: 250 }), { nil: undefined }),
  )
  const isExact = fc.property(texts, ([sign, whole, part, power]) => {
    const text = `${sign}${whole}${part === undefined ? '' : `.${part}`}${power === undefined ? '' : `e${power}`}`
    assert.ok(Object.is(parse(text), Number(text)), text)
  })
  fc.assert(isExact, { seed: 20_260_103, numRuns: 5000 })
})

test('numbers of 16 to 19 digits on and beside the middle of two doubles go to the right one', () => {
  const parts = fc.tuple(
    fc.bigInt(2n ** 52n, 2n ** 53n - 1n),
    fc.bigInt(1n, 10n),
    fc.integer({ min: -1, max: 1 }),
  )
  const isExact = fc.property(parts, ([mantissa, shift, beside]) => {
    const text = String((mantissa << shift) + (1n << (shift - 1n)) + BigInt(beside))
    for (const power of ['', 'e-22', 'e-5', 'e3', 'e22']) {
      assert.ok(Object.is(parse(text + power), Number(text + power)), text + power)
    }
  })
  fc.assert(isExact, { seed: 20_260_104, numRuns: 5000 })
})

for (const [text, value] of [
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
  ['+Inf', Infinity],
  ['-inf', -Infinity],
  ['INFINITY', Infinity],
  ['.5', 0.5],
  ['5.', 5],
  ['-0', -0],
  ['1e-400', 0],
  ['00012', 12],
] as const) {
  test(`parseFloatBytes reads ${text}`, () => assert.ok(Object.is(parse(text), value)))
}

for (const [text, fault] of [
  ['', 'syntax'],
  ['.', 'syntax'],
  ['-', 'syntax'],
  ['1e', 'syntax'],
  ['e5', 'syntax'],
  ['1.2.3', 'syntax'],
  ['0x10', 'syntax'],
  ['+nan', 'syntax'],
  ['1\r', 'syntax'],
  ['1e400', 'range'],
  ['1_000', 'character'],
  ['0x1p3', 'character'],
] as const) {
  test(`parseFloatBytes refuses ${JSON.stringify(text)}`, () => assert.equal(parse(text), fault))
}

for (const [value, text] of [
  [0, '0.0'],
  [-0, '0.0'],
  [1, '1.0'],
  [10, '10.0'],
  [0.25, '0.25'],
  [100_000, '100000.0'],
  [1_000_000, '1e+06'],
  [1.5e-7, '1.5e-07'],
  [1e100, '1e+100'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [Number.NaN, 'NaN'],
] as const) {
  test(`formatOpenMetricsFloat writes ${text}`, () => {
    assert.equal(formatOpenMetricsFloat(value), text)
  })
}
